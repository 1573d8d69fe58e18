import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod/mini";
import { defineTask } from "../../lib/tasks.ts";

/** Calls a server of the test's (`startStage`) under the job's id, and ends when that answers. */
export const call = defineTask({
  name: "call",
  input: z.object({ url: z.string() }),
  async run({ input: { url }, job, signal }) {
    const response = await fetch(url, { headers: { "idempotency-key": job.id }, signal });
    return response.text();
  },
});

/** Takes as long as it is told, and ends early when it is told to stop. */
export const wait = defineTask({
  name: "wait",
  input: z.object({ ms: z.number() }),
  async run({ input: { ms }, signal }) {
    await sleep(ms, undefined, { signal });
  },
});
