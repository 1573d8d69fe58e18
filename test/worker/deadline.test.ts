import { afterEach, expect, test, vi } from "vitest";
import type { Life } from "../../lib/worker/deadline.ts";
import { job } from "../support/redis.ts";
import { gate, listening, summary, task, until, useWorkers } from "../support/worker.ts";

const workers = useWorkers();
afterEach(() => void vi.useRealTimers());
const echo = task("echo", () => undefined);

/** An invocation of 60 s, of which 5 are reserved for the end, and a way to get close to it. */
function lifeOf(ms = 60_000) {
  let left = ms;
  return {
    life: { remainingMs: () => left } satisfies Life,
    leave(ms: number) {
      left = ms;
    },
  };
}

test("near its deadline a worker stops claiming, finishes its jobs and hands over once", async () => {
  const { client, worker } = workers.queue();
  const { life, leave } = lifeOf();
  const jobs = Array.from({ length: 10 }, () => job({ task: "last" }));
  const last = task("last", () => leave(5_000));
  await client.submit(jobs);
  const w = worker([last], { concurrency: 2 });
  expect(await w.drain(life)).toEqual(summary({ claimed: 2, completed: 2, stopped: "deadline" }));
  expect(w.wakes.filter((why) => why === "hand_over")).toEqual(["hand_over"]);
});

test("a worker that starts with too little time hands over without a claim", async () => {
  const { client, worker } = workers.queue();
  await client.submit([job({ task: "echo" })]);
  const w = worker([echo]);
  expect(await w.drain(lifeOf(200).life)).toEqual(summary({ stopped: "deadline" }));
  expect(workers.faults.seen).toEqual([]);
  expect(w.wakes).toEqual(["hand_over"]);
});

test("near its deadline a worker with nothing left to do hands nothing over", async () => {
  const { client, worker } = workers.queue();
  const { life, leave } = lifeOf();
  await client.submit([job({ task: "last" })]);
  const w = worker([task("last", () => leave(5_000))]);
  expect(await w.drain(life)).toEqual(summary({ claimed: 1, completed: 1 }));
  expect(w.wakes).toEqual([]);
});

test("a job that still runs when the time is up is released with its attempt unspent, and its signal says why", async () => {
  const { client, worker, job: read, store } = workers.queue();
  const { life, leave } = lifeOf();
  const reason = gate<unknown>();
  const [a, b] = [job({ task: "long" }), job({ task: "short" })];
  await client.submit([a, b]);
  const long = task("long", ({ signal }) => {
    signal.addEventListener("abort", () => reason.open(signal.reason));
    return new Promise(() => {});
  });
  const w = worker([long, task("short", () => leave(4_000))]);
  expect(await w.drain(life)).toEqual(summary({ claimed: 2, completed: 1, released: 1, stopped: "deadline" }));
  expect(await reason.opened).toMatchObject({ why: "released" });
  expect(await store.places(a.id)).toEqual(["normal"]);
  expect(await read(a.id)).toMatchObject({ status: "pending", retries: 0 });
  expect((await read(a.id)).attempts).toEqual([]);
  expect(w.wakes).toEqual(["hand_over"]);
  expect(await worker([echo, task("long", () => "done")]).drain()).toMatchObject({ completed: 1 });
});

test("a worker that waits for a job to end wakes up when its own deadline is near", async () => {
  const { client, worker, job: read } = workers.queue();
  const begun = performance.now();
  const a = job({ task: "long" });
  await client.submit([a]);
  const w = worker([task("long", () => new Promise(() => {}))]);
  // Real time, as this tests the wait: 1 s, of which 300 ms are reserved for the end.
  const remainingMs = () => 1_000 - (performance.now() - begun);
  expect(await w.drain({ remainingMs })).toMatchObject({ claimed: 1, stopped: "deadline" });
  expect(await read(a.id)).toMatchObject({ status: "pending" });
});

test("a retry that is due soon is handed over by a worker that cannot wait for it", async () => {
  const { client, worker } = workers.queue();
  const { life, leave } = lifeOf();
  await client.submit([job({ task: "moody" })]);
  const moody = task("moody", () => {
    leave(5_000);
    throw new Error("later");
  });
  const w = worker([moody]);
  expect(await w.drain(life)).toEqual(summary({ claimed: 1, retried: 1, stopped: "deadline" }));
  expect(w.wakes).toEqual(["hand_over"]);
});

test("a job that took more than half of an invocation spends its attempt, or it would be released for ever", async () => {
  const { client, worker, job: read } = workers.queue();
  vi.useFakeTimers({ toFake: ["performance"] });
  const { life, leave } = lifeOf();
  const ears = listening();
  const a = job({ task: "endless", maxRetries: 0 });
  await client.submit([a]);
  const begun = gate();
  const endless = task(
    "endless",
    () => {
      begun.open();
      return new Promise(() => {});
    },
    { timeoutMs: 60_000 },
  );
  const drained = worker([endless]).drain({ ...life, onWake: ears.onWake });
  await begun.opened;
  vi.advanceTimersByTime(31_000);
  leave(4_000);
  ears.wake();
  expect(await drained).toMatchObject({ claimed: 1, failed: 1, released: 0 });
  expect(await read(a.id)).toMatchObject({
    status: "failed",
    attempts: [{ outcome: "failed", error: "Error", message: expect.stringMatching(/^out of time after 31\d\d\d ms/) }],
  });
});

test("a worker that is asked to end lets jobs finish within the grace, stops claiming and hands the rest over", async () => {
  const { client, worker } = workers.queue({ leaseMs: 400 });
  const shutdown = new AbortController();
  const [begun, end] = [gate(), gate()];
  const slow = task("slow", async () => {
    begun.open();
    await end.opened;
  });
  await client.submit(Array.from({ length: 4 }, () => job({ task: "slow" })));
  const w = worker([slow], { concurrency: 2 });
  const drained = w.drain({ shutdown: shutdown.signal, graceMs: 3_600_000 });
  await begun.opened;
  shutdown.abort();
  // It still holds their leases.
  workers.faults.reset();
  await until(() => workers.faults.seen.some(({ verbs }) => verbs.includes("extend")));
  end.open();
  expect(await drained).toEqual(summary({ claimed: 2, completed: 2, stopped: "shutdown" }));
  expect(w.wakes.filter((why) => why === "hand_over")).toEqual(["hand_over"]);
});

test("a worker that is asked to end without grace gives its jobs back immediately", async () => {
  const { client, worker, job: read } = workers.queue();
  const shutdown = new AbortController();
  const begun = gate();
  const deaf = task("deaf", () => {
    begun.open();
    return new Promise(() => {});
  });
  const a = job({ task: "deaf" });
  await client.submit([a]);
  const w = worker([deaf]);
  const drained = w.drain({ shutdown: shutdown.signal });
  await begun.opened;
  shutdown.abort();
  expect(await drained).toEqual(summary({ claimed: 1, released: 1, stopped: "shutdown" }));
  expect(await read(a.id)).toMatchObject({ status: "pending", retries: 0 });
  expect(w.wakes).toEqual(["hand_over"]);
});

test("a job that outlasts the grace is given back with its attempt unspent, however long it ran", async () => {
  const { client, worker, job: read } = workers.queue();
  const shutdown = new AbortController();
  const begun = gate();
  const deaf = task("deaf", () => {
    begun.open();
    return new Promise(() => {});
  });
  const a = job({ task: "deaf" });
  await client.submit([a]);
  const drained = worker([deaf]).drain({ shutdown: shutdown.signal, graceMs: 40 });
  await begun.opened;
  shutdown.abort();
  expect(await drained).toMatchObject({ released: 1, stopped: "shutdown" });
  expect((await read(a.id)).attempts).toEqual([]);
});

test("released jobs run again in the order in which they were claimed, before later jobs", async () => {
  const { client, worker, store } = workers.queue();
  const shutdown = new AbortController();
  const jobs = Array.from({ length: 3 }, () => job({ task: "deaf" }));
  let running = 0;
  const deaf = task("deaf", () => {
    if (++running === 3) shutdown.abort();
    return new Promise(() => {});
  });
  await client.submit(jobs);
  const later = job({ task: "deaf" });
  const w = worker([deaf], { concurrency: 3 });
  const drained = w.drain({ shutdown: shutdown.signal });
  await client.submit([later]);
  await drained;
  expect(await store.ready()).toEqual([...jobs, later].map(({ id }) => id));
});

test("released jobs go back in their original order, whatever ended before", async () => {
  const { client, worker, store } = workers.queue();
  const submitted = Array.from({ length: 5 }, () => job({ task: "hang" }));
  await client.submit(submitted);
  const first = gate();
  const hang = task("hang", ({ job: { id } }) => (id === submitted[0]!.id ? first.opened : new Promise(() => {})));
  const shutdown = new AbortController();
  const drained = worker([hang], { concurrency: 5 }).drain({ shutdown: shutdown.signal });
  await until(async () => (await client.stats()).processing === 5);
  first.open();
  await until(async () => (await client.stats()).completed === 1);
  shutdown.abort();
  expect((await drained).released).toBe(4);
  expect(await store.ready()).toEqual(submitted.slice(1).map(({ id }) => id));
});

test("a retry that is due soon is handed over even by a worker that promised to claim again", async () => {
  const { client, worker } = workers.queue();
  await client.submit(Array.from({ length: 2 }, () => job({ task: "moody" })));
  let [left, begun] = [60_000, 0];
  const backoff = { baseMs: 500, factor: 1, maxMs: 500 };
  const moody = task(
    "moody",
    () => {
      if (++begun === 2) left = 5_000;
      throw new Error("later");
    },
    { backoff },
  );
  const w = worker([moody]);
  expect(await w.drain({ remainingMs: () => left })).toMatchObject({ stopped: "deadline", retried: 2 });
  expect(w.wakes).toEqual(["hand_over"]);
});
