import { expect, it, vi } from "vitest";
import { job, total } from "../support/redis.ts";
import { gate, listening, startWorker, summary, task, until, useWorkers } from "../support/worker.ts";

const workers = useWorkers();
const echo = task("echo", () => undefined);
const jobs = (count: number) => Array.from({ length: count }, () => job({ task: "echo" }));
const released = () => workers.faults.seen.filter(({ body }) => body.includes('"released"'));
const requestsOf = (verb: string) => workers.faults.seen.filter(({ verbs }) => verbs.includes(verb));

it("while jobs are quick and more are ready, a second claim is on its way beside the first", async () => {
  const { client, worker } = workers.queue();
  await client.submit(jobs(80));
  const held = gate();
  workers.faults.when(({ n }) => (n > 5 ? { before: held.opened } : undefined));
  const drained = worker([echo]).drain();
  const tokens = () => new Set(requestsOf("claim").map(({ body }) => /w\d+\.\d+/g.exec(body.split("claim:")[1]!)?.[0]));
  await until(() => tokens().size === 7);
  held.open();
  expect(await drained).toEqual(summary({ claimed: 80, completed: 80 }));
});

it("while some jobs take their time, one claim at a time is on its way, and none of what it brings is too much", async () => {
  const { client, worker } = workers.queue();
  let begun = 0;
  const mixed = task("echo", () => (++begun % 2 ? new Promise((resolve) => setTimeout(resolve, 1)) : undefined));
  await client.submit(jobs(80));
  expect(await worker([mixed]).drain()).toEqual(summary({ claimed: 80, completed: 80 }));
});

it("jobs that find no place when they come are given back in their order, and no attempt of theirs is spent", async () => {
  const { client, worker, job: read, store } = workers.queue();
  const submitted = jobs(100);
  const end = gate();
  let [begun, running, most] = [0, 0, 0];
  const moody = task("echo", async () => {
    most = Math.max(most, ++running);
    if (++begun > 40) await end.opened;
    running--;
  });
  await client.submit(submitted);
  const drained = worker([moody]).drain();
  await until(async () => (await client.stats()).totals.released === 10);

  const order: string[] = [];
  const note = task("echo", (context) => void order.push(context.job.id));
  expect(await startWorker(client, [note], { concurrency: 100 }).drain()).toMatchObject({ completed: 50 });
  expect(order).toEqual(submitted.map(({ id }) => id).filter((id) => order.includes(id)));

  end.open();
  expect(await drained).toEqual(summary({ claimed: 60, completed: 50, released: 10 }));
  expect(most).toBe(10);
  for (const { id } of submitted) {
    expect(await read(id)).toMatchObject({ status: "completed", retries: 0, attempts: [{ attempt: 1 }] });
    expect(await store.places(id)).toEqual(["completed"]);
  }
});

it("of two claims whose answers cross, neither tells what is left: the last claim is alone", async () => {
  const { client, worker, keys } = workers.queue();
  await client.submit(jobs(6));
  const late = job({ task: "echo", when: { delayMs: 1_000 } });
  const isEmpty = async () => (await client.stats()).ready.normal === 0;
  const isWaitedFor = async () => (await workers.redis.redis.exists(keys.linger)) === 1;
  // The sixth claim takes the last one; the seventh sees the job that is due soon, and is answered before the sixth.
  workers.faults.when(({ n }) => {
    if (n === 6) return { after: until(isWaitedFor) };
    if (n === 7) return { before: until(isEmpty).then(() => client.submit([late])) };
    return undefined;
  });
  expect(await worker([echo], { concurrency: 1 }).drain()).toEqual(summary({ claimed: 7, completed: 7 }));
});

it.each(["drop_request", "drop_reply", "cut_reply", "double"] as const)(
  "two claims on their way and one request in four under fault (%s): every job runs once",
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

it("an outage in the midst of it costs no attempt: both claims are asked again under their tokens", async () => {
  const { client, worker, job: read } = workers.queue();
  const submitted = jobs(100);
  await client.submit(submitted);
  workers.faults.when(({ n }) => (n > 5 && n < 15 ? "drop_reply" : undefined));
  const w = worker([echo]);
  expect(await w.drain()).toEqual(summary({ claimed: 100, completed: 100 }));
  expect(w.lines).toContainEqual(expect.objectContaining({ event: "redis_unavailable" }));
  for (const { id } of submitted) expect(await read(id)).toMatchObject({ status: "completed", retries: 0 });
});

it("a worker that is told to end in the midst of it leaves nothing in its hands", async () => {
  const { client, worker, keys } = workers.queue();
  const shutdown = new AbortController();
  let begun = 0;
  const ends = task("echo", () => {
    if (++begun === 55) shutdown.abort();
  });
  await client.submit(jobs(100));
  const w = worker([ends]);
  const done = await w.drain({ shutdown: shutdown.signal });
  expect(done).toMatchObject({ stopped: "shutdown", retried: 0, failed: 0, lost: 0 });
  expect(done.claimed).toBe(done.completed + done.released);
  expect(done.completed).toBeGreaterThanOrEqual(55);
  expect(w.wakes.at(-1)).toBe("hand_over");
  expect(await workers.redis.redis.exists(keys.leases)).toBe(0);
});

it("it costs a backlog in batches of 10 less than 2 commands a job, as one claim at a time does", async () => {
  const { client, worker } = workers.queue();
  for (let i = 0; i < 10; i++) await client.submit(jobs(100));
  const commands = await workers.redis.commandsOf(() => worker([echo]).drain());
  expect((await client.stats()).completed).toBe(1_000);
  expect(total(commands) / 1_000).toBeLessThan(2);
});

it("a worker without room takes back its promise to claim again when it gives jobs back", async () => {
  const { client, worker, store } = workers.queue({ maxRunning: 10 });
  await client.submit(jobs(55));
  const end = gate();
  let begun = 0;
  const moody = task("echo", () => (++begun > 40 ? end.opened : undefined));
  const drained = worker([moody]).drain();
  await until(async () => (await client.stats()).totals.released === 5);
  expect(released().map(({ verbs }) => verbs)).toEqual([["settle", "claim"]]);
  await until(async () => (await store.all()).wake === undefined);
  end.open();
  expect(await drained).toMatchObject({ stopped: "empty", completed: 55 });
});

it("jobs that are given back are a backlog, for which it wakes one more worker", async () => {
  const { client, worker, keys } = workers.queue();
  await client.submit(jobs(50));
  const [end, woken] = [gate(), gate()];
  let begun = 0;
  const moody = task("echo", () => (++begun > 30 ? end.opened : undefined));
  const wake = async () => {
    if (released().length > 0) woken.open();
  };
  const both = until(() => requestsOf("claim").length === 5);
  workers.faults.when(({ n, body }) => {
    // Who was woken for the whole came meanwhile, and found nothing.
    if (body.includes('"released"')) return { before: workers.redis.redis.del(keys.wake) };
    return n === 4 || n === 5 ? { before: both } : undefined;
  });
  const drained = worker([moody], { wake }).drain();
  await woken.opened;
  end.open();
  expect(await drained).toMatchObject({ stopped: "empty", completed: 50, released: 10 });
}, 15_000); // before the jobs' own time limit makes room

it("what lost answers took is asked for even while there is no room, and none of it is lost", async () => {
  const { client, worker, job: read } = workers.queue({ leaseMs: 1_000 });
  const submitted = Array.from({ length: 50 }, () => job({ task: "echo", maxRetries: 0 }));
  await client.submit(submitted);
  let begun = 0;
  const moody = task("echo", () => (++begun > 25 ? new Promise((resolve) => setTimeout(resolve, 1_500)) : undefined));
  workers.faults.when(({ n }) => (n > 5 && n < 12 ? "drop_reply" : undefined));
  expect(await worker([moody], { concurrency: 5 }).drain()).toMatchObject({ completed: 50, failed: 0, lost: 0 });
  for (const { id } of submitted) expect(await read(id)).toMatchObject({ status: "completed", retries: 0 });
}, 30_000);

it("a wake-up that reaches it in the midst of it causes no others", async () => {
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

it("a worker that must end while an answer is on its way gives back what it runs, and what comes", async () => {
  const { client, worker } = workers.queue();
  await client.submit(jobs(80));
  let begun = 0;
  const moody = task("echo", () => (++begun > 40 ? new Promise(() => {}) : undefined));
  const shutdown = new AbortController();
  const held = gate();
  workers.faults.when(({ n }) => (n === 6 ? { after: held.opened } : undefined));
  const drained = worker([moody]).drain({ shutdown: shutdown.signal });
  await until(() => begun === 50);
  shutdown.abort();
  held.open();
  expect(await drained).toMatchObject({ stopped: "shutdown", completed: 40, lost: 0 });
  expect((await client.stats()).ready.normal).toBe(40);
});

it("a worker that must end as answers cross leaves nobody waiting for a job that is due soon", async () => {
  const { client, worker, keys } = workers.queue();
  await client.submit(jobs(6));
  const late = job({ task: "echo", when: { delayMs: 1_000 } });
  const shutdown = new AbortController();
  const isEmpty = async () => (await client.stats()).ready.normal === 0;
  const isWaitedFor = async () => (await workers.redis.redis.exists(keys.linger)) === 1;
  workers.faults.when(({ n }) => {
    if (n === 6) return { after: until(isWaitedFor).then(() => shutdown.abort()) };
    if (n === 7) return { before: until(isEmpty).then(() => client.submit([late])) };
    return undefined;
  });
  await worker([echo], { concurrency: 1 }).drain({ shutdown: shutdown.signal, graceMs: 1_000 });
  expect(await startWorker(client, [echo]).drain()).toMatchObject({ completed: 1 });
});

it("whenever its time is over, it leaves with nothing in its hands and nothing on its way", async () => {
  for (let looks = 20; looks < 60; looks++) {
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

it("a fault of ours ends it, and nothing begins after that", async () => {
  for (let at = 5; at < 10; at++) {
    const { client, worker } = workers.queue();
    await client.submit(jobs(100));
    let [begun, steps] = [0, 0];
    const note = task("echo", () => void begun++);
    const observer = {
      stepped() {
        if (++steps === at) throw new TypeError("a bug");
      },
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
