import { expect, test } from "vitest";
import { job } from "../support/redis.ts";
import { gate, listening, summary, task, until, useWorkers } from "../support/worker.ts";

const workers = useWorkers();
const extends_ = () => workers.faults.seen.filter(({ verbs }) => verbs.includes("extend")).length;

test("a job that runs longer than its lease is extended at half-life, and runs once", async () => {
  const leaseMs = 5_000;
  const { client, worker, store } = workers.queue({ leaseMs });
  let runs = 0;
  const end = gate();
  const long = task("long", async () => {
    runs++;
    await end.opened;
  });
  const a = job({ task: "long" });
  await client.submit([a]);
  const drained = worker([long]).drain();
  await until(async () => (await store.score("leases", a.id)) !== undefined);
  const expiries = [(await store.score("leases", a.id))!];
  await until(async () => {
    const expiry = (await store.score("leases", a.id))!;
    if (expiry !== expiries.at(-1)) expiries.push(expiry);
    return expiry > expiries[0]! + leaseMs;
  });
  // Each time before it runs out: the new lease begins before the old one ends.
  for (const [i, expiry] of expiries.slice(1).entries()) expect(expiry - expiries[i]!).toBeLessThan(leaseMs);
  expect((await client.step({ claim: { token: "other.1", count: 1, arrived: false } })).claimed?.jobs).toEqual([]);
  end.open();
  expect(await drained).toEqual(summary({ claimed: 1, completed: 1 }));
  expect(runs).toBe(1);
});

test("a short job never extends its lease", async () => {
  const { client, worker } = workers.queue();
  await client.submit([job({ task: "short" }), job({ task: "short" })]);
  await worker([task("short", () => undefined)]).drain();
  expect(extends_()).toBe(0);
});

test("all running jobs are extended in one call", async () => {
  const { client, worker } = workers.queue({ leaseMs: 1_500 });
  const end = gate();
  const jobs = Array.from({ length: 5 }, () => job({ task: "long" }));
  await client.submit(jobs);
  const drained = worker([task("long", () => end.opened)]).drain();
  await until(() => extends_() > 0);
  const { body } = workers.faults.seen.find(({ verbs }) => verbs.includes("extend"))!;
  expect(jobs.filter(({ id }) => body.includes(id))).toEqual(jobs);
  end.open();
  expect(await drained).toMatchObject({ completed: 5 });
});

test("a lease is extended once every half-life, not all the time", async () => {
  const { client, worker, store } = workers.queue({ leaseMs: 600 });
  const end = gate();
  const a = job({ task: "long" });
  await client.submit([a]);
  const drained = worker([task("long", () => end.opened)]).drain();
  await until(async () => (await store.score("leases", a.id)) !== undefined);
  const first = (await store.score("leases", a.id))!;
  await until(async () => (await store.score("leases", a.id))! > first + 800);
  const last = (await store.score("leases", a.id))!;
  expect(extends_()).toBeLessThanOrEqual(Math.ceil((last - first) / 300) + 1);
  end.open();
  await drained;
});

test("the progress of a task that reports it constantly is sent once a second", async () => {
  const { client, worker, job: read } = workers.queue();
  let [telling, told] = [true, 0];
  const a = job({ task: "talkative" });
  const talkative = task("talkative", async ({ progress }) => {
    while (telling) {
      progress(told++ % 100);
      await new Promise((resolve) => setImmediate(resolve));
    }
  });
  await client.submit([a]);
  const begun = performance.now();
  const drained = worker([talkative]).drain();
  await until(async () => (await read(a.id)).progress !== undefined);
  await until(() => told > 5_000);
  telling = false;
  expect(await drained).toMatchObject({ completed: 1 });
  expect(extends_()).toBeLessThanOrEqual(Math.ceil((performance.now() - begun) / 1_000) + 1);
});

test("progress and a note reach the record while the job runs", async () => {
  const { client, worker, job: read } = workers.queue();
  const end = gate();
  const telling = task("telling", async ({ progress }) => {
    progress(12.345, "a first look");
    progress(41.26, "n".repeat(1_000));
    await end.opened;
  });
  const a = job({ task: "telling" });
  await client.submit([a]);
  const drained = worker([telling]).drain();
  await until(async () => (await read(a.id)).progress !== undefined);
  expect(await read(a.id)).toMatchObject({ status: "processing", progress: 41.3, note: "n".repeat(500) });
  end.open();
  expect(await drained).toMatchObject({ completed: 1 });
});

test.each([
  [-5, 0],
  [250, 100],
  [Number.NaN, 0],
])("a progress of %d is stored as %d", async (told, noted) => {
  const { client, worker, job: read } = workers.queue();
  const end = gate();
  const telling = task("telling", ({ progress }) => {
    progress(told);
    return end.opened;
  });
  const a = job({ task: "telling" });
  await client.submit([a]);
  const drained = worker([telling]).drain();
  await until(async () => (await read(a.id)).progress !== undefined);
  expect((await read(a.id)).progress).toBe(noted);
  end.open();
  await drained;
});

test("progress whose request failed is sent with the next one", async () => {
  const { client, worker, job: read } = workers.queue();
  const end = gate();
  const telling = task("telling", ({ progress }) => {
    progress(42);
    return end.opened;
  });
  const a = job({ task: "telling" });
  await client.submit([a]);
  let refused = 0;
  workers.faults.when(({ verbs }) => (verbs.includes("extend") && refused++ < 3 ? { answer: 503 } : undefined));
  const drained = worker([telling]).drain();
  await until(async () => (await read(a.id)).progress === 42);
  end.open();
  expect(await drained).toMatchObject({ completed: 1 });
});

test("cancelling a job aborts the signal of its run, and the result of the run changes nothing", async () => {
  const { client, worker, job: read, store } = workers.queue({ leaseMs: 400 });
  const begun = gate();
  const reason = gate<unknown>();
  const long = task("long", async ({ signal }) => {
    begun.open();
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    reason.open(signal.reason);
    return "late";
  });
  const end = gate();
  const [a, neighbour] = [job({ task: "long" }), job({ task: "neighbour" })];
  await client.submit([a, neighbour]);
  const w = worker([long, task("neighbour", () => end.opened)]);
  const drained = w.drain();
  await begun.opened;
  await client.cancel(a.id);
  expect(await reason.opened).toMatchObject({ name: "Stopped", why: "cancelled" });
  end.open();
  expect(await drained).toEqual(summary({ claimed: 2, completed: 1, cancelled: 1 }));
  expect(await read(a.id)).toMatchObject({ status: "cancelled" });
  expect(await store.places(a.id)).toEqual(["cancelled"]);
  expect(w.lines.filter(({ job_id }) => job_id === a.id)).toMatchObject([
    { level: "info", event: "cancelled", task: "long", attempt: 1 },
  ]);
});

test("a job that was cancelled as it ended stays cancelled and is counted as cancelled", async () => {
  const { client, worker, job: read } = workers.queue();
  const a = job({ task: "quick" });
  await client.submit([a]);
  const quick = task("quick", async () => {
    await client.cancel(a.id);
    return 1;
  });
  expect(await worker([quick]).drain()).toEqual(summary({ claimed: 1, cancelled: 1 }));
  expect(await read(a.id)).toMatchObject({ status: "cancelled" });
});

test("a worker that was frozen past its lease cannot complete the job that another worker has taken", async () => {
  const { client, worker, job: read, prefix } = workers.queue({ leaseMs: 60_000 });
  const a = job({ task: "frozen" });
  await client.submit([a]);
  const [begun, thaw] = [gate(), gate()];
  let runs = 0;
  const frozen = task("frozen", async () => {
    if (++runs > 1) return "of the second";
    begun.open();
    await thaw.opened;
    return "of the first";
  });
  const late = worker([frozen]);
  const drained = late.drain();
  await begun.opened;
  // As if the lease had run out: Redis' clock cannot be moved, but the lease can.
  await workers.redis.redis.zadd(`{${prefix}}:job_queue:leases`, { score: 1, member: a.id });
  const other = worker([frozen]);
  expect(await other.drain()).toEqual(summary({ claimed: 1, completed: 1 }));
  expect(other.lines).toContainEqual({ level: "warn", event: "reclaim", job_id: a.id, status: "pending" });
  const before = await read(a.id);
  thaw.open();
  expect(await drained).toEqual(summary({ claimed: 1, lost: 1 }));
  expect(late.lines).toContainEqual({ level: "warn", event: "lost", job_id: a.id });
  expect(await read(a.id)).toEqual(before);
  expect(before).toMatchObject({
    status: "completed",
    retries: 0,
    result: "of the second",
    attempts: [
      { attempt: 1, outcome: "lease_expired", counted: false, worker: late.name },
      { attempt: 1, outcome: "completed", worker: other.name },
    ],
  });
});

test("a worker learns at its next extension that its lease is gone, and aborts the run", async () => {
  const { client, worker, prefix } = workers.queue({ leaseMs: 2_000 });
  const a = job({ task: "long" });
  await client.submit([a]);
  const begun = gate();
  const reason = gate<unknown>();
  let runs = 0;
  const long = task("long", async ({ signal }) => {
    if (++runs > 1) return;
    begun.open();
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    reason.open(signal.reason);
  });
  const drained = worker([long]).drain();
  await begun.opened;
  await workers.redis.redis.zadd(`{${prefix}}:job_queue:leases`, { score: 1, member: a.id });
  expect(await worker([long]).drain()).toMatchObject({ completed: 1 });
  expect(await reason.opened).toMatchObject({ why: "lease_lost" });
  expect(await drained).toEqual(summary({ claimed: 1, lost: 1 }));
});

test("a worker that reclaims its own lost job runs it again, and the older run changes nothing", async () => {
  const { client, worker, job: read, prefix } = workers.queue({ leaseMs: 2_000 });
  const [a, other] = [job({ task: "twice" }), job({ task: "nudge" })];
  await client.submit([a]);
  const [begun, older] = [gate(), gate()];
  const newer = gate();
  let runs = 0;
  const twice = task("twice", async () => {
    if (++runs === 1) {
      begun.open();
      await older.opened;
      return "older";
    }
    older.open();
    await newer.opened;
    return "newer";
  });
  const nudge = task("nudge", () => undefined);
  const ears = listening();
  const w = worker([twice, nudge]);
  const drained = w.drain({ onWake: ears.onWake });
  await begun.opened;
  await workers.redis.redis.zadd(`{${prefix}}:job_queue:leases`, { score: 1, member: a.id });
  await client.submit([other]);
  ears.wake();
  await until(() => w.lines.some(({ event, job_id }) => event === "lost" && job_id === a.id));
  await until(() => runs === 2); // as a suspect, when the worker holds no other job
  expect(await read(a.id)).toMatchObject({ status: "processing", retries: 0, alone: true });
  newer.open();
  expect(await drained).toEqual(summary({ claimed: 3, completed: 2, lost: 1 }));
  expect(await read(a.id)).toMatchObject({ status: "completed", result: "newer", retries: 0 });
});
