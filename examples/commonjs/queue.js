const { setTimeout: sleep } = require("node:timers/promises");
const { defineQueue, defineTask } = require("wakeq");
const z = require("zod");

const greet = defineTask({
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

module.exports = { greet, queue: defineQueue({ tasks: [greet, flaky, slow], basePath: "/queue" }) };
