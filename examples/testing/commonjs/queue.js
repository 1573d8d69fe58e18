const { defineQueue, defineTask, NonRetriableError } = require("wakeq");
const z = require("zod");

const sent = [];

const welcome = defineTask({
  name: "welcome",
  input: z.object({ to: z.email() }),
  run({ input, job }) {
    if (input.to.endsWith("@gone.example")) throw new NonRetriableError("that mailbox is gone");
    if (job.attempt === 1) throw new Error("the mail server is busy");
    sent.push(input.to);
    return { welcomed: input.to };
  },
});

const queue = defineQueue({ tasks: [welcome], leaseSeconds: 60 });

module.exports = { queue, sent, welcome };
