import type { Peer } from "../peers/peer.ts";

/** The measure of how fast a process submits. */
export interface SubmitMeasure {
  measure: "submit";
  /** The size of each job's payload. 0: no payload, and no result. */
  payloadBytes: number;
  /** The number of calls at the same time. */
  calls: number;
  /** The number of jobs in each call. */
  jobs: number;
}

/** The speed at which a process submits, and its CPU time. */
export interface SubmitFigures {
  jobsPerSecond: number;
  /** The CPU time of the submitting process, in µs a job. */
  cpuMicros: number;
}

/** Submits for `seconds`, after a warm-up of a second that is not counted. */
export async function measureSubmit(peer: Peer, submit: SubmitMeasure, seconds: number): Promise<SubmitFigures> {
  await submitFor(peer, submit, 1);
  return submitFor(peer, submit, seconds);
}

async function submitFor(peer: Peer, { calls, jobs }: SubmitMeasure, seconds: number): Promise<SubmitFigures> {
  const cpu = process.cpuUsage();
  const beganAt = performance.now();
  for (let submitted = calls * jobs; ; submitted += calls * jobs) {
    await Promise.all(Array.from({ length: calls }, () => peer.submit(jobs)));
    const passed = (performance.now() - beganAt) / 1_000;
    if (passed < seconds) continue;
    const { user, system } = process.cpuUsage(cpu);
    return { jobsPerSecond: submitted / passed, cpuMicros: (user + system) / submitted };
  }
}
