import { setTimeout as sleep } from "node:timers/promises";

export interface Timer {
  measure: "timer";
  atOnce: number;
  taskMs: number;
}

export interface TimerFigures {
  jobsPerSecond: number;
}

/** How often tasks that wait can end, where nothing but the timer is in the way: the ideal of any queue. */
export async function measureTimer({ atOnce, taskMs }: Timer, seconds: number): Promise<TimerFigures> {
  const beganAt = performance.now();
  const until = beganAt + seconds * 1_000;
  let ended = 0;
  const loop = async () => {
    for (; performance.now() < until; ended++) await sleep(taskMs);
  };
  await Promise.all(Array.from({ length: atOnce }, loop));
  return { jobsPerSecond: ended / ((performance.now() - beganAt) / 1_000) };
}
