import type { Attempt } from "./attempt.ts";
import type { TaskContext } from "./tasks.ts";

/** What a run gets. Most runs ask neither for their signal nor for a way to tell progress, so both are made when asked for. */
export class Context implements TaskContext<unknown> {
  readonly input: unknown;
  readonly job: TaskContext<unknown>["job"];
  readonly #attempt: Attempt;

  constructor(attempt: Attempt, input: unknown) {
    const { id, retries, maxRetries } = attempt.claimed.job;
    this.input = input;
    this.job = { id, attempt: retries + 1, maxRetries };
    if (attempt.trace) this.job.traceparent = attempt.trace.traceparent;
    this.#attempt = attempt;
  }

  get signal(): AbortSignal {
    return this.#attempt.signal;
  }

  get progress(): TaskContext<unknown>["progress"] {
    return (percent, note) => this.#attempt.note(percent, note);
  }
}
