import { expect, test } from "vitest";
import { total } from "../support/redis.ts";
import { gate, listening, summary, task, until, useWorkers } from "../support/worker.ts";
import { echo, jobs, moody, useStoppedClock } from "./buffer.ts";

const workers = useWorkers();
const { stopClock, passTime, letClockRun } = useStoppedClock();

test("while a request is away, free slots take the next jobs from the buffer", async () => {
  const { client, worker } = workers.queue();
  const note = moody(Number.POSITIVE_INFINITY);
  await client.submit(jobs(80));
  const held = gate();
  // The second request fills the buffer. The third one gets no answer for now.
  workers.faults.when(({ n }) => (n === 3 ? { before: held.opened } : undefined));
  const drained = worker([note.run]).drain();
  await until(() => note.seen.begun === 30);
  held.open();
  expect(await drained).toEqual(summary({ claimed: 80, completed: 80 }));
});

test("long jobs are not buffered: a worker leases no more than it runs", async () => {
  const { client, worker, keys } = workers.queue();
  await client.submit(jobs(30));
  const slow = moody(0);
  const drained = worker([slow.run], { concurrency: 5 }).drain();
  await until(() => slow.seen.begun === 5);
  expect(await workers.redis.redis.zcard(keys.leases)).toBe(5);
  slow.end.open();
  expect(await drained).toMatchObject({ completed: 30 });
});

test("a worker that runs one job at a time runs them in the order in which they were submitted", async () => {
  const { client, worker } = workers.queue();
  const submitted = jobs(60);
  await client.submit(submitted);
  const order: string[] = [];
  const slow = task("echo", async (context) => {
    order.push(context.job.id);
    if (order.length % 7 === 0) await new Promise((resolve) => setTimeout(resolve, 3));
  });
  expect(await worker([slow], { concurrency: 1 }).drain()).toMatchObject({ completed: 60 });
  expect(order).toEqual(submitted.map(({ id }) => id));
});

test("a buffered job that is cancelled never runs", async () => {
  const { client, worker, job: read } = workers.queue();
  const submitted = jobs(60);
  await client.submit(submitted);
  const ran = new Set<string>();
  const end = gate();
  const slow = task("echo", async (context) => {
    ran.add(context.job.id);
    if (ran.size > 20) await end.opened;
  });
  stopClock();
  const { onWake, wake } = listening();
  const w = worker([slow]);
  const drained = w.drain({ onWake });
  await until(async () => ran.size === 30 && w.took() === 40 && (await client.stats()).processing === 20);
  const next = submitted[30]!.id;
  await client.cancel(next);
  passTime(250, wake);
  await until(() => w.lines.some(({ event, job_id }) => event === "cancelled" && job_id === next));
  expect(w.lines.some(({ event }) => event === "released")).toBe(false); // the job was in the buffer for less than a second
  letClockRun();
  end.open();
  expect(await drained).toMatchObject({ completed: 59, cancelled: 1, lost: 0 });
  expect(ran.has(next)).toBe(false);
  expect(await read(next)).toMatchObject({ status: "cancelled" });
});

test("a buffered job starts when it begins to run, in its record and in its history", async () => {
  let now = 1_700_000_000_000;
  const { client, worker, job: read } = workers.queue({ now: () => now });
  const submitted = jobs(40);
  await client.submit(submitted);
  const { run, end, seen } = moody(20);
  stopClock();
  const w = worker([run]);
  const drained = w.drain();
  await until(async () => seen.begun === 30 && w.took() === 40 && (await client.stats()).processing === 20);
  now += 5_000;
  letClockRun();
  end.open();
  expect(await drained).toMatchObject({ completed: 40 });
  for (const [i, { id }] of submitted.entries()) {
    const startedAt = i < 30 ? now - 5_000 : now;
    expect(await read(id), `job ${i}`).toMatchObject({ startedAt, attempts: [{ startedAt }] });
  }
});

test("a buffered job that runs long is shown with the time at which it began to run", async () => {
  let now = 1_700_000_000_000;
  const { client, worker, job: read } = workers.queue({ now: () => now });
  const submitted = jobs(12);
  await client.submit(submitted);
  const [first, rest] = [gate(), gate()];
  let begun = 0;
  const slow = task("echo", () => (++begun <= 8 ? undefined : begun <= 10 ? first.opened : rest.opened));
  stopClock();
  const { onWake, wake } = listening();
  const drained = worker([slow], { concurrency: 2 }).drain({ onWake });
  await until(async () => begun === 10 && (await client.stats()).processing === 4);
  now += 5_000;
  first.open();
  await until(() => begun === 12);
  passTime(15_001, wake); // half a lease
  const last = submitted[11]!.id;
  await until(async () => (await read(last)).startedAt === now);
  expect((await read(last)).status).toBe("processing");
  letClockRun();
  rest.open();
  expect(await drained).toMatchObject({ completed: 12 });
});

test("a time limit begins when the job runs, not when it is buffered", async () => {
  const { client, worker } = workers.queue();
  await client.submit(jobs(40));
  let begun = 0;
  // Buffered jobs wait for most of their limit, and then run for most of it.
  const slow = task("echo", () => (++begun > 20 ? new Promise((resolve) => setTimeout(resolve, 300)) : undefined), {
    timeoutMs: 500,
  });
  expect(await worker([slow]).drain()).toMatchObject({ completed: 40, failed: 0, retried: 0 });
});

test("a backlog costs less than 2 commands a job in batches of 10", async () => {
  const { client, worker } = workers.queue();
  for (let i = 0; i < 10; i++) await client.submit(jobs(100));
  const commands = await workers.redis.commandsOf(() => worker([echo]).drain());
  expect((await client.stats()).completed).toBe(1_000);
  expect(total(commands) / 1_000).toBeLessThan(2);
});

test("a wake-up of a busy worker causes no further ones", async () => {
  const { client, worker } = workers.queue();
  for (let i = 0; i < 20; i++) await client.submit(jobs(100));
  const ears = listening();
  let [begun, wakes] = [0, 0];
  const note = task("echo", () => {
    if (++begun === 300) setTimeout(ears.wake, 1);
  });
  const wake = async () => {
    wakes++;
    await new Promise((resolve) => setTimeout(resolve, 1));
    ears.wake();
  };
  expect(await worker([note], { wake }).drain({ onWake: ears.onWake })).toMatchObject({ completed: 2_000 });
  expect(wakes).toBeLessThan(10);
});

test("whenever its time is over, a worker leaves with no job and no request open", async () => {
  for (let looks = 2; looks < 42; looks++) {
    const { client, worker, keys } = workers.queue();
    await client.submit(jobs(30));
    let [begun, looked] = [0, 0];
    const note = task("echo", () => void begun++);
    const remainingMs = () => (++looked > looks ? 5_000 : 60_000); // time passes between two looks at the clock
    const { claimed, completed, released } = await worker([note], { concurrency: 1 }).drain({ remainingMs });
    expect(claimed, `after ${looks} looks`).toBe(completed + released);
    expect(begun, `after ${looks} looks`).toBe(completed);
    expect(await workers.redis.redis.exists(keys.leases), `after ${looks} looks`).toBe(0);
  }
});
