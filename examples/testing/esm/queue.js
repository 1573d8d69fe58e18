import { defineQueue, defineTask, NonRetriableError } from "wakeq";
import * as z from "zod";

export const sent = [];

export const welcome = defineTask({
  name: "welcome",
  input: z.object({ to: z.email() }),
  run({ input, job }) {
    if (input.to.endsWith("@gone.example")) throw new NonRetriableError("that mailbox is gone");
    if (job.attempt === 1) throw new Error("the mail server is busy");
    sent.push(input.to);
    return { welcomed: input.to };
  },
});

export const queue = defineQueue({ tasks: [welcome], leaseSeconds: 60 });
