import { expect, test, vi } from "vitest";
import { job } from "../support/redis.ts";
import { summary, task, useWorkers } from "../support/worker.ts";
import { echo, jobs } from "./buffer.ts";

const workers = useWorkers();

test.each(["drop_request", "drop_reply", "cut_reply", "double"] as const)(
  "every job runs once when one request in four has a fault (%s)",
  async (fault) => {
    const { client, worker, job: read } = workers.queue();
    const submitted = jobs(100);
    await client.submit(submitted);
    const runs: string[] = [];
    const note = task("echo", (context) => void runs.push(context.job.id));
    workers.faults.when(({ n }) => (n % 4 === 0 ? fault : undefined));
    expect(await worker([note], { concurrency: 5 }).drain()).toEqual(summary({ claimed: 100, completed: 100 }));
    expect(runs.sort()).toEqual(submitted.map(({ id }) => id).sort());
    for (const { id } of submitted) expect(await read(id)).toMatchObject({ status: "completed", retries: 0 });
  },
);

test("an outage costs no attempt of buffered jobs: the open claim is sent again under its token", async () => {
  const { client, worker, job: read } = workers.queue();
  const submitted = jobs(100);
  await client.submit(submitted);
  workers.faults.when(({ n }) => (n > 2 && n < 12 ? "drop_reply" : undefined));
  const w = worker([echo]);
  expect(await w.drain()).toEqual(summary({ claimed: 100, completed: 100 }));
  expect(w.lines).toContainEqual(expect.objectContaining({ event: "redis_unavailable" }));
  for (const { id } of submitted) expect(await read(id)).toMatchObject({ status: "completed", retries: 0 });
});

test("a worker without room still asks for the jobs of a lost answer, and loses none", async () => {
  const { client, worker, job: read } = workers.queue({ leaseMs: 4_000 });
  const submitted = Array.from({ length: 50 }, () => job({ task: "echo", maxRetries: 0 }));
  await client.submit(submitted);
  let begun = 0;
  const slow = task("echo", () => (++begun > 25 ? new Promise((resolve) => setTimeout(resolve, 500)) : undefined));
  workers.faults.when(({ n }) => (n > 3 && n < 10 ? "drop_reply" : undefined));
  expect(await worker([slow], { concurrency: 5 }).drain()).toMatchObject({ completed: 50, failed: 0, lost: 0 });
  for (const { id } of submitted) expect(await read(id)).toMatchObject({ status: "completed", retries: 0 });
});

test("a bug in an observer ends the drain, and no job begins after that", async () => {
  for (let at = 2; at < 7; at++) {
    const { client, worker } = workers.queue();
    await client.submit(jobs(100));
    let [begun, steps] = [0, 0];
    const note = task("echo", () => void begun++);
    const observer = {
      stepped() {
        if (++steps === at) throw new TypeError("a bug");
      },
      submitted() {},
      conflicted() {},
      began() {},
      ended() {},
    };
    const w = worker([note], { observers: [observer] });
    const sent = vi.spyOn(w.queue, "step");
    await expect(w.drain()).rejects.toThrow("a bug");
    const before = begun;
    await Promise.allSettled(sent.mock.results.map(({ value }) => value));
    await new Promise((resolve) => setImmediate(resolve));
    expect(begun).toBe(before);
  }
});

test("a bug in a step ends the drain, and no buffered job begins after that", async () => {
  const { client, worker } = workers.queue();
  await client.submit(jobs(100));
  let begun = 0;
  const w = worker([task("echo", () => void begun++)]);
  const step = w.queue.step.bind(w.queue);
  let steps = 0;
  vi.spyOn(w.queue, "step").mockImplementation((request) => {
    if (++steps === 3) throw new TypeError("a bug");
    return step(request);
  });
  await expect(w.drain()).rejects.toThrow("a bug");
  const before = begun;
  for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve));
  expect(begun).toBe(before);
});
