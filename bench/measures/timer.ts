import { setTimeout as sleep } from "node:timers/promises";

/** The measure of what the timer allows. */
export interface TimerMeasure {
  measure: "timer";
  atOnce: number;
  taskMs: number;
}

/** The speed that only the timer limits. */
export interface TimerFigures {
  jobsPerSecond: number;
}

/** Measures how many waiting tasks can end a second when nothing but the timer limits them: the ideal of any queue. */
export async function measureTimer({ atOnce, taskMs }: TimerMeasure, seconds: number): Promise<TimerFigures> {
  const beganAt = performance.now();
  const until = beganAt + seconds * 1_000;
  let ended = 0;
  const loop = async () => {
    for (; performance.now() < until; ended++) await sleep(taskMs);
  };
  await Promise.all(Array.from({ length: atOnce }, loop));
  return { jobsPerSecond: ended / ((performance.now() - beganAt) / 1_000) };
}
