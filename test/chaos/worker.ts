import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod/mini";
import { nextToken } from "../../lib/adapters/invocation.ts";
import { startService } from "../../lib/adapters/service.ts";
import { createApp } from "../../lib/app/app.ts";
import { schedulesOf } from "../../lib/app/declare-schedules.ts";
import { readConfig } from "../../lib/config/config.ts";
import { WorkerQueue } from "../../lib/queue/worker-queue.ts";
import { defineTask, indexTasks, NonRetriableError, type TaskContext, type Tasks } from "../../lib/tasks.ts";
import { DECLARED } from "./declared.ts";
import { openMarks, watchForStalls } from "./marks.ts";

/** `bin/worker.ts` with a task that leaves marks. It ends when its parent says so or dies. */
const write = openMarks(process.env.MARKS!);
const worker = nextToken().split(".")[0]!;
function mark(what: "began" | "did", { id, attempt }: TaskContext<unknown>["job"]): void {
  write({ what, id, attempt, worker, at: Date.now() });
}

const ofMarks = {
  input: z.object({
    ms: z.number(),
    fails: z.number(),
    /** The job that submitted this one, if any, and its place among those. */
    parent: z.optional(z.string()),
    place: z.optional(z.number()),
  }),
  backoff: { baseMs: 100, factor: 2, maxMs: 2_000 },
  async run({ input, job }: Pick<TaskContext<{ ms: number; fails: number }>, "input" | "job">) {
    mark("began", job);
    if (input.ms > 0) await sleep(input.ms);
    if (job.attempt <= input.fails) throw new Error("as planned");
    mark("did", job);
    return { attempt: job.attempt };
  },
};
const marked = defineTask({ name: "marked", ...ofMarks });
/** A task that half of the workers do not know, as while a new version is deployed. */
const fresh = defineTask({ name: "fresh", ...ofMarks });
const doomed = defineTask({
  name: "doomed",
  input: z.unknown(),
  run({ job }) {
    mark("began", job);
    throw new NonRetriableError("as planned");
  },
});

/** Submits its children one by one; a run that is meant to fail does so halfway. A fault of Redis fails the attempt, too. */
const parent = defineTask({
  name: "parent",
  input: z.object({ fails: z.number(), children: z.number() }),
  backoff: { baseMs: 100, factor: 2, maxMs: 2_000 },
  async run({ input, job, submit }) {
    const { id, attempt } = job;
    mark("began", job);
    for (let place = 0; place < input.children; place++) {
      if (attempt <= input.fails && place >= input.children / 2) throw new Error("as planned");
      const named = place % 2 === 0 ? {} : { key: String(place) };
      await submit(marked, { ms: 5, fails: 0, parent: id, place }, { ...named, maxRetries: 100 }).catch((cause) => {
        throw new Error("as planned", { cause });
      });
    }
    mark("did", job);
    return { attempt };
  },
});

async function main(): Promise<void> {
  const shutdown = new AbortController();
  process.once("SIGTERM", () => shutdown.abort());
  process.once("disconnect", () => process.exit(1));
  const isNew = process.env.KNOWS_ALL === "true";
  const known = isNew ? [marked, doomed, parent, fresh] : [marked, doomed, parent];
  const declaredSchedules = async (tasks: Tasks) => schedulesOf(isNew ? DECLARED.new : DECLARED.old, tasks);
  const app = createApp(readConfig(), indexTasks(known), { queueOf: WorkerQueue, declaredSchedules });
  watchForStalls(app.queue.leaseMs / 4, (from, to) => write({ what: "stalled", worker, from, to }));
  const { url, ended } = await startService(app, shutdown.signal);
  process.send!({ url, worker });
  await ended;
  process.exit(0);
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
