import { setTimeout as sleep } from "node:timers/promises";
import type { Peer } from "../peers/peer.ts";

/** The measure of the time from submit to completed. */
export interface LatencyMeasure {
  measure: "latency";
  /** The size of each job's payload. 0: no payload, and no result. */
  payloadBytes: number;
}

/** The time from the call that submits a job until Redis has accepted that it completed, in ms. */
export interface LatencyFigures {
  p50: number;
  p99: number;
}

const WARM_UP = 50;
const PER_SECOND = 50;
/** How long the queue is idle before each job: longer than a worker needs to find it empty and go to sleep. */
const IDLE_MS = [15, 25] as const;
const PATIENCE_MS = 10_000;

/** Measures the latency of one job after another, with a worker that waits for each. */
export async function measureLatency(peer: Peer, seconds: number): Promise<LatencyFigures> {
  let completed = () => {};
  const submit = await peer.listen(() => completed());
  await sleep(500); // a worker that has just started looks for work before it waits
  const times: number[] = [];
  for (let i = 0; i < WARM_UP + PER_SECOND * seconds; i++) {
    await sleep(IDLE_MS[0] + Math.random() * (IDLE_MS[1] - IDLE_MS[0]));
    const done = new Promise<void>((resolve) => {
      completed = resolve;
    });
    const beganAt = performance.now();
    const late = setTimeout(() => {
      throw new Error(`a job did not complete within ${PATIENCE_MS} ms`);
    }, PATIENCE_MS);
    await Promise.all([submit(), done.then(() => i >= WARM_UP && times.push(performance.now() - beganAt))]);
    clearTimeout(late);
  }
  times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.ceil(share * times.length) - 1]!;
  return { p50: at(0.5), p99: at(0.99) };
}
