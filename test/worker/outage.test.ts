import { afterEach, expect, test, vi } from "vitest";
import type { Fault } from "../support/faults.ts";
import { job } from "../support/redis.ts";
import { gate, summary, task, until, useWorkers } from "../support/worker.ts";

const workers = useWorkers();
afterEach(() => void vi.useRealTimers());
const echo = task("echo", () => undefined);

/** Runs ten jobs with a fault in every request of a kind, until it has struck `times` times. */
async function underFault(fault: Fault, verb: string, times: number) {
  const { client, worker, job: read, store } = workers.queue();
  const jobs = Array.from({ length: 10 }, () => job({ task: "echo" }));
  await client.submit(jobs);
  let struck = 0;
  workers.faults.when(({ verbs }) => (verbs.includes(verb) && struck++ < times ? fault : undefined));
  const w = worker([echo], { concurrency: 4 });
  const done = await w.drain();
  expect(done).toEqual(summary({ claimed: 10, completed: 10 }));
  for (const { id } of jobs) {
    expect(await read(id)).toMatchObject({ status: "completed", retries: 0, attempts: [{ attempt: 1 }] });
    expect(await store.places(id)).toEqual(["completed"]);
  }
  expect((await client.stats()).totals).toEqual({ completed: 10 });
  return { w, struck };
}

const faults: [string, Fault][] = [
  ["is lost on its way", "drop_request"],
  ["is answered, and the answer is lost", "drop_reply"],
  ["is answered, and the answer breaks off", "cut_reply"],
  ["runs twice", "double"],
  ["is answered with 500", { answer: 500, body: '{"error":"internal"}' }],
  ["is answered with 503", { answer: 503 }],
  ["is answered with a page of HTML", { answer: 200, body: "<html>Welcome to the hotel</html>" }],
];
test.each(faults)("a claim that %s is sent again, and no attempt is spent", async (_, fault) => {
  await underFault(fault, "claim", 1);
});
test.each(faults)("a settle that %s is sent again, and counts once", async (_, fault) => {
  await underFault(fault, "settle", 1);
});

// More often than the client sends again: the worker itself must ask again.
test.each(faults.filter(([, fault]) => fault !== "double"))(
  "a claim that %s five times is sent again under the same token",
  async (_, fault) => {
    const { w } = await underFault(fault, "claim", 5);
    const tokens = workers.faults.seen.slice(0, 6).map(({ body }) => /w\d+\.\d+/.exec(body)?.[0]);
    expect(new Set(tokens)).toEqual(new Set([`${w.name}.1`]));
    expect(w.lines).toContainEqual(expect.objectContaining({ event: "redis_unavailable", failures: 1 }));
  },
);
test.each(faults.filter(([, fault]) => fault !== "double"))(
  "a settle that %s five times is made up for by a later step",
  async (_, fault) => {
    await underFault(fault, "settle", 5);
  },
);

test("jobs that run while Redis is away are settled when it is back", async () => {
  const { client, worker, job: read } = workers.queue();
  const [begun, end] = [gate(), gate()];
  const slow = task("slow", async () => {
    begun.open();
    await end.opened;
    return "kept";
  });
  const a = job({ task: "slow" });
  await client.submit([a]);
  const w = worker([slow]);
  const drained = w.drain();
  await begun.opened;
  workers.faults.when(() => ({ answer: 502, body: "bad gateway" }));
  end.open();
  await until(() => w.lines.filter(({ event }) => event === "redis_unavailable").length >= 2);
  expect(await read(a.id)).toMatchObject({ status: "processing" });
  workers.faults.when(() => undefined);
  expect(await drained).toEqual(summary({ claimed: 1, completed: 1 }));
  expect(await read(a.id)).toMatchObject({ status: "completed", result: "kept", retries: 0 });
});

test("a wake-up belongs to the claim until one is answered; then that claim may wake another worker for the rest", async () => {
  const { client, worker } = workers.queue();
  await client.submit(Array.from({ length: 10 }, () => job({ task: "echo" })));
  let struck = 0;
  workers.faults.when(() => (struck++ < 4 ? "drop_request" : undefined));
  const w = worker([echo], { concurrency: 4 });
  expect(await w.drain()).toMatchObject({ completed: 10 });
  expect(w.wakes).toEqual(["backlog"]);
});

test("a worker without Redis leaves at its deadline, and its jobs are reclaimed when their leases run out", async () => {
  const { client, worker, prefix, job: read } = workers.queue();
  const a = job({ task: "slow" });
  await client.submit([a]);
  let left = 60_000;
  let runs = 0;
  const slow = task("slow", () => {
    if (++runs > 1) return;
    workers.faults.when(() => ({ answer: 503 }));
    left = 1_000;
  });
  const w = worker([slow]);
  expect(await w.drain({ remainingMs: () => left })).toEqual(summary({ claimed: 1, stopped: "unreachable" }));
  expect(w.wakes).toEqual([]);
  workers.faults.reset();
  await workers.redis.redis.zadd(`{${prefix}}:job_queue:leases`, { score: 1, member: a.id });
  expect(await worker([slow]).drain()).toMatchObject({ completed: 1 });
  expect(await read(a.id)).toMatchObject({
    retries: 0,
    attempts: [{ outcome: "lease_expired", counted: false }, { outcome: "completed" }],
  });
});

test("a worker that is asked to end while Redis is away keeps trying for little more than its grace, and leaves", async () => {
  const { client, worker } = workers.queue();
  await client.submit([job({ task: "last" })]);
  const shutdown = new AbortController();
  vi.useFakeTimers({ toFake: ["performance"] });
  const last = task("last", () => {
    workers.faults.when(() => {
      vi.advanceTimersByTime(2_000);
      return { answer: 503 };
    });
    shutdown.abort();
  });
  expect(await worker([last]).drain({ shutdown: shutdown.signal })).toMatchObject({ stopped: "unreachable" });
});

test("a worker that is asked to end after a lost claim asks which jobs it took and gives them back unspent", async () => {
  const { client, worker, job: read, store } = workers.queue();
  const jobs = Array.from({ length: 3 }, () => job({ task: "echo" }));
  await client.submit(jobs);
  const shutdown = new AbortController();
  let struck = 0;
  workers.faults.when(() => {
    if (struck++ > 2) return undefined;
    if (struck === 3) shutdown.abort();
    return "drop_reply";
  });
  const w = worker([echo]);
  expect(await w.drain({ shutdown: shutdown.signal })).toEqual(
    summary({ claimed: 3, released: 3, stopped: "shutdown" }),
  );
  for (const { id } of jobs) expect((await read(id)).attempts).toEqual([]);
  expect(await store.ready()).toEqual(jobs.map(({ id }) => id));
  expect(w.wakes).toEqual(["hand_over"]);
});

test("a worker that is asked to end after a claim that never ran takes no more jobs", async () => {
  const { client, worker, store } = workers.queue();
  const a = job({ task: "echo" });
  await client.submit([a]);
  const shutdown = new AbortController();
  let struck = 0;
  workers.faults.when(() => {
    if (struck++ > 2) return undefined;
    if (struck === 3) shutdown.abort();
    return "drop_request";
  });
  const w = worker([echo]);
  expect(await w.drain({ shutdown: shutdown.signal })).toEqual(summary({ stopped: "shutdown" }));
  expect(await store.ready()).toEqual([a.id]);
  expect(w.wakes).toEqual(["hand_over"]);
});

test("results are settled in requests that Redis accepts, however many wide characters and quotes they contain", async () => {
  const { client, worker } = workers.queue();
  const jobs = Array.from({ length: 60 }, (_, i) => job({ task: i % 2 ? "wide" : "quotes" }));
  await client.submit(jobs);
  let begun = 0;
  const all = gate();
  const together = async (value: string) => {
    if (++begun === 60) all.open();
    await all.opened;
    return value;
  };
  const wide = task("wide", () => together("漢".repeat(87_000)));
  const quotes = task("quotes", () => together('"'.repeat(131_000)));
  const w = worker([wide, quotes], { concurrency: 60 });
  expect(await w.drain()).toMatchObject({ completed: 60 });
  expect(w.lines.filter(({ event }) => event === "redis_unavailable")).toEqual([]);
  const sizes = workers.faults.seen.map(({ body }) => Buffer.byteLength(body));
  expect(Math.max(...sizes)).toBeLessThan(10_000_000);
  expect(sizes.filter((size) => size > 1_000_000).length).toBeLessThan(6);
});

test("error messages are settled in requests that Redis accepts", async () => {
  const { client, worker } = workers.queue();
  await client.submit(Array.from({ length: 200 }, () => job({ task: "loud", maxRetries: 0 })));
  const loud = task("loud", () => {
    throw new Error("\u0001".repeat(20_000));
  });
  const w = worker([loud], { concurrency: 200 });
  expect(await w.drain()).toMatchObject({ failed: 200 });
  expect(Math.max(...workers.faults.seen.map(({ body }) => Buffer.byteLength(body)))).toBeLessThan(10_000_000);
});
