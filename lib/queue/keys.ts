/** Every key of the queue, and nowhere else. Names and types: docs/data.md. */
export interface Keys {
  high: string;
  normal: string;
  low: string;
  scheduled: string;
  leases: string;
  completed: string;
  failed: string;
  cancelled: string;
  counters: string;
  wake: string;
  linger: string;
  /** The ids that the claim named by this token took. */
  claimed(token: string): string;
  /** When the allowance of this caller will be whole again. */
  allowance(caller: string): string;
  /** What precedes a job's id in the key of its record; `:payload` and `:result` follow the id. */
  jobPrefix: string;
}

/** The keys of one queue. With a prefix `acme` each begins with `{acme}:`, so that all of them share a hash slot. */
export function keysOf(prefix = ""): Keys {
  const root = prefix === "" ? "" : `{${prefix}}:`;
  const queue = `${root}job_queue`;
  return {
    high: `${queue}:high`,
    normal: queue,
    low: `${queue}:low`,
    scheduled: `${queue}:scheduled`,
    leases: `${queue}:leases`,
    completed: `${queue}:completed`,
    failed: `${queue}:failed`,
    cancelled: `${queue}:cancelled`,
    counters: `${queue}:counters`,
    wake: `${queue}:wake`,
    linger: `${queue}:linger`,
    claimed: (token) => `${queue}:claim:${token}`,
    allowance: (caller) => `${queue}:allowance:${caller}`,
    jobPrefix: `${root}job:`,
  };
}
