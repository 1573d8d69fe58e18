import { safeParse } from "zod/v4/core";
import { failureOf, resultOf, Stopped } from "./outcome.ts";
import type { ClaimedJob, Ending, Lease } from "./queue/queue.ts";
import { DEFAULT_TIMEOUT_MS, NeverAgain, type Task, type TaskContext, type TaskSettings, type Tasks } from "./tasks.ts";
import type { Trace } from "./trace.ts";

/** The longest note beside a progress, in characters. */
const NOTE_CHARACTERS = 500;
/** `setTimeout` takes more for 1 ms. */
const MAX_TIMER_MS = 2 ** 31 - 1;

export interface AttemptEvents {
  ended(attempt: Attempt, ending: Ending): void;
  progressed(): void;
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
export class Attempt {
  readonly claimed: ClaimedJob;
  readonly claimedAt: ClaimedAt;
  readonly trace: Trace | undefined;
  /** When its lease was last known to begin, `performance.now()`. */
  leasedAt: number;
  /** When it began, in ms of Redis' clock. The claim's own instant until then. */
  startedAt: number;
  #beganAt: number | undefined;
  /** Redis has been told of `startedAt`, or knows no other. */
  #startTold = true;
  /** Made when the task asks for its signal: most do not, and it is the most expensive part of a short run. */
  #abort: AbortController | undefined;
  #stopped: Stopped | undefined;
  #task: Task | undefined;
  #timer: NodeJS.Timeout | undefined;
  #progress: Lease["progress"];
  #events: AttemptEvents | undefined;

  constructor(claimed: ClaimedJob, claimedAt: ClaimedAt, events: AttemptEvents, trace?: Trace) {
    this.claimed = claimed;
    this.claimedAt = claimedAt;
    this.leasedAt = claimedAt.sentAt;
    this.startedAt = claimed.job.startedAt ?? claimedAt.redisNow;
    this.trace = trace;
    this.#events = events;
  }

  get hasBegun(): boolean {
    return this.#beganAt !== undefined;
  }

  /** How long it has been running, in ms. 0 before it begins. */
  get ranMs(): number {
    return this.#beganAt === undefined ? 0 : performance.now() - this.#beganAt;
  }

  /** How long the job had been ready before it began, in ms. The clock of the submit counts too, until a retry. */
  get waitMs(): number {
    const { createdAt, runAt = createdAt } = this.claimed.job;
    return Math.max(0, this.startedAt - runAt);
  }

  /** Begin. `startedAt` is ms of Redis' clock. */
  start(tasks: Tasks, settings: TaskSettings, startedAt: number): void {
    this.#beganAt = performance.now();
    this.#startTold = startedAt === this.startedAt;
    this.startedAt = startedAt;
    this.#task = tasks.get(this.claimed.job.task);
    void this.#run(tasks, settings).then((ending) => this.#end(ending));
  }

  /**
   * Watch its time limit. Apart from `start`, and to be called before anything is waited for: a run that ends in the turn
   * of the event loop in which it began needs no timer, which is a good part of what such a run costs.
   */
  watch(): void {
    if (this.#timer || !this.#events || !this.#task) return;
    const task = this.#task;
    const timeoutMs = task.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    this.#timer = setTimeout(
      () => {
        const timeout = new Stopped("timeout", `no end after ${timeoutMs} ms`);
        this.#end(this.#failure(task, timeout));
        this.#stop(timeout);
      },
      Math.min(timeoutMs - this.ranMs, MAX_TIMER_MS),
    );
  }

  /** Stop it and say no more about it: its lease is not ours any longer. */
  drop(why: "cancelled" | "lease_lost"): void {
    this.#events = undefined;
    clearTimeout(this.#timer);
    this.#stop(new Stopped(why, why === "cancelled" ? "the job was cancelled" : "another worker may have the job"));
  }

  /** Give it back: `released` spends no attempt. With a reason, the attempt failed for that. */
  release(reason?: Error): void {
    this.#end(reason ? this.#failure(undefined, reason) : { ...this.#ids(), outcome: "released" });
    this.#stop(new Stopped("released", "the worker must stop; the job will run again"));
  }

  /** The lease to extend, with what has happened since the last call. */
  lease(): Lease {
    const news = {
      ...(this.#startTold ? {} : { startedAt: this.startedAt }),
      ...(this.#progress ? { progress: this.#progress } : {}),
    };
    this.#progress = undefined;
    return { ...this.#ids(), ...news };
  }

  /** The lease was extended: it begins no earlier than `sentAt`, `performance.now()`. */
  noteHeld({ startedAt }: Lease, sentAt: number): void {
    this.leasedAt = sentAt;
    if (startedAt !== undefined) this.#startTold = true;
  }

  /** The request failed: a later one tells of the progress, unless there is news. */
  noteUndelivered({ progress }: Lease): void {
    this.#progress ??= progress;
  }

  get hasProgress(): boolean {
    return this.#progress !== undefined;
  }

  async #run(tasks: Tasks, settings: TaskSettings): Promise<Ending> {
    const { job, payload } = this.claimed;
    const task = this.#task;
    try {
      if (!task) throw new Error(`this worker has no task "${job.task}"; it has ${[...tasks.keys()].join(", ")}`);
      if (payload === undefined && (job.payloadBytes ?? 0) > 0)
        throw new NeverAgain("Redis has lost the payload: is it set to evict keys?");
      const input = safeParse(task.input, payload === undefined ? {} : JSON.parse(payload));
      if (!input.success) throw new Error(`the payload does not fit the task: ${onOneLine(input.error.message)}`);
      return this.#success(await task.run(new Context(this, input.data, settings)));
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
    this.#progress = {
      percent: bounded,
      ...(note === undefined ? {} : { note: String(note).slice(0, NOTE_CHARACTERS) }),
    };
    this.#events?.progressed();
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
    const { retries, maxRetries } = this.claimed.job;
    return { ...this.#ids(), ...failureOf(thrown, { retries, maxRetries }, task?.backoff), ...this.#start() };
  }

  /** Redis is told where it does not know: a job that never waited in the buffer began when it was claimed. */
  #start() {
    return this.#startTold ? undefined : { startedAt: this.startedAt };
  }

  #end(ending: Ending): void {
    clearTimeout(this.#timer);
    const events = this.#events;
    this.#events = undefined;
    events?.ended(this, ending);
  }

  #ids() {
    return { id: this.claimed.job.id, token: this.claimed.token };
  }
}

/** What a run gets. Most runs ask neither for their signal nor for a way to tell progress, so both are made when asked for. */
class Context implements TaskContext<unknown> {
  readonly input: unknown;
  readonly job: TaskContext<unknown>["job"];
  readonly settings: TaskSettings;
  readonly #attempt: Attempt;

  constructor(attempt: Attempt, input: unknown, settings: TaskSettings) {
    const { id, retries, maxRetries } = attempt.claimed.job;
    this.input = input;
    this.job = { id, attempt: retries + 1, maxRetries };
    if (attempt.trace) this.job.traceparent = attempt.trace.traceparent;
    this.settings = settings;
    this.#attempt = attempt;
  }

  get signal(): AbortSignal {
    return this.#attempt.signal;
  }

  get progress(): TaskContext<unknown>["progress"] {
    return (percent, note) => this.#attempt.note(percent, note);
  }
}

/** The history keeps the first line of a message alone. */
function onOneLine(text: string): string {
  return text.replace(/\s*\n\s*/g, " ");
}
