import { traceOf } from "../observability/trace.ts";
import type { NewJob } from "../queue/job.ts";
import { bytesOf } from "../queue/settling.ts";
import type { Claimed, ClaimedJob, Ending, Lease, Stepped, SubmitOutcome } from "../queue/worker-queue.ts";
import { type AttemptEvents, type ClaimedAt, HeldAttempt } from "./attempt.ts";
import { COUNTED_AS, eventOf, fieldsOf, levelOf, namesOf, wordsOf } from "./attempt-log.ts";
import { Blockers } from "./blockers.ts";
import { submitChild } from "./children.ts";
import type { Deadline, LifeLeft } from "./deadline.ts";
import type { DrainParts } from "./drain.ts";
import { expiredEnding, isExpired } from "./expiry.ts";
import { Flow } from "./flow.ts";
import { Held } from "./held.ts";
import type { Outlook } from "./outlook.ts";
import { NOTHING_DONE } from "./summary.ts";
import { UnknownTasks } from "./unknown-task.ts";

/** The most bytes of results and errors in one request. Upstash accepts 10 MB. */
const SETTLE_BYTES = 8_000_000;

/** What one request tells Redis: how attempts ended, and which leases to extend (`extend` is in the order of `attempts`). */
export interface StepReport {
  settle: Ending[];
  attempts: HeldAttempt[];
  extend: Lease[];
}

/**
 * The jobs of one drain, from their claim until Redis has accepted how they ended: buffered, running or ended. It starts
 * them, gives back those that cannot run here, and logs the outcome of each.
 */
export class Work {
  readonly summary = { ...NOTHING_DONE };
  readonly held: Held;
  readonly flow = new Flow();
  readonly blockers: Blockers;
  readonly unknown: UnknownTasks;
  /** While true, a slot that becomes free starts the next buffered job. */
  refillsSlots = false;
  readonly #parts: DrainParts;
  readonly #deadline: Deadline;
  readonly #outlook: Outlook;
  readonly #events: AttemptEvents;
  /** How attempts ended, where Redis has not been told yet. */
  readonly #ended: Ending[] = [];
  /** The attempts that began in this turn of the event loop. Their time limits are not watched yet. */
  readonly #begun: HeldAttempt[] = [];
  #life: LifeLeft;

  /** `stir` is called when there is news that may be worth a request. */
  constructor(parts: DrainParts, deadline: Deadline, outlook: Outlook, stir: () => void) {
    this.#parts = parts;
    this.#deadline = deadline;
    this.#outlook = outlook;
    this.#life = deadline.look();
    this.held = new Held(parts.queue.leaseMs);
    this.unknown = new UnknownTasks(parts);
    this.blockers = new Blockers(parts.log, () => this.held.running);
    this.#events = {
      progressed: stir,
      submit: (job, parent) => this.#submit(job, parent, stir),
      blockedMs: () => this.blockers.blockedMs,
      said: (attempt, { at: _, ...line }) => {
        if (!attempt.isSensitive) parts.log("info", "task_log", { ...namesOf(attempt), ...line });
      },
      computed: (attempt, ms) => this.blockers.noteComputed(attempt, ms),
      ended: (attempt, ending) => {
        this.#noteEnded(attempt, ending);
        // While the buffer refills the slots, one ended attempt is news enough: the others wait for the same request.
        if (this.held.buffer.length === 0 || this.#ended.length === 1) stir();
      },
    };
  }

  /** How much time the worker had left at the last look. */
  get life(): LifeLeft {
    return this.#life;
  }

  get ended(): number {
    return this.#ended.length;
  }

  /**
   * Reads the clock, and releases what cannot run here: buffered jobs that have waited too long; the whole buffer if the
   * worker is stopping; running jobs too if its time is up.
   */
  releaseWhatCannotRun(): LifeLeft {
    this.#life = this.#deadline.look();
    const { stopping, mustRelease } = this.#life;
    const stale = stopping ? this.held.buffer.splice(0) : this.held.takeStale(performance.now());
    if (mustRelease) for (const attempt of [...this.held.running]) attempt.release(this.#tooLong(attempt));
    for (const attempt of stale) attempt.release();
    if (stale.length > 0) this.#outlook.noteGivenBack();
    return this.#life;
  }

  /** Puts claimed jobs into the buffer. Two kinds end here: expired jobs, and those of unknown tasks, which are given back. */
  add({ jobs, now: redisNow, reclaimed, missing }: Claimed, sentAt: number, answeredAt: number): void {
    const { log, tasks } = this.#parts;
    for (const { id, status } of reclaimed) log("warn", "reclaim", { job_id: id, status });
    for (const id of missing) log("error", "missing", { job_id: id });
    this.summary.claimed += jobs.length;
    const claimedAt = { sentAt, answeredAt, redisNow };
    const ending: [HeldAttempt, Ending][] = [];
    for (const claimed of jobs) {
      const attempt = this.#attemptOf(claimed, claimedAt);
      if (isExpired(claimed, redisNow)) ending.push([attempt, expiredEnding(claimed)]);
      else if (tasks.has(claimed.job.task)) this.held.buffer.push(attempt);
      else ending.push([attempt, this.unknown.endingOf(claimed, redisNow)]);
    }
    for (const ended of ending) this.#noteEnded(...ended);
  }

  /** Starts jobs from the buffer while slots are free and the worker may start any. Returns whether any started. */
  fill(): boolean {
    const { tasks } = this.#parts;
    if (this.held.buffer.length === 0 || this.freeSlots <= 0) return false;
    this.releaseWhatCannotRun(); // time has passed since the last request was sent
    if (this.held.buffer.length === 0) return false;
    if (this.#begun.length === 0) process.nextTick(() => this.#watchBegun());
    while (this.held.buffer.length > 0 && this.freeSlots > 0) {
      const [next] = this.held.buffer as [HeldAttempt];
      const now = this.#nowFor(next);
      if (isExpired(next.claimed, now)) {
        this.#noteEnded(next, expiredEnding(next.claimed));
        continue;
      }
      const attempt = this.held.begin();
      this.#begun.push(attempt);
      attempt.start(tasks, now);
      for (const observer of this.#parts.observers ?? []) observer.began(attempt);
    }
    return true;
  }

  get freeSlots(): number {
    return this.#parts.concurrency - this.held.running.length;
  }

  /** Makes the report for a request that is sent now. */
  report(now: number): StepReport {
    const attempts = this.held.leasesDue(now);
    return { settle: this.#takeEnded(), attempts, extend: attempts.map((attempt) => attempt.lease()) };
  }

  /** Notes that the report did not arrive, so that a later one repeats it. */
  noteUndelivered({ settle, attempts, extend }: StepReport): void {
    this.#ended.unshift(...settle);
    for (const [i, lease] of extend.entries()) attempts[i]!.noteUndelivered(lease);
  }

  /** Notes that the report arrived, and what Redis answered for each ending and each lease. */
  noteDelivered({ settle, attempts, extend }: StepReport, { settled, extended }: Stepped, sentAt: number): void {
    for (const [i, word] of settled.entries()) this.#noteSettled(settle[i]!, word);
    for (const [i, word] of extended.entries()) {
      if (word === "held") attempts[i]!.noteHeld(extend[i]!, sentAt);
      else this.#drop(attempts[i]!, word);
    }
  }

  #attemptOf(job: ClaimedJob, claimedAt: ClaimedAt): HeldAttempt {
    return new HeldAttempt(job, claimedAt, this.#events, traceOf(job.job, this.#parts.traced));
  }

  /** Returns the current time by Redis' clock, in ms since the epoch. */
  #nowFor({ claimedAt: { answeredAt, redisNow } }: HeldAttempt): number {
    return this.#parts.queue.injectedNow() ?? redisNow + Math.floor(performance.now() - answeredAt);
  }

  #watchBegun(): void {
    for (const attempt of this.#begun.splice(0)) attempt.watch();
  }

  #noteEnded(attempt: HeldAttempt, ending: Ending): void {
    const { ranMs, hasBegun } = attempt;
    this.held.delete(attempt);
    this.#ended.push(ending);
    this.blockers.noteEnded(attempt);
    if (hasBegun && ending.outcome !== "released") {
      this.#deadline.noteRun(ranMs);
      this.flow.noteEnd(performance.now(), ranMs);
    }
    if (this.#isDueSoon(ending)) this.#outlook.noteDueSoon();
    if (hasBegun) for (const observer of this.#parts.observers ?? []) observer.ended(attempt, ending, ranMs);
    this.#parts.log(levelOf(ending), eventOf(ending), () => ({
      ...fieldsOf(attempt, ranMs),
      ...wordsOf(attempt, ending),
      ...("delayMs" in ending ? { delay_ms: ending.delayMs } : {}),
    }));
    if (this.refillsSlots) this.fill();
  }

  /** Submits a job for a task. This worker takes it if it has a free slot; otherwise it also wakes another worker. */
  async #submit(job: NewJob, parent: HeldAttempt, stir: () => void): Promise<SubmitOutcome> {
    const submitted = await submitChild(this.#parts, job, parent);
    if (submitted.wake) {
      this.#outlook.noteWakeUp();
      stir();
      if (this.#life.stopping || this.freeSlots - this.held.buffer.length <= 0) await this.#parts.wake("submit");
    }
    return submitted;
  }

  #isDueSoon(ending: Ending): boolean {
    return "delayMs" in ending && ending.delayMs <= this.#parts.queue.lingerMs;
  }

  #takeEnded(): Ending[] {
    let bytes = 0;
    const tooMany = this.#ended.findIndex((ending, i) => {
      bytes += bytesOf(ending);
      return i > 0 && bytes > SETTLE_BYTES;
    });
    return this.#ended.splice(0, tooMany < 0 ? this.#ended.length : tooMany);
  }

  #noteSettled(ending: Ending, word: Stepped["settled"][number]): void {
    if (word !== "settled") {
      this.#noteLost({ job_id: ending.id }, word);
      if (word === "cancelled") this.#outlook.noteDueSoon(); // as in #drop, for a job that has ended by itself
      return;
    }
    this.summary[COUNTED_AS[ending.outcome]]++;
    // A job that is ready, or due soon while nobody waits for it, is left to the next worker.
    if (this.#life.stopping && (ending.outcome === "released" || this.#isDueSoon(ending))) this.#outlook.noteLeft();
  }

  /** Drops an attempt whose lease is no longer ours. */
  #drop(attempt: HeldAttempt, word: "cancelled" | "lost"): void {
    const { ranMs, hasBegun } = attempt;
    if (!this.held.delete(attempt)) return; // it has ended meanwhile, and its settle gets the same answer
    attempt.drop(word === "cancelled" ? "cancelled" : "lease_lost");
    if (word === "cancelled") this.#outlook.noteDueSoon(); // a redrive of it may be waiting until this worker knows
    if (hasBegun) for (const observer of this.#parts.observers ?? []) observer.ended(attempt, { outcome: word }, ranMs);
    this.#noteLost(fieldsOf(attempt, ranMs), word);
  }

  #noteLost(fields: { job_id: string }, word: "cancelled" | "lost"): void {
    this.summary[word]++;
    this.#parts.log(word === "cancelled" ? "info" : "warn", word, fields);
  }

  /** Returns the error of a job that must fail: it is too long for any worker, and a release would spend no attempt. */
  #tooLong({ ranMs }: HeldAttempt): Error | undefined {
    if (!this.#deadline.isTooLong(ranMs)) return undefined;
    return new Error(`out of time after ${Math.round(ranMs)} ms: raise the worker's timeout or split the task`);
  }
}
