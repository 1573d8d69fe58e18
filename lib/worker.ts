import { Attempt, type AttemptEvents } from "./attempt.ts";
import { type Claim, Claims } from "./claims.ts";
import { Deadline, type Life } from "./deadline.ts";
import { describe, RedisError } from "./errors.ts";
import type { Log } from "./log.ts";
import type { Observer } from "./observer.ts";
import { microtasks, Pause } from "./pause.ts";
import { waitMs } from "./queue/job.ts";
import type { Claimed, ClaimedJob, Ending, Queue, Stepped } from "./queue/queue.ts";
import { Slots } from "./slots.ts";
import type { TaskSettings, Tasks } from "./tasks.ts";
import { traceOf } from "./trace.ts";

/** What a worker needs, the same for each of its drains. */
export interface WorkerParts {
  queue: Queue;
  tasks: Tasks;
  settings: TaskSettings;
  /** How many jobs run at once, and how many one claim takes at most. */
  concurrency: number;
  /** Names a claim, anew at each call: this process' unique name, a dot, a number. */
  nextToken(): string;
  log: Log;
  /** Invoke one more worker. Never throws. */
  wake(why: "backlog" | "hand_over"): Promise<void>;
  /** Of this one drain. */
  observers?: readonly Observer[];
  /** Are spans exported? Then a job that came without a trace begins one. */
  traced?: boolean;
}

export interface Summary {
  claimed: number;
  completed: number;
  retried: number;
  failed: number;
  /** Given back without spending an attempt. */
  released: number;
  /** Cancelled meanwhile, or taken by another worker after the lease ran out. */
  lost: number;
  stopped: "empty" | "deadline" | "shutdown" | "unreachable";
}

/** Work until nothing is ready or time is short. Returns what happened, for the log and the caller. */
export async function drain(parts: WorkerParts, life: Life): Promise<Summary> {
  return new Drain(parts, life).run();
}

/** Of results and errors in one request, which Upstash bounds at 10 MB. */
const SETTLE_BYTES = 8_000_000;
/** A batch is quick when all of it ends in the turn of the event loop in which it began, and within this. */
const QUICK_MS = 20;
/** How long a worker that has nothing to settle tries to reach Redis. */
const UNREACHABLE_MS = 60_000;

const SUMMED_AS = {
  completed: "completed",
  retry: "retried",
  failed: "failed",
  deferred: "released",
  released: "released",
} as const;

/** A job that has failed waits for a person. */
const LEVEL_OF = { completed: "info", released: "info", deferred: "info", retry: "warn", failed: "error" } as const;

/** What one step asks for. `attempts` are those whose leases it extends, in the order of `extend`. */
interface Plan {
  settle: Ending[];
  attempts: Attempt[];
  claim: Claim | undefined;
}

class Drain {
  readonly #parts: WorkerParts;
  readonly #observers: readonly Observer[];
  readonly #deadline: Deadline;
  readonly #claims: Claims;
  readonly #pause: Pause;
  readonly #summary = { claimed: 0, completed: 0, retried: 0, failed: 0, released: 0, lost: 0 };

  readonly #running: Slots;
  readonly #events: AttemptEvents = {
    ended: (attempt, ending) => this.#noteEnded(attempt, ending),
    progressed: () => this.#pause.stir(),
  };
  /** How attempts ended that Redis has not heard of yet. */
  #ended: Ending[] = [];
  /** Steps are made beside those of `#work`, and what they threw. */
  #isAhead = false;
  #fault: { thrown: unknown } | undefined;

  /** Steps that failed in a row. */
  #failures = 0;
  #failingSince = 0;
  #left = false;

  constructor(parts: WorkerParts, life: Life) {
    this.#parts = parts;
    this.#observers = parts.observers ?? [];
    this.#deadline = new Deadline(life);
    this.#claims = new Claims(parts.nextToken);
    this.#pause = new Pause(life.shutdown);
    this.#running = new Slots(parts.queue.leaseMs);
    life.onWake?.(() => {
      if (this.#left) return false;
      this.#claims.noteWakeUp();
      this.#pause.stir();
      return true;
    });
  }

  async run(): Promise<Summary> {
    try {
      return await this.#work();
    } finally {
      this.#left = true;
    }
  }

  async #work(): Promise<Summary> {
    for (;;) {
      if (this.#deadline.mustRelease) this.#releaseAll();
      this.#watchAll();
      const plan = this.#plan();
      if (plan) await this.#step(plan);
      if (this.#fault) throw this.#fault.thrown;
      if (this.#looksAhead && !this.#isAhead) void this.#goAhead();
      const stopped = this.#stopped();
      if (stopped) return await this.#leave(stopped);
      await this.#nextChange();
    }
  }

  get #looksAhead(): boolean {
    return this.#claims.looksAhead && this.#hasRoom && !this.#left;
  }

  /** Steps beside those of `#work`: each settles what has ended until then, and claims. Never throws. */
  async #goAhead(): Promise<void> {
    this.#isAhead = true;
    try {
      for (;;) {
        const plan = this.#looksAhead && this.#plan();
        if (!plan) break;
        await this.#step(plan);
      }
    } catch (thrown) {
      this.#fault = { thrown };
    }
    this.#isAhead = false;
    this.#pause.stir();
  }

  /** Before anything is waited for: what is still running now has a time limit. */
  #watchAll(): void {
    for (const attempt of this.#running) attempt.watch();
  }

  #plan(): Plan | undefined {
    const now = performance.now();
    const settle = this.#takeEnded();
    const attempts = this.#running.leasesDue(now);
    const claim = this.#claim(now, settle);
    return settle.length > 0 || attempts.length > 0 || claim ? { settle, attempts, claim } : undefined;
  }

  #claim(now: number, settling: readonly Ending[]): Claim | undefined {
    if (this.#isEbbing) return undefined;
    if (this.#deadline.stopsClaiming) return this.#claims.isOwed ? this.#claims.ofNothing() : undefined;
    if (this.#free === 0) return this.#claims.mustAsk ? this.#claims.ofNothing() : undefined;
    // A retry that is due soon: the claim decides who waits for it.
    const isDue = this.#claims.isDue(now) || settling.some((ending) => this.#isDueSoon(ending));
    return isDue ? this.#claims.next(now, this.#free) : undefined;
  }

  #isDueSoon(ending: Ending): boolean {
    return ending.outcome === "retry" && ending.delayMs <= this.#parts.queue.lingerMs;
  }

  /** One round trip, and what follows from it. What a failed one should have settled is settled by a later one. */
  async #step({ settle, attempts, claim }: Plan): Promise<void> {
    const sentAt = performance.now();
    const extend = attempts.map((attempt) => attempt.lease());
    let answer: Stepped;
    try {
      answer = await this.#parts.queue.step({ settle, extend, claim });
    } catch (error) {
      this.#ended.unshift(...settle);
      for (const [i, { progress }] of extend.entries()) attempts[i]!.untold(progress);
      if (claim) this.#claims.noteLost(claim);
      this.#noteFailure(error);
      return;
    }
    if (this.#left) return; // past its deadline, or broken: what came too late is reclaimed
    this.#failures = 0;
    for (const observer of this.#observers) observer.stepped(settle, answer);
    for (const [i, word] of answer.settled.entries()) this.#noteSettled(settle[i]!, word);
    for (const [i, word] of answer.extended.entries()) this.#noteExtended(attempts[i]!, word, sentAt);
    if (!claim || !answer.claimed) return;
    await this.#take(claim, answer.claimed, sentAt);
    // Who leaves hands over instead.
    if (answer.claimed.wake && !(claim.count === 0 && this.#deadline.stopsClaiming)) await this.#parts.wake("backlog");
  }

  async #take(claim: Claim, claimed: Claimed, sentAt: number): Promise<void> {
    const { log } = this.#parts;
    this.#claims.noteAnswer(claim, claimed);
    this.#summary.claimed += claimed.jobs.length;
    for (const { id, status } of claimed.reclaimed) log("warn", "reclaim", { job_id: id, status });
    for (const id of claimed.missing) log("error", "missing", { job_id: id });
    if (claim.count === 0) return this.#giveBack(claimed.jobs);
    const began = performance.now();
    await this.#begin(claimed.jobs, sentAt);
    const isQuick = this.#running.size === 0 && performance.now() - began < QUICK_MS;
    this.#claims.noteBatch(isQuick && claimed.more);
  }

  /** Begin jobs, and see which of them end at once. Those that find no place after all are given back. */
  async #begin(jobs: readonly ClaimedJob[], sentAt: number): Promise<void> {
    const { tasks, settings, traced } = this.#parts;
    const free = this.#free;
    for (const job of jobs.length > free ? jobs.slice(0, free) : jobs) {
      const attempt = new Attempt(job, sentAt, this.#events, traceOf(job.job, traced));
      this.#running.add(attempt);
      attempt.start(tasks, settings);
    }
    if (jobs.length > free) this.#giveBack(jobs.slice(free));
    await microtasks();
    this.#watchAll();
  }

  #giveBack(jobs: readonly ClaimedJob[]): void {
    for (const { job, token } of jobs) this.#ended.push({ id: job.id, token, outcome: "released" });
    if (jobs.length > 0) this.#claims.noteGivenBack();
  }

  #noteEnded(attempt: Attempt, ending: Ending): void {
    const ranMs = attempt.ranMs;
    this.#running.delete(attempt);
    this.#ended.push(ending);
    if (ending.outcome !== "released") this.#deadline.noteRun(ranMs);
    for (const observer of this.#observers) observer.ended(attempt, ending, ranMs);
    this.#parts.log(LEVEL_OF[ending.outcome], ending.outcome, () => ({
      ...fieldsOf(attempt, ranMs),
      ...("error" in ending ? { error: ending.error, message: ending.message } : {}),
      ...(ending.outcome === "retry" ? { delay_ms: ending.delayMs } : {}),
    }));
    this.#pause.stir();
  }

  #noteExtended(attempt: Attempt, word: Stepped["extended"][number], sentAt: number): void {
    if (word === "held") {
      attempt.leasedAt = sentAt;
    } else if (this.#running.delete(attempt)) {
      attempt.drop(word === "cancelled" ? "cancelled" : "lease_lost");
      for (const observer of this.#observers) observer.ended(attempt, { outcome: word }, attempt.ranMs);
      this.#noteLost(fieldsOf(attempt, attempt.ranMs), word);
    }
  }

  #takeEnded(): Ending[] {
    let bytes = 0;
    const taken = this.#ended.findIndex((ending, i) => {
      bytes += bytesOf(ending);
      return i > 0 && bytes > SETTLE_BYTES;
    });
    return this.#ended.splice(0, taken < 0 ? this.#ended.length : taken);
  }

  #noteSettled(ending: Ending, word: Stepped["settled"][number]): void {
    if (word === "settled") this.#summary[SUMMED_AS[ending.outcome]]++;
    else this.#noteLost({ job_id: ending.id }, word);
    // Ready, or nobody waits for it yet: work that this worker leaves to whoever comes next.
    const isLeft = ending.outcome === "released" || this.#isDueSoon(ending);
    if (word === "settled" && isLeft && this.#deadline.stopsClaiming) this.#claims.noteLeft();
  }

  #noteLost(fields: { job_id: string }, word: "cancelled" | "lost"): void {
    this.#summary.lost++;
    this.#parts.log("warn", word, fields);
  }

  /** A clean release gives the attempt back. A job that would be released in every life spends it. */
  #releaseAll(): void {
    for (const attempt of this.#running.inOrder()) {
      const tooLong = this.#deadline.isTooLong(attempt.ranMs);
      const why = `out of time after ${Math.round(attempt.ranMs)} ms: give the worker a longer life or the task less to do`;
      attempt.release(tooLong ? new Error(why) : undefined);
    }
  }

  #noteFailure(error: unknown): void {
    if (!(error instanceof RedisError)) throw error;
    if (this.#failures++ === 0) this.#failingSince = performance.now();
    this.#parts.log("warn", "redis_unavailable", { ...describe(error), failures: this.#failures });
  }

  /** Why the drain is over, undefined while it is not. */
  #stopped(): Summary["stopped"] | undefined {
    // Past the deadline without Redis: the leases run out, and the jobs come back.
    if (this.#failures > 0 && this.#deadline.isPast) return "unreachable";
    if (this.#running.size > 0 || this.#ended.length > 0 || this.#isAhead) return undefined;
    if (this.#mustTakeLeave) return undefined;
    if (this.#failures > 0 && performance.now() - this.#failingSince > UNREACHABLE_MS) return "unreachable";
    if (this.#deadline.shuttingDown) return "shutdown";
    if (!this.#claims.expectsMore) return "empty";
    return this.#deadline.stopsClaiming ? "deadline" : undefined;
  }

  async #leave(stopped: Summary["stopped"]): Promise<Summary> {
    this.#left = true;
    if ((stopped === "deadline" || stopped === "shutdown") && this.#claims.expectsMore)
      await this.#parts.wake("hand_over");
    return { ...this.#summary, stopped };
  }

  /** Wait until an attempt ends or something is due. */
  async #nextChange(): Promise<void> {
    const now = performance.now();
    if (this.#failures > 0)
      return this.#wait(Math.min(5_000, 100 * 2 ** (this.#failures - 1)) * (0.5 + Math.random() / 2), false);
    if (this.#mustClaim) return this.#gather();
    if (this.#ended.length === 0) {
      const msToLinger = this.#mayClaim ? this.#claims.msToLinger(now) : Number.POSITIVE_INFINITY;
      const msToDeadline = this.#deadline.msToChange(this.#running.size > 0);
      await this.#wait(Math.min(this.#msToPace, msToLinger, msToDeadline, this.#running.msToLease(now)), true);
    }
    if (this.#ended.length === 0) return;
    // At a pace, what ended waits for the next claim and shares its round trip. On a busy machine timers ring early.
    while (!this.#claims.isHungry && this.#msToPace > 0 && Number.isFinite(this.#msToPace))
      await this.#wait(this.#msToPace, false);
    await this.#gather();
  }

  /** What ends together is settled together. What runs on may end in this turn of the event loop; else there is no wait. */
  async #gather(): Promise<void> {
    await microtasks();
    if (this.#running.size > 0) await new Promise((resolve) => setImmediate(resolve));
  }

  get #msToPace(): number {
    return this.#mayClaim ? this.#claims.msToPace(performance.now()) : Number.POSITIVE_INFINITY;
  }

  #wait(ms: number, untilStirred: boolean): Promise<void> {
    this.#watchAll();
    return this.#pause.wait(ms, untilStirred);
  }

  /** It stops, and has still to send a claim of nothing. */
  get #mustTakeLeave(): boolean {
    return this.#deadline.stopsClaiming && this.#claims.isOwed;
  }

  /** The next step claims, and need not be waited for. */
  get #mustClaim(): boolean {
    if (this.#isEbbing) return false;
    return this.#mustTakeLeave || this.#claims.mustAsk || (this.#mayClaim && this.#claims.isHungry);
  }

  /** Could it begin another job now? */
  get #mayClaim(): boolean {
    return this.#hasRoom && !this.#isEbbing;
  }

  get #hasRoom(): boolean {
    return !this.#deadline.stopsClaiming && this.#free > 0;
  }

  /** It looks ahead no longer, and the claim beside is still on its way: the next one is to be alone. */
  get #isEbbing(): boolean {
    return this.#isAhead && !this.#looksAhead;
  }

  get #free(): number {
    return this.#parts.concurrency - this.#running.size;
  }
}

/** What the log says of an attempt. */
function fieldsOf({ claimed: { job }, trace }: Attempt, ranMs: number) {
  return {
    ...{ job_id: job.id, task: job.task, attempt: job.retries + 1 },
    ...{ duration_ms: Math.round(ranMs), wait_ms: waitMs(job) },
    ...(trace ? { trace_id: trace.traceId, span_id: trace.spanId, parent_span_id: trace.parentId } : {}),
  };
}

/** At most so many in a request. JSON in JSON doubles quotes and backslashes; a message is made JSON twice. */
function bytesOf(ending: Ending): number {
  if (ending.outcome === "completed") return 2 * Buffer.byteLength(ending.result ?? "");
  return "message" in ending ? 7 * ending.message.length : 0;
}
