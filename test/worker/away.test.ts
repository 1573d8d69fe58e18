import { afterEach, expect, test, vi } from "vitest";
import { job } from "../support/redis.ts";
import { gate, listening, summary, task, until, useWorkers } from "../support/worker.ts";

const workers = useWorkers();
afterEach(() => void vi.useRealTimers());
const jobs = (count: number) => Array.from({ length: count }, () => job({ task: "echo" }));

/** A worker with ten slots, ten running jobs and ten in its buffer, whose next request is held. */
async function heldRequest(more: { graceMs?: number } = {}) {
  vi.useFakeTimers({ toFake: ["performance"] }); // all runs so far have just ended, so the worker wants a buffer
  const { client, worker, store } = workers.queue();
  await client.submit(jobs(40));
  const [end, held] = [gate(), gate()];
  const shutdown = new AbortController();
  const reasons: unknown[] = [];
  let begun = 0;
  const slow = task("echo", ({ signal }) => {
    if (++begun <= 20) return undefined;
    signal.addEventListener("abort", () => reasons.push((signal.reason as { why: string }).why));
    return end.opened;
  });
  const { onWake, wake } = listening();
  const drained = worker([slow]).drain({ shutdown: shutdown.signal, onWake, ...more });
  await until(async () => begun === 30 && (await client.stats()).processing === 20);
  const sent = workers.faults.seen.length;
  workers.faults.when(() => ({ before: held.opened }));
  vi.advanceTimersByTime(250);
  wake();
  await until(() => workers.faults.seen.length > sent);
  return { client, store, drained, shutdown, held, end, reasons, begun: () => begun };
}

test("a worker that is told to end while a request is in flight starts no more jobs", async () => {
  const { client, drained, shutdown, held, end, begun } = await heldRequest({ graceMs: 60_000 });
  shutdown.abort();
  end.open(); // its slots become free, and nothing takes them
  await new Promise((resolve) => setImmediate(resolve));
  expect(begun()).toBe(30);
  vi.useRealTimers();
  held.open();
  expect(await drained).toMatchObject({ completed: 30, stopped: "shutdown", lost: 0 });
  expect((await client.stats()).ready.normal).toBe(10);
});

test("a job that waited in the buffer for a second during a request does not begin", async () => {
  const { drained, held, end, begun } = await heldRequest();
  vi.advanceTimersByTime(1_001);
  end.open();
  await new Promise((resolve) => setImmediate(resolve));
  expect(begun()).toBe(30);
  vi.useRealTimers();
  held.open();
  expect(await drained).toMatchObject({ completed: 40, released: 10 });
});

test("running jobs hear immediately that the grace is over, even while a request is in flight", async () => {
  const { drained, shutdown, held, reasons } = await heldRequest({ graceMs: 50 });
  vi.useRealTimers();
  shutdown.abort();
  await until(() => reasons.length === 10);
  expect(new Set(reasons)).toEqual(new Set(["released"]));
  held.open();
  expect(await drained).toMatchObject({ completed: 20, stopped: "shutdown", lost: 0 });
});

test("claimed jobs run while another worker is being woken", async () => {
  const { client, worker } = workers.queue();
  await client.submit(jobs(30));
  const woken = gate();
  let begun = 0;
  const wake = () => woken.opened;
  const drained = worker([task("echo", () => void begun++)], { wake }).drain();
  await until(() => begun === 10);
  woken.open();
  expect(await drained).toEqual(summary({ claimed: 30, completed: 30 }));
});

test("a worker with full slots that repeats a lost claim still waits for the job that is due soon", async () => {
  const { client, worker } = workers.queue();
  const end = gate();
  let begun = 0;
  const slow = task("echo", () => (++begun === 1 ? end.opened : undefined));
  await client.submit([job({ task: "echo" }), job({ task: "echo", when: { delayMs: 300 } })]);
  // The claim that would have waited gets no answer, so it is sent again without room.
  workers.faults.when(({ n }) => (n > 1 && n < 6 ? "drop_reply" : undefined));
  const drained = worker([slow], { concurrency: 1 }).drain();
  await until(() => begun === 1);
  end.open();
  expect(await drained).toMatchObject({ completed: 2, stopped: "empty" });
});
