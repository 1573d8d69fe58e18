import { expect, test } from "vitest";
import { job } from "../support/redis.ts";
import { gate, summary, task, until, useWorkers } from "../support/worker.ts";
import { attempt, echo, HOUR } from "./attempt.ts";

const workers = useWorkers();

test("a task that exceeds its time limit fails, its signal says why, and its neighbours complete", async () => {
  const heard = gate<unknown>();
  const slow = task(
    "tried",
    ({ signal }) => {
      signal.addEventListener("abort", () => heard.open(signal.reason));
      return new Promise(() => {});
    },
    { timeoutMs: 30, backoff: { baseMs: HOUR, maxMs: HOUR } },
  );
  const ended = await attempt(workers, slow);
  expect(ended).toMatchObject({
    ...{ status: "pending", retries: 1 },
    attempts: [{ error: "Timeout", message: "no end after 30 ms" }],
  });
  expect(await heard.opened).toMatchObject({ why: "timeout" });
});

test("a signal that a task first reads after its time limit is aborted, with the reason", async () => {
  const [late, heard] = [gate(), gate<unknown>()];
  const slow = task(
    "tried",
    async (context) => {
      await late.opened;
      heard.open([context.signal.aborted, context.signal.reason]);
    },
    { timeoutMs: 20, backoff: { baseMs: HOUR, maxMs: HOUR } },
  );
  expect(await attempt(workers, slow)).toMatchObject({ attempts: [{ error: "Timeout" }] });
  late.open();
  expect(await heard.opened).toEqual([true, expect.objectContaining({ why: "timeout" })]);
});

test("what a task returns after its time limit changes nothing", async () => {
  const { client, worker, job: read } = workers.queue();
  const [late, returned] = [gate(), gate()];
  const deaf = task(
    "deaf",
    async () => {
      await late.opened;
      returned.open();
      return "too late";
    },
    { timeoutMs: 20 },
  );
  const a = job({ task: "deaf", maxRetries: 0 });
  await client.submit([a]);
  expect(await worker([deaf]).drain()).toEqual(summary({ claimed: 1, failed: 1 }));
  late.open();
  await returned.opened;
  expect(await read(a.id)).toMatchObject({ status: "failed", attempts: [{ error: "Timeout" }] });
  expect((await read(a.id)).result).toBeUndefined();
});

test("a time limit longer than a timer can hold never passes", async () => {
  const { client, worker } = workers.queue();
  const [begun, end] = [gate(), gate()];
  const long = task(
    "long",
    async () => {
      begun.open();
      await end.opened;
    },
    { timeoutMs: Number.POSITIVE_INFINITY },
  );
  await client.submit([job({ task: "long" }), job({ task: "echo" })]);
  const w = worker([long, echo]);
  const drained = w.drain();
  await begun.opened;
  await until(() => w.lines.some(({ event, task: name }) => event === "completed" && name === "echo"));
  await new Promise((resolve) => setTimeout(resolve, 5));
  end.open();
  expect(await drained).toEqual(summary({ claimed: 2, completed: 2 }));
});

/** Keeps the event loop busy for this long. */
function compute(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end; );
}

test.each([
  ["at its beginning", () => undefined],
  ["after it had waited", () => new Promise((resolve) => setImmediate(resolve))],
])(
  "time in which another task computes %s does not count against a time limit, and the log names that task",
  async (_, before) => {
    const { client, worker } = workers.queue();
    const computed = gate();
    const waiting = task("waiting", () => computed.opened, { timeoutMs: 300 });
    const computing = task("computing", async () => {
      await before();
      compute(900);
      setTimeout(computed.open, 30); // the waiting one gets its turn first
    });
    await client.submit([job({ task: "waiting" }), job({ task: "computing" })]);
    const w = worker([waiting, computing]);
    expect(await w.drain()).toEqual(summary({ claimed: 2, completed: 2 }));
    const blocked = w.lines.filter(({ event }) => event === "blocked");
    expect(blocked).toHaveLength(1);
    expect(blocked[0]).toMatchObject({ level: "warn" });
    expect(JSON.stringify(blocked[0])).toContain('"computing"');
    expect(blocked[0]!.blocked_ms).toBeGreaterThanOrEqual(800);
  },
);

test("time in which a task itself computes counts against its time limit", async () => {
  const { client, worker } = workers.queue();
  const greedy = task(
    "greedy",
    () => {
      compute(400);
      return new Promise(() => {});
    },
    { timeoutMs: 300 },
  );
  await client.submit([job({ task: "greedy", maxRetries: 0 })]);
  expect(await worker([greedy]).drain()).toEqual(summary({ claimed: 1, failed: 1 }));
});
