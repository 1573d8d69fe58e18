import { type DueSchedule, dueOf, type Fired, type Firing, firedOf, firing } from "./firing.ts";
import type { Job } from "./job.ts";
import { JobQueue } from "./job-queue.ts";
import { parseRecord } from "./record.ts";
import { call, pairs, run } from "./script.ts";
import { type Ending, instantOf, type Settled, settledOf, settling } from "./settling.ts";
import * as scripts from "./worker-scripts.ts";

export type { DueSchedule, Fired, Firing } from "./firing.ts";
export * from "./job-queue.ts";
export type { Ending } from "./settling.ts";

/** A lease to extend, with the job's progress if that has changed. `percent` is 0 to 100. */
export interface Lease {
  id: string;
  token: string;
  progress?: { percent: number; note?: string };
  /** When the attempt began, in ms by Redis' clock, if that was after its claim. Default: the time in the record. */
  startedAt?: number | undefined;
}

/** What a claim asks for. */
export interface ClaimRequest {
  /**
   * Names this claim, as `worker.number`. A claim sent again with the same token gets the same jobs. If 20 divides the
   * number, the claim begins with the lowest priority.
   */
  token: string;
  count: number;
  /** Whether this is the first claim of an invocation. A wake-up in flight is then the one that started it. */
  arrived: boolean;
  /** How many jobs the worker holds. Only a worker that holds none gets suspects. Default 0. */
  holding?: number;
  /** The tasks that the worker knows. Jobs of these tasks that other workers did not know come first. Default none. */
  tasks?: readonly string[];
  /** Promises to claim again within this time, so that submits need not wake another worker. Default 0: no promise. */
  againMs?: number;
  /** Whether to look for due jobs and expired leases first. Default true. */
  sweep?: boolean;
  /** Whether a tick began the drain. If this claim then finds nothing due, ticks sleep until something is. Default false. */
  tick?: boolean | undefined;
}

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

/** What one request of a worker does: settle, extend, fire, claim. */
export interface StepRequest {
  settle?: readonly Ending[];
  extend?: readonly Lease[];
  /** At most 100 schedules, with at most 100 slots in all. */
  fire?: readonly Firing[];
  claim?: ClaimRequest | undefined;
}

/** What an extend says of each lease. */
type Extended = "held" | "cancelled" | "lost";

/** What Redis answered: a word for each ending, each lease and each slot, in order, and what the claim took. */
export interface Stepped {
  settled: Settled[];
  extended: Extended[];
  fired: Fired[][] | { refused: string };
  claimed?: Claimed;
}

/** The most due jobs, and the most expired ones, that one claim looks at. */
const SWEEP = 100;
/** The most bytes of records and payloads in one claim: below Upstash's 10 MB per request, with room for JSON's overhead. */
const CLAIM_BYTES = 4 * 1024 * 1024;
/** The longest that ticks sleep before one looks again, in ms: whatever ends a sleep too late costs an hour at most. */
const SLEEP_MS = 3_600_000;
/** The most jobs of each kind in one trim. */
const TRIM = 500;

/** The queue as a worker sees it. It can do what callers can, and it settles, extends, claims and trims. */
export class WorkerQueue extends JobQueue {
  /** How long a claim or an extend holds a job, in ms. */
  get leaseMs(): number {
    return this.settings.leaseMs;
  }

  /** Returns the time that a test has set, in ms since the epoch. Undefined: Redis' own clock counts. */
  injectedNow(): number | undefined {
    const now = this.now();
    return now === "" ? undefined : now;
  }

  /** A worker waits for a job that is due within this time, in ms. */
  get lingerMs(): number {
    return this.settings.lingerMs;
  }

  /** Settles what ended, extends what runs, fires what is due and claims what is ready, in this order, in one round trip. */
  async step({ settle = [], extend = [], fire = [], claim }: StepRequest): Promise<Stepped> {
    const firingScript = fire.length > 0 ? (await import("./fire-script.ts")).fire : undefined;
    const calls = [
      settle.length > 0 ? call(scripts.settle, this.keys, { now: this.now() }, settling(settle)) : undefined,
      extend.length > 0 ? this.#extend(extend) : undefined,
      firingScript ? call(firingScript, this.keys, {}, firing(fire)) : undefined,
      claim ? this.#claim(claim) : undefined,
    ];
    const wanted = calls.filter((each) => each !== undefined);
    const replies: unknown[] = wanted.length > 0 ? await run(this.redis, wanted) : [];
    const [settled, extended, fired, claimed] = calls.map((each) => (each ? replies.shift() : undefined));
    return {
      settled: settledOf(settle.length, settled as string[] | undefined),
      extended: (extended as Extended[] | undefined) ?? [],
      fired: firedOf(fire, (fired as string[] | undefined) ?? []),
      ...(claim ? { claimed: claimedOf(claim.token, claimed as ClaimReply) } : {}),
    };
  }

  /** Deletes finished jobs that are past their retention, a limited number at a time. `more`: call it again. */
  async trim(): Promise<{ completed: number; failed: number; cancelled: number; more: boolean }> {
    const { completed, failed, cancelled } = this.settings.retention;
    const rules = [completed, failed, cancelled].flatMap(({ ageMs, keep }) => [String(ageMs), String(keep)]);
    const [forgotten] = await run(this.redis, [call(scripts.trim, this.keys, { now: this.now(), limit: TRIM }, rules)]);
    const more = forgotten.includes(TRIM);
    return { completed: forgotten[0], failed: forgotten[1], cancelled: forgotten[2], more };
  }

  #extend(leases: readonly Lease[]) {
    const rest = leases.flatMap((lease) => [
      lease.id,
      lease.token,
      instantOf(lease.startedAt),
      lease.progress ? progressOf(lease.progress) : "",
    ]);
    return call(scripts.extend, this.keys, { now: this.now(), leaseMs: this.settings.leaseMs }, rest);
  }

  #claim({ token, count, holding = 0, arrived, tasks = [], againMs = 0, sweep = true, tick }: ClaimRequest) {
    const { leaseMs, lingerMs, wakeMs, maxRunning: running } = this.settings;
    const keys = { ...this.keys, claimed: this.keys.claimed(token) };
    const sleepMs = tick ? SLEEP_MS : 0;
    const settings = [leaseMs, lingerMs, wakeMs, CLAIM_BYTES, SWEEP, running, sleepMs, tasks.join(",")].join(" "); // in the order of claim.lua
    const flags = { arrived: arrived ? 1 : 0, sweep: sweep ? 1 : 0 };
    return call(scripts.claim, keys, { now: this.now(), token, count, holding, againMs, ...flags, settings });
  }
}

function progressOf({ percent, note }: NonNullable<Lease["progress"]>): string {
  return `${JSON.stringify({ progress: percent, note }).slice(1, -1)},`;
}

type ClaimReply = [
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

function claimedOf(
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
