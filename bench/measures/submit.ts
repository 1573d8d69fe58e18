import type { Peer } from "../peers/peer.ts";

export interface Submit {
  measure: "submit";
  /** Each job's payload. 0: none, and no result. */
  payloadBytes: number;
  /** Calls that are on their way together. */
  calls: number;
  /** Jobs in each call. */
  jobs: number;
}

export interface SubmitFigures {
  jobsPerSecond: number;
  /** CPU of the process that submits, in µs a job. */
  clientMicros: number;
}

/** Submits for `seconds`, after a second that nobody counts. */
export async function measureSubmit(peer: Peer, submit: Submit, seconds: number): Promise<SubmitFigures> {
  await submitFor(peer, submit, 1);
  return submitFor(peer, submit, seconds);
}

async function submitFor(peer: Peer, { calls, jobs }: Submit, seconds: number): Promise<SubmitFigures> {
  const cpu = process.cpuUsage();
  const beganAt = performance.now();
  for (let submitted = calls * jobs; ; submitted += calls * jobs) {
    await Promise.all(Array.from({ length: calls }, () => peer.submit(jobs)));
    const passed = (performance.now() - beganAt) / 1_000;
    if (passed < seconds) continue;
    const { user, system } = process.cpuUsage(cpu);
    return { jobsPerSecond: submitted / passed, clientMicros: (user + system) / submitted };
  }
}
