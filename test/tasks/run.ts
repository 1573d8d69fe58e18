import { vi } from "vitest";
import { inputOf, readPayload } from "../../lib/jobs/payload.ts";
import type { Task } from "../../lib/tasks.ts";

export const JOB_ID = "0b6dd5a4-5b5c-4b1e-9f0a-1d2c3b4a5f60";

const ENVIRONMENT = { SIMULATED_FAILURE_RATE: "0", ALLOW_PRIVATE_ADDRESSES: "true" };

/** Run a task as the worker would, without one. */
export async function run(
  task: Task,
  payload: unknown,
  more: {
    environment?: Record<string, string>;
    signal?: AbortSignal;
    progress?: (percent: number, note?: string) => void;
    traceparent?: string;
  } = {},
): Promise<unknown> {
  for (const [name, value] of Object.entries({ ...ENVIRONMENT, ...more.environment })) vi.stubEnv(name, value);
  try {
    return await task.run({
      input: inputOf(await readPayload(task, payload)),
      job: {
        id: JOB_ID,
        attempt: 1,
        maxRetries: 3,
        ...(more.traceparent === undefined ? {} : { traceparent: more.traceparent }),
      },
      signal: more.signal ?? new AbortController().signal,
      submit: () => Promise.reject(new Error("nobody takes jobs here")),
      progress: more.progress ?? (() => undefined),
      log: () => undefined,
    });
  } finally {
    vi.unstubAllEnvs();
  }
}
