import { safeParse } from "zod/v4/core";
import { backoffMs, DEFAULT_BACKOFF } from "./backoff.ts";
import { describe } from "./errors.ts";
import type { ClaimedJob, Ending, Lease } from "./queue/queue.ts";
import {
  DEFAULT_TIMEOUT_MS,
  NeverAgain,
  RetryAfter,
  type Task,
  type TaskContext,
  type TaskSettings,
  type Tasks,
} from "./tasks.ts";
import type { Trace } from "./trace.ts";

/** Of a job's payload, and of its result. */
export const VALUE_BYTES = 256 * 1024;

const NOTE_CHARACTERS = 500;
/** Of an error's message. The queue keeps as many; a longer one need not even be logged. */
const MESSAGE_CHARACTERS = 10_000;
/** `setTimeout` takes more for 1 ms. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Why a run was told to stop: the `reason` of its `AbortSignal`. */
export class Stopped extends Error {
  override name = "Stopped";
  readonly why: "timeout" | "cancelled" | "lease_lost" | "released";

  constructor(why: Stopped["why"], message: string) {
    super(message);
    this.why = why;
  }
}

export interface AttemptEvents {
  ended(attempt: Attempt, ending: Ending): void;
  progressed(): void;
}

/**
 * One run of a claimed job. `ended` is called once, with how it ended, unless `drop` came first.
 * A run that ignores its signal is left alone: what it does later changes nothing.
 */
export class Attempt {
  readonly claimed: ClaimedJob;
  readonly trace: Trace | undefined;
  /** When its lease was last known to begin, `performance.now()`. */
  leasedAt: number;
  /** Its place among those that run, and which one it was to begin (`Slots`). */
  slot = -1;
  order = -1;
  readonly #startedAt = performance.now();
  /** Made when the task asks for its signal: most do not, and it is the dearest part of a short run. */
  #abort: AbortController | undefined;
  #stopped: Stopped | undefined;
  #task: Task | undefined;
  #timer: NodeJS.Timeout | undefined;
  #progress: Lease["progress"];
  #events: AttemptEvents | undefined;

  constructor(claimed: ClaimedJob, leasedAt: number, events: AttemptEvents, trace?: Trace) {
    this.claimed = claimed;
    this.trace = trace;
    this.leasedAt = leasedAt;
    this.#events = events;
  }

  get ranMs(): number {
    return performance.now() - this.#startedAt;
  }

  start(tasks: Tasks, settings: TaskSettings): void {
    const task = tasks.get(this.claimed.job.task);
    if (!task) {
      const known = [...tasks.keys()].join(", ");
      this.#end(
        this.#failure(undefined, new Error(`this worker has no task "${this.claimed.job.task}"; it has ${known}`)),
      );
      return;
    }
    this.#task = task;
    void this.#run(task, settings);
  }

  /**
   * See to its time limit. Apart from `start`, and to be called before anything is waited for: a run that ends in the turn
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

  /** Stop it and say no more of it: its lease is not ours any longer. */
  drop(why: "cancelled" | "lease_lost"): void {
    this.#events = undefined;
    clearTimeout(this.#timer);
    this.#stop(new Stopped(why, why === "cancelled" ? "the job was cancelled" : "another worker may have the job"));
  }

  /** Give it back: `released` spends no attempt. With a reason, the attempt failed for that. */
  release(reason?: Error): void {
    const { id, token } = this.#ids();
    this.#end(reason ? this.#failure(undefined, reason) : { id, token, outcome: "released" });
    this.#stop(new Stopped("released", "the worker must stop; the job will run again"));
  }

  /** The lease to prolong, with the progress made since the last call. */
  lease(): Lease {
    const progress = this.#progress;
    this.#progress = undefined;
    return { ...this.#ids(), ...(progress ? { progress } : {}) };
  }

  /** What a call that failed should have told is told by a later one, unless there is news. */
  untold(progress: Lease["progress"]): void {
    this.#progress ??= progress;
  }

  get hasProgress(): boolean {
    return this.#progress !== undefined;
  }

  async #run(task: Task, settings: TaskSettings): Promise<void> {
    const { job, payload } = this.claimed;
    let ending: Ending;
    try {
      if (payload === undefined && (job.payloadBytes ?? 0) > 0)
        throw new NeverAgain("Redis has lost the payload: is it set to evict keys?");
      const input = safeParse(task.input, payload === undefined ? {} : JSON.parse(payload));
      if (!input.success) throw new Error(`the payload does not fit the task: ${onOneLine(input.error.message)}`);
      const value: unknown = await task.run(new Context(this, input.data, settings));
      ending = this.#success(value);
    } catch (error) {
      ending = this.#failure(task, error);
    }
    this.#end(ending);
  }

  get signal(): AbortSignal {
    this.#abort ??= new AbortController();
    if (this.#stopped) this.#abort.abort(this.#stopped);
    return this.#abort.signal;
  }

  #stop(why: Stopped): void {
    this.#stopped ??= why;
    this.#abort?.abort(why);
  }

  note(percent: number, note?: string): void {
    const bounded = Math.min(100, Math.max(0, Math.round(percent * 10) / 10)) || 0;
    this.#progress = {
      percent: bounded,
      ...(note === undefined ? {} : { note: String(note).slice(0, NOTE_CHARACTERS) }),
    };
    this.#events?.progressed();
  }

  #success(value: unknown): Ending {
    const { id, token } = this.#ids();
    const result = value === undefined ? undefined : resultOf(value);
    return result === undefined ? { id, token, outcome: "completed" } : { id, token, outcome: "completed", result };
  }

  #failure(task: Task | undefined, thrown: unknown): Ending {
    const { job } = this.claimed;
    const { error, message, forGood, delayMs: asked } = tell(thrown);
    const failure = { ...this.#ids(), error, message };
    if (forGood || job.retries >= job.maxRetries) return { ...failure, outcome: "failed" };
    const wanted = asked ?? backoffMs({ ...DEFAULT_BACKOFF, ...task?.backoff }, job.retries + 1);
    const delayMs = Math.max(0, wanted) || 0; // a task can make it NaN
    return { ...failure, outcome: "retry", delayMs };
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

/**
 * What a run gets. Most runs ask neither for their signal nor for a way to tell progress, so both are made when asked for.
 */
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

/** What a failed attempt says. Anything can be thrown: messages of any type, and what throws at every look. */
function tell(thrown: unknown): { error: string; message: string; forGood: boolean; delayMs?: number } {
  try {
    const { name, message } = describe(thrown);
    return {
      error: thrown instanceof Stopped && thrown.why === "timeout" ? "Timeout" : String(name),
      message: String(message).slice(0, MESSAGE_CHARACTERS),
      forGood: thrown instanceof NeverAgain,
      ...(thrown instanceof RetryAfter ? { delayMs: thrown.delayMs } : {}),
    };
  } catch {
    return { error: "Error", message: "what was thrown cannot be read", forGood: false };
  }
}

/**
 * The result as JSON text, undefined where there is nothing to tell.
 *
 * @throws NeverAgain when JSON cannot hold it: the work is done, and would end so again
 */
function resultOf(value: unknown): string | undefined {
  let result: string | undefined;
  try {
    result = JSON.stringify(value);
  } catch (cause) {
    throw new NeverAgain(`the task ran, but JSON cannot hold its result: ${tell(cause).message}`);
  }
  if (result === undefined) return undefined;
  const bytes = Buffer.byteLength(result);
  if (bytes > VALUE_BYTES)
    throw new NeverAgain(`the task ran, but its result has ${bytes} bytes, more than ${VALUE_BYTES}`);
  return result;
}
