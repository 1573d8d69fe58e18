import { afterEach, expect, test, vi } from "vitest";
import { job, total } from "../support/redis.ts";
import { gate, listening, startWorker, summary, task, until, useWorkers } from "../support/worker.ts";

const workers = useWorkers();
const echo = task("echo", () => undefined);
const jobs = (count: number) => Array.from({ length: count }, () => job({ task: "echo" }));

afterEach(() => void vi.useRealTimers());
/** Stops the worker's clock: however slow the machine is, all runs so far ended just now, and so the buffer is wanted. */
const stopClock = () => void vi.useFakeTimers({ toFake: ["performance"] });
/** Moves it, and has the worker look at it. */
function passTime(ms: number, wake: () => unknown): void {
  vi.advanceTimersByTime(ms);
  wake();
}
const letClockRun = () => void vi.useRealTimers();

const released = () => workers.faults.seen.filter(({ body }) => body.includes('"released"'));

/** A task whose first `quick` runs end at once; those after it when `end` opens. */
function moody(quick: number) {
  const end = gate();
  const seen = { begun: 0, running: 0, most: 0 };
  const run = task("echo", async () => {
    seen.most = Math.max(seen.most, ++seen.running);
    if (++seen.begun > quick) await end.opened;
    seen.running--;
  });
  return { run, end, seen };
}

test("while a request is away, free slots take the next jobs from the buffer", async () => {
  const { client, worker } = workers.queue();
  const note = moody(Number.POSITIVE_INFINITY);
  await client.submit(jobs(80));
  const held = gate();
  // The second request claims for the buffer; the third is sent with the buffer full, and not answered.
  workers.faults.when(({ n }) => (n === 3 ? { before: held.opened } : undefined));
  const drained = worker([note.run]).drain();
  await until(() => note.seen.begun === 30);
  held.open();
  expect(await drained).toEqual(summary({ claimed: 80, completed: 80 }));
});

test("jobs that take long are not buffered: no more are leased than run", async () => {
  const { client, worker, keys } = workers.queue();
  await client.submit(jobs(30));
  const slow = moody(0);
  const drained = worker([slow.run], { concurrency: 5 }).drain();
  await until(() => slow.seen.begun === 5);
  expect(await workers.redis.redis.zcard(keys.leases)).toBe(5);
  slow.end.open();
  expect(await drained).toMatchObject({ completed: 30 });
});

test("jobs that find no slot for a second go back to the front of their list in order, their attempts unspent", async () => {
  const { client, worker, job: read, store } = workers.queue();
  const submitted = jobs(100);
  await client.submit(submitted);
  const { run, end, seen } = moody(40);
  stopClock();
  const { onWake, wake } = listening();
  const w = worker([run]);
  const drained = w.drain({ onWake });
  await until(async () => seen.begun === 50 && w.took() === 60 && (await client.stats()).processing === 20);
  passTime(1_001, wake);
  await until(async () => ((await client.stats()).totals.released ?? 0) === 10);
  expect(seen.begun).toBe(50);
  expect(await store.ready()).toEqual(submitted.slice(50).map(({ id }) => id));
  letClockRun();
  end.open();
  expect(await drained).toMatchObject({ stopped: "empty", completed: 100 });
  expect(seen.most).toBe(10);
  for (const { id } of submitted) {
    expect(await read(id)).toMatchObject({ status: "completed", retries: 0, attempts: [{ attempt: 1 }] });
    expect(await store.places(id)).toEqual(["completed"]);
  }
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
  expect(w.lines.some(({ event }) => event === "released")).toBe(false); // it asked before the second was over
  letClockRun();
  end.open();
  expect(await drained).toMatchObject({ completed: 59, cancelled: 1, lost: 0 });
  expect(ran.has(next)).toBe(false);
  expect(await read(next)).toMatchObject({ status: "cancelled" });
});

test("a buffered job's started_at, and its history's, is when it began", async () => {
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

test("a buffered job that runs long is shown as started when it began", async () => {
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

test("a job's time limit begins when it runs, not when it comes into the buffer", async () => {
  const { client, worker } = workers.queue();
  await client.submit(jobs(40));
  let begun = 0;
  // Those in the buffer wait for most of their limit, and then need most of it.
  const slow = task("echo", () => (++begun > 20 ? new Promise((resolve) => setTimeout(resolve, 300)) : undefined), {
    timeoutMs: 500,
  });
  expect(await worker([slow]).drain()).toMatchObject({ completed: 40, failed: 0, retried: 0 });
});

test.each(["drop_request", "drop_reply", "cut_reply", "double"] as const)(
  "with jobs in the buffer and one request in four under fault (%s), every job runs once",
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

test("an outage with jobs in the buffer costs no attempt: the open claim is asked again under its token", async () => {
  const { client, worker, job: read } = workers.queue();
  const submitted = jobs(100);
  await client.submit(submitted);
  workers.faults.when(({ n }) => (n > 2 && n < 12 ? "drop_reply" : undefined));
  const w = worker([echo]);
  expect(await w.drain()).toEqual(summary({ claimed: 100, completed: 100 }));
  expect(w.lines).toContainEqual(expect.objectContaining({ event: "redis_unavailable" }));
  for (const { id } of submitted) expect(await read(id)).toMatchObject({ status: "completed", retries: 0 });
});

test("a worker that is told to end gives its buffer back before what came later, and leaves nothing in hand", async () => {
  const { client, worker, keys, store } = workers.queue();
  const submitted = jobs(100);
  await client.submit(submitted);
  const shutdown = new AbortController();
  const ran: string[] = [];
  let sent = 0;
  const ends = task("echo", (context) => {
    if (ran.push(context.job.id) < 55) return;
    shutdown.abort();
    sent = workers.faults.seen.length;
  });
  const w = worker([ends]);
  const done = await w.drain({ shutdown: shutdown.signal, graceMs: 60_000 });
  // One request may have been on its way. The next one tells.
  const next = workers.faults.seen.slice(sent, sent + 2);
  expect(next.some(({ body }) => body.includes('"released"'))).toBe(true);
  expect(done).toMatchObject({ stopped: "shutdown", retried: 0, failed: 0, lost: 0 });
  expect(done.claimed).toBe(done.completed + done.released);
  expect(w.wakes.at(-1)).toBe("hand_over");
  expect(await workers.redis.redis.exists(keys.leases)).toBe(0);
  expect([...ran, ...(await store.ready())]).toEqual(submitted.map(({ id }) => id));
});

test("a worker that must end while an answer is on its way gives back what it runs, and what comes", async () => {
  const { client, worker } = workers.queue();
  await client.submit(jobs(80));
  const { run, seen } = moody(30);
  const shutdown = new AbortController();
  const held = gate();
  workers.faults.when(({ n }) => (n === 4 ? { after: held.opened } : undefined));
  const drained = worker([run]).drain({ shutdown: shutdown.signal });
  await until(() => seen.begun >= 40);
  shutdown.abort();
  held.open();
  expect(await drained).toMatchObject({ stopped: "shutdown", completed: 30, lost: 0 });
  expect((await client.stats()).ready.normal).toBe(50);
});

test("a backlog in batches of 10 costs less than 2 commands a job", async () => {
  const { client, worker } = workers.queue();
  for (let i = 0; i < 10; i++) await client.submit(jobs(100));
  const commands = await workers.redis.commandsOf(() => worker([echo]).drain());
  expect((await client.stats()).completed).toBe(1_000);
  expect(total(commands) / 1_000).toBeLessThan(2);
});

test("jobs that go back from the buffer are a backlog, for which it wakes one more worker", async () => {
  const { client, worker, keys } = workers.queue();
  await client.submit(jobs(50));
  const woken = gate();
  const { run, end, seen } = moody(30);
  stopClock();
  const ears = listening();
  const wake = async () => {
    if (released().length > 0) woken.open();
  };
  // The worker that was woken for the whole backlog came meanwhile, and found nothing.
  workers.faults.when(({ body }) =>
    body.includes('"released"') ? { before: workers.redis.redis.del(keys.wake) } : undefined,
  );
  const w = worker([run], { wake });
  const drained = w.drain({ onWake: ears.onWake });
  await until(async () => seen.begun === 40 && w.took() === 50 && (await client.stats()).processing === 20);
  passTime(1_001, ears.wake);
  await woken.opened;
  letClockRun();
  end.open();
  expect(await drained).toMatchObject({ stopped: "empty", completed: 50 });
}, 25_000); // before the jobs' own time limit makes room

test("a worker whose slots are full keeps no promise to claim again", async () => {
  const { client, worker, store } = workers.queue({ maxRunning: 10 });
  await client.submit(jobs(55));
  const { run, end, seen } = moody(40);
  stopClock();
  const { onWake, wake } = listening();
  const w = worker([run]);
  const drained = w.drain({ onWake });
  await until(async () => seen.begun === 50 && w.took() === 55 && (await client.stats()).processing === 15);
  passTime(1_001, wake);
  await until(async () => ((await client.stats()).totals.released ?? 0) > 0);
  await until(async () => (await store.all()).wake === undefined);
  letClockRun();
  end.open();
  expect(await drained).toMatchObject({ stopped: "empty", completed: 55 });
});

test("what a lost answer took is asked for even while there is no room, and none of it is lost", async () => {
  const { client, worker, job: read } = workers.queue({ leaseMs: 4_000 });
  const submitted = Array.from({ length: 50 }, () => job({ task: "echo", maxRetries: 0 }));
  await client.submit(submitted);
  let begun = 0;
  const slow = task("echo", () => (++begun > 25 ? new Promise((resolve) => setTimeout(resolve, 500)) : undefined));
  workers.faults.when(({ n }) => (n > 3 && n < 10 ? "drop_reply" : undefined));
  expect(await worker([slow], { concurrency: 5 }).drain()).toMatchObject({ completed: 50, failed: 0, lost: 0 });
  for (const { id } of submitted) expect(await read(id)).toMatchObject({ status: "completed", retries: 0 });
});

test("a wake-up that reaches a busy worker causes no others", async () => {
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

test("whenever its time is over, it leaves with nothing in hand and nothing on its way", async () => {
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

test("a fault of ours ends the drain, and nothing begins after that", async () => {
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

test("after a step that fails by a fault of ours, nothing in the buffer begins", async () => {
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

test("jobs whose task the worker does not know are given back from the buffer, however many", async () => {
  const { client } = workers.queue();
  await client.submit(Array.from({ length: 400 }, () => job({ task: "unknown", maxRetries: 0 })));
  expect(await startWorker(client, [echo], { concurrency: 100 }).drain()).toMatchObject({ released: 400 });
});
