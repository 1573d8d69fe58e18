import type { TaskContext, Tasks } from "../tasks.ts";
import type { HeldAttempt } from "./attempt.ts";
import { Children } from "./children.ts";

/** What a run gets. Most runs never ask for their signal, nor for `submit`, so these are made when they are asked for. */
export class RunContext implements TaskContext<unknown> {
  readonly input: unknown;
  readonly job: TaskContext<unknown>["job"];
  readonly #attempt: HeldAttempt;
  readonly #tasks: Tasks;
  #children: Children | undefined;

  constructor(attempt: HeldAttempt, input: unknown, tasks: Tasks) {
    const { id, retries, maxRetries, schedule, slot } = attempt.claimed.job;
    this.input = input;
    this.job = { id, attempt: retries + 1, maxRetries };
    if (schedule !== undefined)
      this.job.schedule = { name: schedule, ...(slot === undefined ? {} : { slot: new Date(slot) }) };
    if (attempt.trace) this.job.traceparent = attempt.trace.traceparent;
    this.#attempt = attempt;
    this.#tasks = tasks;
  }

  get signal(): AbortSignal {
    return this.#attempt.signal;
  }

  get submit(): TaskContext<unknown>["submit"] {
    this.#children ??= new Children(this.#attempt, this.#tasks);
    const children = this.#children;
    return (task, ...more) => children.submit(task, ...more);
  }

  get log(): TaskContext<unknown>["log"] {
    return (message, fields) => this.#attempt.say(message, fields);
  }

  get progress(): TaskContext<unknown>["progress"] {
    return (percent, note) => this.#attempt.note(percent, note);
  }
}
