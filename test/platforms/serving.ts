import * as z from "zod";
import { defineQueue, defineTask } from "../../lib/index.ts";
import { serve, startWorker } from "../../lib/node.ts";

/** An application as a process of its own: it serves one queue and works on another. KEY_PREFIX names the first. */
const input = z.unknown();
const hold = defineTask({
  name: "hold",
  input,
  run: ({ signal }) => new Promise((_, no) => signal.addEventListener("abort", no)),
});
const crash = defineTask({
  name: "crash",
  input,
  maxRetries: 0,
  run() {
    setTimeout(() => {
      throw new Error("nobody catches this");
    });
    return new Promise(() => {});
  },
});

const listen = process.env.OWN_LISTENER as "on" | "once" | undefined;
if (listen) process[listen]("SIGTERM", () => setTimeout(() => process.exit(7), 300));
await serve(defineQueue({ tasks: [hold, crash] }), { port: 0 });
await startWorker(defineQueue({ tasks: [hold], prefix: `${process.env.KEY_PREFIX}-other` }));
setInterval(() => {}, 1_000); // what keeps an application alive
