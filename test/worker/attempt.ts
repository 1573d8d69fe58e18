import { expect } from "vitest";
import type { NewJob } from "../../lib/queue/job.ts";
import type { Task } from "../../lib/tasks.ts";
import { job } from "../support/redis.ts";
import { task, type useWorkers } from "../support/worker.ts";

export const HOUR = 3_600_000;
export const echo = task("echo", ({ input }) => input);

/** A value that JSON cannot write. */
export const hostile = {
  toJSON() {
    throw new RangeError("not me");
  },
};

/** Runs a job once, beside a neighbour that must complete whatever becomes of the job. */
export async function attempt(
  workers: ReturnType<typeof useWorkers>,
  run: Task["run"] | Task,
  more: Partial<NewJob> = {},
) {
  const { client, worker, job: read } = workers.queue({ lingerMs: 0 });
  const later = { baseMs: HOUR, factor: 1, maxMs: HOUR };
  const tried = typeof run === "function" ? task("tried", run, { backoff: later }) : run;
  const [a, neighbour] = [job({ task: "tried", ...more }), job({ task: "echo" })];
  await client.submit([a, neighbour]);
  const w = worker([tried, echo]);
  const done = await w.drain();
  expect(await read(neighbour.id)).toMatchObject({ status: "completed" });
  return { done, lines: w.lines, ...(await read(a.id)) };
}
