import { failureOf, resultOf, Stopped } from "../jobs/outcome.ts";
import { inputOf, payloadOf, readPayload } from "../jobs/payload.ts";
import { wholeOf } from "../observability/failure.ts";
import { LastLines, type LogLine, logLine } from "../observability/task-log.ts";
import type { Trace } from "../observability/trace.ts";
import type { NewJob } from "../queue/job.ts";
import type { ClaimedJob, Ending, Lease, SubmitOutcome } from "../queue/worker-queue.ts";
import { isPromise } from "../schema/standard.ts";
import { DEFAULT_TIMEOUT_MS, type Task, type Tasks } from "../tasks.ts";
import { cut } from "../text.ts";
import { RunContext } from "./context.ts";
import { waitsForStart } from "./expiry.ts";
import { runWithin } from "./runs.ts";
import { Stopwatch } from "./stopwatch.ts";

/** The longest note beside a progress, in characters. */
const NOTE_CHARACTERS = 500;
/** The longest timer: `setTimeout` takes anything longer for 1 ms. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** What an attempt tells its worker. */
export interface AttemptEvents {
  ended(attempt: HeldAttempt, ending: Ending): void;
  progressed(): void;
  /** The task submits a job. */
  submit(job: NewJob, parent: HeldAttempt): Promise<SubmitOutcome>;
  said(attempt: HeldAttempt, line: LogLine): void;
  /** For how long the event loop has been blocked so far, in ms. */
  blockedMs(): number;
  /** The task computed for this long, in ms, before it waited for anything. */
  computed(attempt: HeldAttempt, ms: number): void;
}

/** When a job was claimed. The first two are `performance.now()`, the last is Redis' clock, all in ms. */
export interface ClaimedAt {
  /** The request was sent: no lease that it took began earlier. */
  sentAt: number;
  answeredAt: number;
  redisNow: number;
}

/**
 * A claimed job, from its claim to its end: first it waits in the worker's buffer, then it runs. `ended` is called once,
 * with how the run ended, unless `drop` came first. A run that ignores its signal is left alone: what it does later
 * changes nothing.
 */
export class HeldAttempt {
  readonly claimed: ClaimedJob;
  readonly claimedAt: ClaimedAt;
  readonly trace: Trace | undefined;
  /** When its lease last began, as far as is known, `performance.now()`. */
  leasedAt: number;
  /** When it began, in ms of Redis' clock. The claim's own instant until then. */
  startedAt: number;
  readonly #watch: Stopwatch;
  /** Redis has been told of `startedAt`, or knows no other. */
  #startTold = true;
  /** Made when the task asks for its signal: most do not, and it is the most expensive part of a short run. */
  #abort: AbortController | undefined;
  #stopped: Stopped | undefined;
  #task: Task | undefined;
  #timer: NodeJS.Timeout | undefined;
  #progress: Lease["progress"];
  #lines: LastLines | undefined;
  #events: AttemptEvents | undefined;

  constructor(claimed: ClaimedJob, claimedAt: ClaimedAt, events: AttemptEvents, trace?: Trace) {
    this.claimed = claimed;
    this.claimedAt = claimedAt;
    this.leasedAt = claimedAt.sentAt;
    this.startedAt = claimed.job.startedAt ?? claimedAt.redisNow;
    this.trace = trace;
    this.#events = events;
    this.#watch = new Stopwatch(events.blockedMs);
  }

  /** What its task and its job say stays out of the log. */
  get isSensitive(): boolean {
    return (this.#task?.sensitive ?? false) || (this.claimed.job.sensitive ?? false);
  }

  get hasBegun(): boolean {
    return this.#watch.hasStarted;
  }

  /** How long it has been running, in ms. 0 before it begins. */
  get ranMs(): number {
    return this.#watch.ranMs;
  }

  /** How long the job had been ready before it began, in ms. The clock of the submit counts too, until a retry. */
  get waitMs(): number {
    const { createdAt, runAt = createdAt } = this.claimed.job;
    return Math.max(0, this.startedAt - runAt);
  }

  /** Begins. `startedAt` is ms of Redis' clock. */
  start(tasks: Tasks, startedAt: number): void {
    this.#watch.start();
    this.#startTold = startedAt === this.startedAt;
    this.startedAt = startedAt;
    this.#task = tasks.get(this.claimed.job.task);
    void this.#run(tasks).then((ending) => this.#end(ending));
  }

  /**
   * Watches its time limit. Apart from `start`, but called before anything is waited for: a run that ends in the turn of the
   * event loop in which it began needs no timer, which is a good part of what such a run costs.
   */
  watch(): void {
    if (this.#timer || !this.#events || !this.#task) return;
    const { timeoutMs = DEFAULT_TIMEOUT_MS } = this.#task;
    const leftMs = timeoutMs - this.#watch.ownMs;
    this.#timer = setTimeout(() => this.#timeUp(timeoutMs), Math.min(Math.max(0, leftMs), MAX_TIMER_MS));
  }

  #timeUp(timeoutMs: number): void {
    this.#timer = undefined;
    const isEarly = this.#watch.ownMs < timeoutMs - 1; // timers ring up to 1 ms early
    if (isEarly) this.watch();
    else this.fail(new Stopped("timeout", `no end after ${timeoutMs} ms`));
  }

  /** Ends it as failed, for something that happened to it. */
  fail(thrown: unknown): void {
    this.#end(this.#failure(this.#task, thrown));
    this.#stop(thrown instanceof Stopped ? thrown : new Stopped("released", "the worker must stop"));
  }

  /** Stops it, and reports nothing more about it: its lease is no longer ours. */
  drop(why: "cancelled" | "lease_lost"): void {
    this.#events = undefined;
    clearTimeout(this.#timer);
    this.#stop(new Stopped(why, why === "cancelled" ? "the job was cancelled" : "another worker may have the job"));
  }

  /** Gives it back: `released` spends no attempt. With a reason, the attempt fails for that. */
  release(reason?: Error): void {
    const begun = this.hasBegun && waitsForStart(this.claimed) ? { startedAt: this.startedAt } : {};
    this.#end(reason ? this.#failure(undefined, reason) : { ...this.#ids(), outcome: "released", ...begun });
    this.#stop(new Stopped("released", "the worker must stop; the job will run again"));
  }

  /** Gives the lease to extend, with what has happened since the last call. */
  lease(): Lease {
    const news = {
      ...(this.#startTold ? {} : { startedAt: this.startedAt }),
      ...(this.#progress ? { progress: this.#progress } : {}),
    };
    this.#progress = undefined;
    return { ...this.#ids(), ...news };
  }

  /** Notes that the lease was extended: it begins no earlier than `sentAt`, `performance.now()`. */
  noteHeld({ startedAt }: Lease, sentAt: number): void {
    this.leasedAt = sentAt;
    if (startedAt !== undefined) this.#startTold = true;
  }

  /** Notes that the request failed: a later one reports the progress, unless there is newer progress. */
  noteUndelivered({ progress }: Lease): void {
    this.#progress ??= progress;
  }

  get hasProgress(): boolean {
    return this.#progress !== undefined;
  }

  async #run(tasks: Tasks): Promise<Ending> {
    const task = this.#task!; // a worker begins no job whose task it does not know
    try {
      const read = readPayload(task, payloadOf(this.claimed));
      const input = inputOf(isPromise(read) ? await read : read);
      if (this.#stopped) throw this.#stopped; // while the schema was reading
      const context = new RunContext(this, input, tasks);
      return this.#success(
        await runWithin(this, () =>
          this.#watch.begin(
            () => task.run(context),
            (ms) => this.#events?.computed(this, ms),
          ),
        ),
      );
    } catch (error) {
      return this.#failure(task, error);
    }
  }

  get signal(): AbortSignal {
    this.#abort ??= new AbortController();
    if (this.#stopped) this.#abort.abort(this.#stopped);
    return this.#abort.signal;
  }

  note(percent: number, note?: string): void {
    const bounded = Math.min(100, Math.max(0, Math.round(percent * 10) / 10)) || 0;
    this.#progress = { percent: bounded, ...(note === undefined ? {} : { note: cut(String(note), NOTE_CHARACTERS) }) };
    this.#events?.progressed();
  }

  /** Submits a job. @throws Error when the attempt is over, whatever its run still does */
  async submit(job: NewJob): Promise<SubmitOutcome> {
    if (!this.#events) throw this.#stopped ?? new Error("the attempt has ended, so it submits nothing more");
    return this.#events.submit(job, this);
  }

  say(message: string, fields?: unknown): void {
    if (!this.#events) return;
    const line = logLine(this.startedAt + Math.round(this.ranMs), message, fields);
    this.#lines ??= new LastLines();
    this.#lines.add(line);
    this.#events.said(this, line);
  }

  #stop(why: Stopped): void {
    this.#stopped ??= why;
    this.#abort?.abort(why);
  }

  #success(value: unknown): Ending {
    const result = resultOf(value);
    const ending = { ...this.#ids(), outcome: "completed" as const, ...this.#start() };
    return result === undefined ? ending : { ...ending, result };
  }

  #failure(task: Task | undefined, thrown: unknown): Ending {
    const failure = failureOf(thrown, this.claimed.job, task?.backoff, task?.maxSnoozeMs);
    if (failure.outcome === "snoozed") return { ...this.#ids(), ...failure, ...this.#start() };
    return { ...this.#ids(), ...failure, whole: wholeOf(thrown, failure.error), ...this.#start() };
  }

  /** Gives the start, where Redis does not know it: a job that never waited in the buffer began when it was claimed. */
  #start() {
    return this.#startTold ? undefined : { startedAt: this.startedAt };
  }

  #end(ending: Ending): void {
    clearTimeout(this.#timer);
    const events = this.#events;
    this.#events = undefined;
    const log = this.#lines?.json;
    events?.ended(this, log === undefined || ending.outcome === "released" ? ending : { ...ending, log });
  }

  #ids() {
    return { id: this.claimed.job.id, token: this.claimed.token };
  }
}
