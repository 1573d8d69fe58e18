import { setTimeout as sleep } from "node:timers/promises";
import { defineQueue, defineTask } from "wakeq";
import * as z from "zod";

export const greet = defineTask({
  name: "greet",
  input: z.object({ name: z.string() }),
  async run({ input }) {
    return { greeting: `Hello ${input.name}` };
  },
});

const flaky = defineTask({
  name: "flaky",
  input: z.object({ failures: z.number() }),
  backoff: { baseMs: 100 },
  async run({ input, job }) {
    if (job.attempt <= input.failures) throw new Error("not this time");
  },
});

const slow = defineTask({
  name: "slow",
  input: z.object({ ms: z.number() }),
  async run({ input, signal }) {
    await sleep(input.ms, undefined, { signal });
  },
});

export const queue = defineQueue({ tasks: [greet, flaky, slow], basePath: "/queue" });
