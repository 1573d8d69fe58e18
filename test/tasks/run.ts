import { inputOf, readPayload } from "../../lib/payload.ts";
import type { Task, TaskSettings } from "../../lib/tasks.ts";
import { SETTINGS } from "../support/worker.ts";

export const JOB_ID = "0b6dd5a4-5b5c-4b1e-9f0a-1d2c3b4a5f60";

/** Run a task as the worker would, without one. */
export async function run(
  task: Task,
  payload: unknown,
  more: {
    settings?: Partial<TaskSettings>;
    signal?: AbortSignal;
    progress?: (percent: number, note?: string) => void;
    traceparent?: string;
  } = {},
): Promise<unknown> {
  return task.run({
    input: inputOf(await readPayload(task, payload)),
    job: {
      ...{ id: JOB_ID, attempt: 1, maxRetries: 3 },
      ...(more.traceparent === undefined ? {} : { traceparent: more.traceparent }),
    },
    signal: more.signal ?? new AbortController().signal,
    submit: () => Promise.reject(new Error("nobody takes jobs here")),
    progress: more.progress ?? (() => undefined),
    log: () => undefined,
    settings: { ...SETTINGS, ...more.settings },
  });
}
