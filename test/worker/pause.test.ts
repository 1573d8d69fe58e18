import { expect, test } from "vitest";
import { pause, resume } from "../../lib/queue/pauses.ts";
import type { Claimed } from "../../lib/queue/worker-queue.ts";
import type { HeldAttempt } from "../../lib/worker/attempt.ts";
import { giveBackPaused } from "../../lib/worker/give-back-paused.ts";
import type { Held } from "../../lib/worker/held.ts";
import { job } from "../support/redis.ts";
import { gate, listening, task, until, useWorkers } from "../support/worker.ts";
import { echo, jobs, useStoppedClock } from "./buffer.ts";

const workers = useWorkers();
const { stopClock, passTime, letClockRun } = useStoppedClock();

/** Polls as `until` does, but leaves a stopped clock where it is. */
async function whileStopped(holds: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 10));
}

/**
 * Polls, and moves a stopped clock by 5 ms after each look: `until` moves it by the time that passes, and on a busy machine a second
 * passes before the first look has ended, so that the buffer goes back.
 */
async function movingClock(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) {
    passTime(5, () => {});
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** A queue that can be paused. */
function queueWith() {
  const made = workers.queue();
  const of = { redis: workers.redis.redis, keys: made.keys };
  return {
    ...made,
    pause: (task?: string) => pause(of, { task }),
    resume: (task?: string) => resume(of, { task }),
  };
}

test("a pause during a drain of 10,000 jobs: running ones end, nothing else begins, nobody is woken, submits go on", async () => {
  const { client, worker, store, pause, resume } = queueWith();
  const submitted = jobs(10_000);
  for (let i = 0; i < 10_000; i += 500) await client.submit(submitted.slice(i, i + 500));
  const ran: string[] = [];
  const paused = gate();
  const run = task("echo", async ({ job }) => {
    if (ran.push(job.id) === 2_000) await pause().then(() => paused.open());
  });
  const w = worker([run]);
  const draining = w.drain();
  await paused.opened;
  const woken = w.wakes.length;
  const late = job({ task: "echo" });
  expect(await client.submit([late])).toEqual({ outcome: "accepted", wake: false });
  const done = await draining;
  expect(done).toMatchObject({ stopped: "empty", completed: ran.length, failed: 0, lost: 0 });
  expect(w.wakes.slice(woken)).toEqual([]);
  expect(await client.stats()).toMatchObject({ processing: 0, completed: ran.length, paused: {} });
  expect([...ran, ...(await store.ready())]).toEqual([...submitted, late].map(({ id }) => id));

  const idle = worker([run]);
  expect(await idle.drain()).toMatchObject({ stopped: "empty", claimed: 0 });
  expect(idle.wakes).toEqual([]);

  expect(await resume()).toEqual({ outcome: "resumed", wake: true });
  expect(await worker([run]).drain()).toMatchObject({ stopped: "empty" });
  expect(ran).toEqual([...submitted, late].map(({ id }) => id));
});

test("a worker that hears of a pause gives back the jobs in its buffer, unspent and in order, and wakes nobody", async () => {
  const { client, worker, job: read, store, pause, resume } = queueWith();
  const submitted = jobs(100);
  await client.submit(submitted);
  const holds = submitted.map(() => gate());
  const begun: string[] = [];
  const run = task("echo", async ({ job }) => {
    if (begun.push(job.id) > 40) await holds[begun.length - 1]!.opened;
  });
  stopClock();
  const w = worker([run]);
  const drained = w.drain();
  await movingClock(async () => begun.length === 50 && w.took() === 60 && (await client.stats()).processing === 20);
  await pause();
  const woken = w.wakes.length;
  holds[40]!.open(); // its slot takes the next job of the buffer; the same request that settles it hears of the pause
  await whileStopped(() => begun.length === 51);
  // At the next request that claims; a second later in any case. By the stopped clock, which moves on while they are on their way.
  const pausedAt = performance.now();
  await movingClock(async () => ((await client.stats()).totals.released ?? 0) === 9);
  expect(performance.now() - pausedAt).toBeLessThan(2_000);
  letClockRun();
  for (const each of holds) each.open();
  expect(await drained).toMatchObject({ stopped: "empty", completed: 51, released: 9, failed: 0, retried: 0, lost: 0 });
  expect(w.wakes.slice(woken)).toEqual([]);
  const left = submitted.slice(51).map(({ id }) => id);
  expect(await store.ready()).toEqual(left);
  for (const id of left) expect(await read(id)).toMatchObject({ status: "pending", retries: 0, attempts: [] });
  await resume();
  expect(await worker([run]).drain()).toMatchObject({ completed: left.length });
});

test.each([
  [[], []],
  [[""], ["mail", "note"]],
  [["mail"], ["mail"]],
  [["other"], []],
])("of what waits in the buffer, a claim that finds %j paused gives back %j", (paused, back) => {
  const released: string[] = [];
  const buffered = ["mail", "note"].map((task) => ({
    claimed: { job: { task } },
    release: () => void released.push(task),
  })) as unknown as HeldAttempt[];
  const held = { takeWhere: (fits: (of: HeldAttempt) => boolean) => buffered.filter(fits) } as unknown as Held;
  giveBackPaused({ paused } as Partial<Claimed> as Claimed, held, () => {});
  expect(released).toEqual(back);
});

test("a worker that must end while the queue is paused hands over to nobody", async () => {
  const { client, worker, pause } = queueWith();
  await client.submit(jobs(20));
  const shutdown = new AbortController();
  const begun = gate();
  const run = task("echo", async ({ signal }) => {
    begun.open();
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
  });
  const { onWake, wake } = listening();
  const w = worker([run], { concurrency: 30 });
  const drained = w.drain({ shutdown: shutdown.signal, graceMs: 0, onWake });
  await begun.opened;
  await pause();
  const woken = w.wakes.length;
  const sent = workers.faults.seen.length;
  wake(); // so that it claims once more, and hears of the pause
  await until(() => workers.faults.seen.length > sent);
  shutdown.abort();
  expect(await drained).toMatchObject({ stopped: "shutdown", released: 20 });
  expect((await client.stats()).ready.normal).toBe(20);
  expect(w.wakes.slice(woken)).toEqual([]);
});

test("jobs of a paused task do not begin, those of others do, and a resume wakes a worker for them", async () => {
  const { client, worker, pause, resume } = queueWith();
  const mixed = Array.from({ length: 100 }, (_, i) => job({ task: i % 2 === 0 ? "mail" : "echo" }));
  await client.submit(mixed);
  const sent: string[] = [];
  const mail = task("mail", ({ job }) => void sent.push(job.id));
  await pause("mail");
  const w = worker([mail, echo]);
  expect(await w.drain()).toMatchObject({ stopped: "empty", completed: 50, claimed: 50 });
  expect(sent).toEqual([]);
  expect(await client.stats()).toMatchObject({ ready: { normal: 0 }, pausedTasks: [{ task: "mail", parked: 50 }] });
  expect(await resume("mail")).toEqual({ outcome: "resumed", wake: true });
  await worker([mail, echo]).drain();
  expect(sent).toEqual(mixed.filter(({ task }) => task === "mail").map(({ id }) => id));
});

test("the worker that finds a pause over says so in its log", async () => {
  const { client, worker, keys } = workers.queue();
  await client.submit(jobs(1));
  const of = { redis: workers.redis.redis, keys };
  await pause({ ...of, now: () => Date.now() - 10_000 }, { until: Date.now() - 5_000 });
  await pause({ ...of, now: () => Date.now() - 10_000 }, { task: "echo", until: Date.now() - 5_000 });
  const w = worker([echo]);
  expect(await w.drain()).toMatchObject({ completed: 1 });
  expect(w.lines.filter(({ event }) => event === "resumed")).toMatchObject([{}, { task: "echo" }]);
});
