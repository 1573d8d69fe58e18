import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod/mini";
import { defineTask, indexTasks, NonRetriableError } from "../../lib/tasks.ts";

/*
 * The tasks that the engine's tests run instead of those in tasks/, which belong to the person who deploys. In this process
 * vitest.config.ts replaces them, in another process test-tasks.mjs, and in a copy of the service `withTestTasks`. So of our
 * files this one imports only lib/tasks.ts.
 */

/** Ends immediately. Needs no payload, and accepts a few fields that a form or a schema can show. */
export const note = defineTask({
  name: "note",
  description: "Take a note",
  input: z.strictObject({
    to: z._default(z.email().check(z.describe("Whose note it is")), "somebody@example.com"),
    subject: z._default(z.string().check(z.maxLength(998)), "Hello"),
    text: z._default(z.string(), ""),
  }),
  run: ({ input, job }) => ({ noted: job.id, for: input.to }),
});

/**
 * Calls the test's server (`startStage`) under the job's id, and ends when the server answers: with status and body if it
 * accepts, for good if the call was wrong (4xx), and otherwise with an error that is retried.
 */
export const call = defineTask({
  name: "call",
  description: "Call a URL",
  input: z.strictObject({
    url: z.url({ protocol: /^https?$/ }),
    method: z._default(z.enum(["GET", "POST"]), "POST"),
    headers: z.optional(z.record(z.string(), z.string())),
    body: z.optional(z.json()),
  }),
  async run({ input: { url, method, headers = {}, body }, job, signal }) {
    const { traceparent } = job;
    const response = await fetch(url, {
      method,
      signal,
      body: body === undefined ? null : JSON.stringify(body),
      headers: { ...(traceparent === undefined ? {} : { traceparent }), ...headers, "idempotency-key": job.id },
    });
    const text = await response.text();
    if (response.ok) return { status: response.status, body: text };
    const message = `answered with ${response.status}: ${text.slice(0, 500)}`;
    throw response.status < 500 ? new NonRetriableError(message) : new Error(message);
  },
});

/** Counts up to a number, and reports its progress after each pause. */
export const count = defineTask({
  name: "count",
  description: "Count, with progress",
  input: z.strictObject({
    up_to: z._default(z.int().check(z.gte(1), z.lte(1_000)), 10),
    rest_ms: z._default(z.int().check(z.gte(0), z.lte(1_000)), 0),
  }),
  timeoutMs: 600_000,
  async run({ input: { up_to, rest_ms }, progress, signal }) {
    for (let counted = 1; counted <= up_to; counted++) {
      progress((100 * counted) / up_to, `${counted} of ${up_to}`);
      await sleep(rest_ms, undefined, { signal });
    }
    return { counted: up_to };
  },
});

/** Takes as long as the payload says, and ends early when its signal aborts. */
export const wait = defineTask({
  name: "wait",
  description: "Wait",
  input: z.strictObject({ ms: z.int() }),
  timeoutMs: 600_000,
  async run({ input: { ms }, signal }) {
    await sleep(ms, undefined, { signal });
  },
});

/** Fails as often as its payload says, then succeeds. */
export const flaky = defineTask({
  name: "flaky",
  description: "Fail a few times",
  input: z.strictObject({ failures: z.int() }),
  run({ input, job }) {
    if (job.attempt <= input.failures) throw new Error(`attempt ${job.attempt} fails`);
    return { attempt: job.attempt };
  },
});

/** Imports a package when it runs. */
export const lazy = defineTask({
  name: "lazy",
  description: "Import a package",
  input: z.strictObject({}),
  async run() {
    const { portNumbers } = await import("get-port");
    return [...portNumbers(1_024, 1_026)];
  },
});

/** Returns the values of environment variables. */
export const variables = defineTask({
  name: "variables",
  description: "Read the environment",
  input: z.strictObject({ names: z.array(z.string()) }),
  run: ({ input: { names } }) => Object.fromEntries(names.map((name) => [name, process.env[name] ?? null])),
});

export const taskList = [note, call, count, wait, flaky, lazy, variables] as const;

export const tasks = indexTasks(taskList);
