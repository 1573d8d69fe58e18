import { randomUUID } from "node:crypto";
import { RedisError } from "../errors.ts";
import { Allowances, type RateRule } from "./allowances.ts";
import type { Job, NewJob } from "./job.ts";
import * as scripts from "./job-scripts.ts";
import { JOB_PARTS, type Keys, keysOf } from "./keys.ts";
import { lookedAt, sightOf, type TickSight } from "./look.ts";
import { type DeleteOutcome, type JobDetails, type RedriveOutcome, type RunNowOutcome, redriven } from "./outcomes.ts";
import { DEFAULT_RETENTION, type QueueSettings } from "./queue-settings.ts";
import { type QueueStats, statsOf } from "./queue-stats.ts";
import { parseJob, parseRecord } from "./record.ts";
import type { Redis } from "./redis.ts";
import { call, run, type Script } from "./script.ts";
import { type SubmitOutcome, submittedOf, submitting } from "./submitting.ts";
import { runTogether } from "./together.ts";

export type * from "./outcomes.ts";
export * from "./queue-settings.ts";
export type { QueueStats } from "./queue-stats.ts";
export type { Conflicts, SubmitOutcome } from "./submitting.ts";

/** A script that only reads, known by its shape: the types of its schema are not part of the package's. */
export interface ReadScript<Reply> {
  readonly name: string;
  readonly args: readonly string[];
  readonly reply: () => { readonly _zod: { readonly output: Reply } };
}

/** Loads what few functions need at their start. */
const operatorScripts = () => import("./operator-scripts.ts");

/**
 * The queue as its callers see it: they submit, read, cancel, redrive and count jobs. Each verb is one Lua script, so it
 * happens completely or not at all, and sending it again after a lost reply leaves jobs as one run does. `WorkerQueue` adds what a
 * worker does. It is a class of its own, so that a function that only submits need not load the worker's scripts.
 *
 * Every method throws a `RedisError` if Redis is out of reach or refuses.
 */
export class JobQueue {
  protected readonly redis: Redis;
  protected readonly settings: Required<Omit<QueueSettings, "now" | "prefix">>;
  protected readonly keys: Keys;
  protected readonly now: () => number | "";
  readonly #allowances = new Allowances();

  constructor(redis: Redis, settings: QueueSettings = {}) {
    const { prefix, now, ...rest } = settings;
    this.redis = redis;
    this.settings = {
      leaseMs: 30_000,
      wakeMs: 5_000,
      lingerMs: 10_000,
      maxRunning: 50,
      retention: DEFAULT_RETENTION,
      history: true,
      ...rest,
    };
    this.keys = keysOf(prefix);
    this.now = now ?? (() => "");
  }

  /** Returns the time that a test has set, else this machine's: ms since the epoch. */
  clock(): number {
    return this.now() || Date.now();
  }

  /**
   * Accepts jobs, all or none, but for those whose unique keys other jobs hold. `wake`: a worker must be woken for them. `maxWaiting`: the most jobs that may wait in each
   * place that these go to (the lists of the three priorities, and the scheduled jobs). Default 0: no limit.
   *
   * @throws RangeError if two jobs have the same id
   */
  async submit(jobs: readonly NewJob[], { maxWaiting = 0 } = {}): Promise<SubmitOutcome> {
    if (new Set(jobs.map(({ id }) => id)).size < jobs.length)
      throw new RangeError("two jobs to submit have the same id: give each its own");
    const { wakeMs, lingerMs: soonMs } = this.settings;
    const submission = call(
      scripts.submit,
      this.keys,
      { now: this.now(), wakeMs, soonMs, maxWaiting },
      submitting(jobs),
    );
    const [outcome, wake, ...words] = await runTogether(this.redis, submission);
    return submittedOf(outcome, wake, words);
  }

  /** Reads a job with everything that is kept about it. Undefined: never accepted, or no longer kept. One command. */
  async status(id: string): Promise<JobDetails | undefined> {
    const { PAYLOAD, RESULT, ERROR, FIRST_ERROR, LOG } = JOB_PARTS;
    const keys = ["", PAYLOAD, RESULT, ERROR, FIRST_ERROR, LOG].map((part) => this.keys.jobPrefix + id + part);
    const [record, ...parts] = await this.#command(() => this.redis.mget(...keys));
    const [payload, result, error, firstError, log] = parts.map((part) => part ?? undefined);
    const found = parseRecord(record);
    if (!found) return undefined;
    const details = { payload: found.payload ?? payload, result, error, firstError, log };
    const known = Object.entries(details).filter(([, text]) => text !== undefined);
    return { job: found.job, ...Object.fromEntries(known) };
  }

  /** Reads a job without what is stored beside its record. One command. */
  async job(id: string): Promise<Job | undefined> {
    const [record] = await this.#command(() => this.redis.mget(this.keys.jobPrefix + id));
    return parseJob(record);
  }

  /** Cancels a job that has not finished. `finished`: it had already completed or failed. */
  async cancel(
    id: string,
  ): Promise<{ outcome: "cancelled" | "finished"; job: Job | undefined } | { outcome: "missing" }> {
    const keys = { ...this.keys, record: this.keys.jobPrefix + id };
    const [[outcome, record]] = await run(this.redis, [
      call((await operatorScripts()).cancel, keys, {
        now: this.now(),
        leaseMs: this.settings.leaseMs,
        id,
        keepsHistory: this.keepsHistory,
      }),
    ]);
    return outcome === "missing" ? { outcome } : { outcome, job: parseJob(record) };
  }

  /**
   * Puts a failed or cancelled job back with fresh attempts. `refused`: the job has another status. `unique_conflict`: another
   * job holds its unique key.
   */
  async redrive(id: string, request: string = randomUUID()): Promise<RedriveOutcome> {
    return redriven(await run(this.redis, [await this.#redriveOf(id, request)]))[0]!;
  }

  async #redriveOf(id: string, request: string) {
    const keys = { ...this.keys, record: this.keys.jobPrefix + id };
    return call((await operatorScripts()).redrive, keys, {
      now: this.now(),
      id,
      request,
      wakeMs: this.settings.wakeMs,
    });
  }

  /** Puts failed or cancelled jobs back, each by itself, in one round trip. */
  async redriveMany(ids: readonly string[]): Promise<RedriveOutcome[]> {
    const calls = await Promise.all(ids.map((id) => this.#redriveOf(id, randomUUID())));
    return redriven(await run(this.redis, calls));
  }

  /**
   * Lets a job that waits for its time run as soon as possible; one that is ready stays where it is. `held`: it stays, because the
   * worker of its cancelled attempt may still run it. `refused`: it does not wait.
   */
  async runNow(id: string): Promise<RunNowOutcome> {
    const keys = { ...this.keys, record: this.keys.jobPrefix + id };
    const args = { now: this.now(), id, wakeMs: this.settings.wakeMs };
    const [[outcome, record, wake]] = await run(this.redis, [call((await operatorScripts()).runNow, keys, args)]);
    if (outcome === "missing") return { outcome };
    if (outcome === "unique_conflict") return { outcome, holder: record };
    return { outcome, job: parseJob(record), wake: wake ?? false };
  }

  /**
   * Forgets jobs that do not run, at most 1,000, with all that is kept about them. `only`: those with this status. A job runs also
   * where the worker of a cancelled attempt may not know of it yet. Gives a word for each, in order.
   */
  async delete(ids: readonly string[], only: Job["status"] | "" = ""): Promise<DeleteOutcome[]> {
    const [words] = await run(this.redis, [
      call((await operatorScripts()).delete, this.keys, { now: this.now(), only }, ids),
    ]);
    return words;
  }

  /** Tells whether a worker would find anything to do now, or soon. One command. */
  async hasWork(): Promise<boolean> {
    return (await this.look()) === "work";
  }

  /** Looks as a tick does. One command: all that an idle tick costs. */
  async look(): Promise<TickSight> {
    return sightOf(await this.#command(() => this.redis.exists(...lookedAt(this.keys))));
  }

  /**
   * Counts jobs, at most `rule.jobs`, against a caller's allowance, all or none. Returns 0 if they are allowed, otherwise
   * how long to wait, in ms. While an earlier refusal holds, it refuses without a command.
   */
  async limit(caller: string, rule: RateRule, jobs = 1): Promise<number> {
    const known = this.knownWait(caller, rule, jobs);
    if (known > 0) return known;
    const asked = this.#clock();
    const keys = { ...this.keys, allowance: this.keys.allowance(caller) };
    const args = { now: this.now(), allowed: rule.jobs, periodMs: rule.periodMs, jobs };
    const [waitMs] = await run(this.redis, [call(scripts.limit, keys, args)]);
    if (waitMs > 0) this.#allowances.refused(caller, rule, jobs, waitMs, asked);
    return waitMs;
  }

  /** Returns how long a caller must wait at least, as far as this process knows, in ms. */
  knownWait(caller: string, rule: RateRule, jobs = 1): number {
    return this.#allowances.waitMs(caller, rule, jobs, this.#clock());
  }

  #clock(): number {
    return this.now() || performance.now();
  }

  /** Counts the jobs in each place, all at the same moment. */
  async stats(): Promise<QueueStats> {
    const [reply] = await run(this.redis, [call((await operatorScripts()).stats, this.keys, { now: this.now() })]);
    return statsOf(reply);
  }

  /**
   * Runs a script that only reads. It is given, so that what no submit needs is not loaded with this class (`readHistory`).
   *
   * @throws RedisError as every method
   */
  async read<Reply>(script: ReadScript<Reply>, args: Record<string, string | number>): Promise<Reply> {
    const readable = script as Script<never, string, Reply>;
    const [reply] = await run(this.redis, [call(readable, this.keys, { ...args, now: this.now() })]);
    return reply;
  }

  /** Whether scripts count what happens, as they take it. */
  get keepsHistory(): 0 | 1 {
    return this.settings.history ? 1 : 0;
  }

  async #command<T>(send: () => Promise<T>): Promise<T> {
    try {
      return await send();
    } catch (error) {
      if (error instanceof RedisError || !(error instanceof Error)) throw error;
      throw new RedisError(`Redis refused: ${error.message}`, { unreachable: false });
    }
  }
}
