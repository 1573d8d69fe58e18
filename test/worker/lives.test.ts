import { setTimeout as pause } from "node:timers/promises";
import { expect, test } from "vitest";
import { MAX_DEPTH } from "../../lib/app/wake.ts";
import { job } from "../support/redis.ts";
import { task, useWorkers } from "../support/worker.ts";

const workers = useWorkers();

const JOBS = 1_000;
const JOB_MS = 150;
const LIFE_MS = 2_000;
/** Jobs that begin with less than this left of a life do not finish in it. */
const LATE_MS = 650;

test("workers with short lives drain a long queue, lose no job and spend no attempt on a release", async () => {
  const { client, worker, job: read } = workers.queue({ maxRunning: 50 });
  const jobs = Array.from({ length: JOBS }, () => job({ task: "step" }));
  for (let i = 0; i < JOBS; i += 100) await client.submit(jobs.slice(i, i + 100));

  const alive = new Set<Promise<void>>();
  const total = { lives: 0, completed: 0, released: 0, lost: 0 };
  async function live(depth: number): Promise<void> {
    const endsAt = performance.now() + LIFE_MS;
    const remainingMs = () => endsAt - performance.now();
    const step = task("step", async ({ signal }) => {
      if (remainingMs() < LATE_MS) await new Promise((resolve) => signal.addEventListener("abort", resolve));
      else await pause(JOB_MS);
    });
    const summary = await worker([step], { wake: async () => invoke(depth + 1) }).drain({ remainingMs });
    total.lives++;
    for (const what of ["completed", "released", "lost"] as const) total[what] += summary[what];
  }
  function invoke(depth: number): void {
    if (depth > MAX_DEPTH) return;
    const life = live(depth).finally(() => alive.delete(life));
    alive.add(life);
  }

  // The tick comes whenever a chain of invocations has ended.
  do {
    invoke(0);
    while (alive.size > 0) await Promise.all(alive);
  } while (await client.hasWork());

  expect(total).toMatchObject({ completed: JOBS, lost: 0 });
  expect(total.lives).toBeGreaterThan(5);
  expect(total.released).toBeGreaterThan(0);
  for (const { id } of jobs) {
    const { status, retries, attempts } = await read(id);
    expect({ status, retries, attempts: attempts.map(({ outcome }) => outcome) }).toEqual({
      status: "completed",
      retries: 0,
      attempts: ["completed"],
    });
  }
});
