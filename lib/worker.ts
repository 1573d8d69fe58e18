import { Attempt, type AttemptEvents } from "./attempt.ts";
import { Deadline, type Life } from "./deadline.ts";
import { describe, RedisError } from "./errors.ts";
import type { Log } from "./log.ts";
import type { Observer } from "./observer.ts";
import { Pace } from "./pace.ts";
import { waitMs } from "./queue/job.ts";
import type { Claimed, ClaimRequest, Ending, Queue, Stepped } from "./queue/queue.ts";
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

const PROGRESS_MS = 1_000;
/** Of results and errors in one request, which Upstash bounds at 10 MB. */
const SETTLE_BYTES = 8_000_000;
/** How long a worker that has nothing to settle tries to reach Redis. */
const UNREACHABLE_MS = 60_000;

/** A job that has failed waits for a person. */
const LEVEL_OF = { completed: "info", released: "info", retry: "warn", failed: "error" } as const;

/** What one step asks for. `attempts` are those whose leases it extends, in the order of `extend`. */
interface Plan {
  settle: Ending[];
  attempts: Attempt[];
  claim: ClaimRequest | undefined;
}

class Drain {
  readonly #parts: WorkerParts;
  readonly #observers: readonly Observer[];
  readonly #deadline: Deadline;
  readonly #pace = new Pace();
  readonly #summary = { claimed: 0, completed: 0, retried: 0, failed: 0, released: 0, lost: 0 };

  readonly #running = new Set<Attempt>();
  readonly #events: AttemptEvents = {
    ended: (attempt, ending) => this.#noteEnded(attempt, ending),
    progressed: () => this.#stir(),
  };
  /** How attempts ended that Redis has not heard of yet. */
  #ended: Ending[] = [];

  /** Jobs are known, or likely, to be ready. */
  #hungry = true;
  /** Woken, and not yet claimed for that: the next claim takes the wake-up in flight for its own. */
  #arrived = true;
  /** A claim is on its way: what it will see was pushed before. */
  #claiming = false;
  /** Of a claim whose answer has not come: asked again under the same token, it gets the same jobs. */
  #openToken: string | undefined;
  /** A job is due then, and this worker is the one that waits for it. `performance.now()`. */
  #lingerUntil = Number.POSITIVE_INFINITY;
  #progressSentAt = 0;

  /** Steps that failed in a row. */
  #failures = 0;
  #failingSince = 0;
  /** Ends the current wait. */
  #stir = () => {};
  #left = false;

  constructor(parts: WorkerParts, life: Life) {
    this.#parts = parts;
    this.#observers = parts.observers ?? [];
    this.#deadline = new Deadline(life);
    life.onWake?.(() => {
      if (this.#left) return false;
      // Hungry it claims anyway. Taken for its own, the wake-up for a backlog that came back to it would cause the next.
      this.#arrived ||= !this.#hungry || this.#claiming;
      this.#stir();
      return true;
    });
  }

  async run(): Promise<Summary> {
    for (;;) {
      if (this.#deadline.mustRelease) this.#releaseAll();
      this.#watchAll();
      const plan = this.#plan();
      if (plan) await this.#step(plan);
      const stopped = this.#stopped();
      if (stopped) return await this.#leave(stopped);
      await this.#nextChange();
    }
  }

  /** Before anything is waited for: what is still running now has a time limit. */
  #watchAll(): void {
    for (const attempt of this.#running) attempt.watch();
  }

  #plan(): Plan | undefined {
    const now = performance.now();
    const settle = this.#takeEnded();
    const attempts = this.#leasesDue(now);
    const claim = this.#wantsJobs(now, settle) ? this.#claimRequest(now) : undefined;
    return settle.length > 0 || attempts.length > 0 || claim ? { settle, attempts, claim } : undefined;
  }

  /** One round trip, and what follows from it. What a failed one should have settled is settled by a later one. */
  async #step({ settle, attempts, claim }: Plan): Promise<void> {
    const sentAt = performance.now();
    const extend = attempts.map((attempt) => attempt.lease());
    let answer: Stepped;
    this.#claiming = claim !== undefined;
    try {
      answer = await this.#parts.queue.step({ settle, extend, claim });
    } catch (error) {
      this.#ended.unshift(...settle);
      for (const [i, { progress }] of extend.entries()) attempts[i]!.untold(progress);
      this.#arrived ||= claim?.arrived ?? false;
      this.#noteFailure(error);
      return;
    } finally {
      this.#claiming = false;
    }
    this.#failures = 0;
    for (const observer of this.#observers) observer.stepped(settle, answer);
    for (const [i, word] of answer.settled.entries()) this.#noteSettled(settle[i]!, word);
    for (const [i, word] of answer.extended.entries()) this.#noteExtended(attempts[i]!, word, sentAt);
    if (answer.claimed) this.#begin(answer.claimed, claim!, sentAt);
    if (answer.claimed?.wake && claim!.count > 0) await this.#parts.wake("backlog");
  }

  #wantsJobs(now: number, settling: readonly Ending[]): boolean {
    if (this.#deadline.stopsClaiming) return this.#mustTakeLeave;
    if (this.#free === 0) return false;
    if (
      this.#hungry ||
      this.#arrived ||
      this.#openToken !== undefined ||
      now >= this.#lingerUntil ||
      this.#pace.msToClaim(now) <= 0
    )
      return true;
    // A retry that is due soon: the claim decides who waits for it.
    return settling.some((ending) => this.#isDueSoon(ending));
  }

  #isDueSoon(ending: Ending): boolean {
    return ending.outcome === "retry" && ending.delayMs <= this.#parts.queue.lingerMs;
  }

  #claimRequest(now: number): ClaimRequest {
    this.#openToken ??= this.#parts.nextToken();
    if (this.#deadline.stopsClaiming) return { token: this.#openToken, count: 0, arrived: false };
    const arrived = this.#arrived;
    this.#arrived = false;
    return { token: this.#openToken, count: this.#free, arrived, againMs: this.#pace.promiseMs(now) };
  }

  /** Start what was claimed. */
  #begin(claimed: Claimed, asked: ClaimRequest, sentAt: number): void {
    const { tasks, settings, log, traced } = this.#parts;
    const now = performance.now();
    this.#openToken = undefined;
    // Who leaves while he waits for a job leaves work behind.
    this.#hungry = claimed.more || (asked.count === 0 && Number.isFinite(this.#lingerUntil));
    this.#lingerUntil =
      claimed.claimAgainAt === undefined ? Number.POSITIVE_INFINITY : now + claimed.claimAgainAt - claimed.now;
    this.#pace.noteClaim(now, claimed.jobs.length, (asked.againMs ?? 0) > 0);
    this.#summary.claimed += claimed.jobs.length;

    for (const { id, status } of claimed.reclaimed) log("warn", "reclaim", { job_id: id, status });
    for (const id of claimed.missing) log("error", "missing", { job_id: id });
    for (const job of claimed.jobs) {
      if (asked.count === 0) {
        this.#ended.push({ id: job.job.job_id, token: job.token, outcome: "released" });
        continue;
      }
      const attempt = new Attempt(job, sentAt, this.#events, traceOf(job.job, traced));
      this.#running.add(attempt);
      attempt.start(tasks, settings);
    }
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
    this.#stir();
  }

  /** At half-life all leases are extended in one call; before that, those with progress to tell, once a second. */
  #leasesDue(now: number): Attempt[] {
    const running = [...this.#running];
    if (running.some((attempt) => now - attempt.leasedAt >= this.#parts.queue.leaseMs / 2)) return running;
    if (now - this.#progressSentAt < PROGRESS_MS) return [];
    const moved = running.filter((attempt) => attempt.hasProgress);
    if (moved.length > 0) this.#progressSentAt = now;
    return moved;
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
    if (word === "settled") this.#summary[ending.outcome === "retry" ? "retried" : ending.outcome]++;
    else this.#noteLost({ job_id: ending.id }, word);
    // Nobody waits for it yet, and this worker cannot: work that is left, for whoever comes next.
    if (word === "settled" && this.#deadline.stopsClaiming && this.#isDueSoon(ending)) this.#hungry = true;
  }

  #noteLost(fields: { job_id: string }, word: "cancelled" | "lost"): void {
    this.#summary.lost++;
    this.#parts.log("warn", word, fields);
  }

  /** A clean release gives the attempt back. A job that would be released in every life spends it. */
  #releaseAll(): void {
    for (const attempt of [...this.#running]) {
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
    if (this.#running.size > 0 || this.#ended.length > 0) return undefined;
    if (this.#mustTakeLeave) return undefined;
    if (this.#failures > 0 && performance.now() - this.#failingSince > UNREACHABLE_MS) return "unreachable";
    if (this.#deadline.shuttingDown) return "shutdown";
    if (!this.#expectsMore && this.#summary.released === 0) return "empty";
    return this.#deadline.stopsClaiming ? "deadline" : undefined;
  }

  get #expectsMore(): boolean {
    return (
      this.#hungry ||
      this.#arrived ||
      this.#pace.stays ||
      this.#openToken !== undefined ||
      Number.isFinite(this.#lingerUntil)
    );
  }

  async #leave(stopped: Summary["stopped"]): Promise<Summary> {
    this.#left = true;
    const handsOver =
      (stopped === "deadline" || stopped === "shutdown") && (this.#expectsMore || this.#summary.released > 0);
    if (handsOver) await this.#parts.wake("hand_over");
    return { ...this.#summary, stopped };
  }

  /** Wait until an attempt ends or something is due. */
  async #nextChange(): Promise<void> {
    const now = performance.now();
    if (this.#failures > 0)
      return this.#wait(Math.min(5_000, 100 * 2 ** (this.#failures - 1)) * (0.5 + Math.random() / 2), false);
    if (this.#mustTakeLeave || (this.#claims && this.#isHungry)) return this.#gather();
    if (this.#ended.length === 0) {
      const msToLinger = this.#claims ? this.#lingerUntil - now : Number.POSITIVE_INFINITY;
      const msToDeadline = this.#deadline.msToChange(this.#running.size > 0);
      await this.#wait(Math.min(this.#msToPace, msToLinger, msToDeadline, this.#msToLease(now)), true);
    }
    if (this.#ended.length === 0) return;
    // At a pace, what ended waits for the next claim and shares its round trip. On a busy machine timers ring early.
    while (!this.#isHungry && this.#msToPace > 0 && Number.isFinite(this.#msToPace))
      await this.#wait(this.#msToPace, false);
    await this.#gather();
  }

  /** What ends together is settled together. What runs on may end in this turn of the event loop; else there is no wait. */
  async #gather(): Promise<void> {
    await new Promise<void>((resolve) => process.nextTick(resolve));
    if (this.#running.size > 0) await new Promise((resolve) => setImmediate(resolve));
  }

  /** A claim would probably bring jobs: no reason to wait with it. */
  get #isHungry(): boolean {
    return this.#hungry || this.#arrived;
  }

  get #msToPace(): number {
    return this.#claims ? this.#pace.msToClaim(performance.now()) : Number.POSITIVE_INFINITY;
  }

  #msToLease(now: number): number {
    let ms = Number.POSITIVE_INFINITY;
    for (const attempt of this.#running) {
      ms = Math.min(ms, attempt.leasedAt + this.#parts.queue.leaseMs / 2 - now);
      if (attempt.hasProgress) ms = Math.min(ms, this.#progressSentAt + PROGRESS_MS - now);
    }
    return ms;
  }

  #wait(ms: number, untilStirred: boolean): Promise<void> {
    this.#watchAll();
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#deadline.shutdown?.removeEventListener("abort", done);
        this.#stir = () => {};
        resolve();
      };
      // Timers drop fractions: a wait cut short would find that nothing is due yet.
      const timer = setTimeout(done, Math.min(Math.max(0, Math.ceil(ms)), 60_000));
      this.#deadline.shutdown?.addEventListener("abort", done);
      if (untilStirred) this.#stir = done;
    });
  }

  /** It stops, and a claim of nothing has still to ask what an unanswered one took, or to take the promise back. */
  get #mustTakeLeave(): boolean {
    const owes = this.#openToken !== undefined || this.#pace.stays || Number.isFinite(this.#lingerUntil);
    return this.#deadline.stopsClaiming && owes;
  }

  /** Could it begin another job now? */
  get #claims(): boolean {
    return !this.#deadline.stopsClaiming && this.#free > 0;
  }

  get #free(): number {
    return this.#parts.concurrency - this.#running.size;
  }
}

/** What the log says of an attempt. */
function fieldsOf({ claimed: { job }, trace }: Attempt, ranMs: number) {
  return {
    ...{ job_id: job.job_id, task: job.task, attempt: job.retries + 1 },
    ...{ duration_ms: Math.round(ranMs), wait_ms: waitMs(job) },
    ...(trace ? { trace_id: trace.traceId, span_id: trace.spanId, parent_span_id: trace.parentId } : {}),
  };
}

/** At most so many in a request. JSON in JSON doubles quotes and backslashes; a message is made JSON twice. */
function bytesOf(ending: Ending): number {
  if (ending.outcome === "completed") return 2 * Buffer.byteLength(ending.result ?? "");
  return "message" in ending ? 7 * ending.message.length : 0;
}
