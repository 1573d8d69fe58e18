import { type Claimed, type ClaimReply, claimedOf } from "./claimed.ts";
import { type Fired, type Firing, firedOf, firing } from "./firing.ts";
import { JobQueue } from "./job-queue.ts";
import { call, run } from "./script.ts";
import { type Ending, instantOf, type Settled, settledOf, settling } from "./settling.ts";
import * as scripts from "./worker-scripts.ts";

export type { Claimed, ClaimedJob } from "./claimed.ts";
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
/** The most hours of the history in one roll. */
const ROLL = 48;
const HOUR_MS = 3_600_000;

/** The queue as a worker sees it. It can do what callers can, and it settles, extends, claims and trims. */
export class WorkerQueue extends JobQueue {
  #rollAt = 0;

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
      settle.length > 0
        ? call(scripts.settle, this.keys, { now: this.now(), keepsHistory: this.keepsHistory }, settling(settle))
        : undefined,
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
    await this.#roll();
    const more = forgotten.includes(TRIM);
    return { completed: forgotten[0], failed: forgotten[1], cancelled: forgotten[2], more };
  }

  /** Adds old hours of the history to their days: once an hour, and the first time soon after the process began. */
  async #roll(): Promise<void> {
    if (!this.settings.history || performance.now() < this.#rollAt) return;
    const [rolled] = await run(this.redis, [call(scripts.roll, this.keys, { now: this.now(), limit: ROLL })]);
    if (rolled < ROLL) this.#rollAt = performance.now() + HOUR_MS;
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
    const settings = [
      leaseMs,
      lingerMs,
      wakeMs,
      CLAIM_BYTES,
      SWEEP,
      running,
      sleepMs,
      this.keepsHistory,
      tasks.join(","),
    ].join(" "); // in the order of claim.lua
    const flags = { arrived: arrived ? 1 : 0, sweep: sweep ? 1 : 0 };
    return call(scripts.claim, keys, { now: this.now(), token, count, holding, againMs, ...flags, settings });
  }
}

function progressOf({ percent, note }: NonNullable<Lease["progress"]>): string {
  return `${JSON.stringify({ progress: percent, note }).slice(1, -1)},`;
}
