import { type DueSchedule, dueOf } from "./firing.ts";
import type { Job } from "./job.ts";
import { parseRecord } from "./record.ts";
import { pairs } from "./script.ts";

/** What a claim took, and what it saw. */
export interface Claimed {
  /** Redis' clock, ms since the epoch. */
  now: number;
  jobs: ClaimedJob[];
  /** Whether ready jobs are left. */
  more: boolean;
  /** Whether to wake one more worker. */
  wake: boolean;
  /** When to claim again: a job is due then, and no other worker waits for it. */
  claimAgainAt?: number;
  /** Jobs of crashed workers that this claim took back, and their new status. */
  reclaimed: { id: string; status: string }[];
  /** Whether these jobs are suspects: claim no others before they have ended. */
  isolated: boolean;
  /** Whether there are new suspects, which only a worker that holds nothing can take. */
  suspects: boolean;
  /** What is paused, so that no job of it may begin: names of tasks, "" for the whole queue. Absent: nothing. */
  paused?: string[];
  /** The same for pauses whose time was over, which this claim ended. */
  resumed?: string[];
  /** Ids dropped from a list because their record is gone (evicted?), unreadable, or says that the job is elsewhere. */
  missing: string[];
  /** Schedules with a due slot, to be planned and fired. Absent: there are none. */
  schedules?: DueSchedule[];
}

/** A job under a lease, and its payload. */
export interface ClaimedJob {
  job: Job;
  token: string;
  /** JSON text. Absent if there is none, or if Redis has lost it (`job.payloadBytes` tells which). */
  payload?: string;
}

/** What the script claim answers: see its header. */
export type ClaimReply = [
  now: string,
  wake: boolean,
  more: boolean,
  claimAgainAt: string,
  records: string[],
  payloads: string[],
  reclaimed: string[],
  missing: string[],
  isolated: boolean,
  suspects: boolean,
  pauses: string[],
  schedules: string[],
];

/** Reads what the script claim answers. */
export function claimedOf(
  token: string,
  [
    now,
    wake,
    more,
    claimAgainAt,
    records,
    payloads,
    reclaimed,
    missing,
    isolated,
    suspects,
    pauses,
    schedules,
  ]: ClaimReply,
): Claimed {
  const payloadOf = new Map(pairs(payloads));
  const namesOf = (word: string) => pairs(pauses).flatMap(([name, each]) => (each === word ? [name] : []));
  const jobs: ClaimedJob[] = [];
  const unreadable: string[] = [];
  for (const record of records) {
    const found = parseRecord(record);
    const payload = found && (found.payload ?? payloadOf.get(found.job.id));
    if (found) jobs.push({ job: found.job, token, ...(payload === undefined ? {} : { payload }) });
    else unreadable.push(/"job_id":"([^"]*)"/.exec(record)?.[1] ?? "");
  }
  return {
    now: Number(now),
    wake,
    more,
    jobs,
    isolated,
    suspects,
    ...(pauses.length > 0 ? { paused: namesOf("paused"), resumed: namesOf("resumed") } : {}),
    missing: [...missing, ...unreadable],
    reclaimed: pairs(reclaimed).map(([id, status]) => ({ id, status })),
    ...(schedules.length === 0 ? {} : { schedules: dueOf(schedules) }),
    ...(claimAgainAt === "" ? {} : { claimAgainAt: Number(claimAgainAt) }),
  };
}
