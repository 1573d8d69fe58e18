import { defineQueue, defineTask } from "wakeq";
import * as z from "zod";

export const confirm = defineTask({
  name: "confirm",
  input: z.object({ order: z.string() }),
  run: ({ input }) => ({ confirmed: input.order }),
});

export const queue = defineQueue({ tasks: [confirm] });
