import { expect, test } from "vitest";
import { INLINE_BYTES, job } from "../support/redis.ts";
import { gate, summary, task, until, useWorkers } from "../support/worker.ts";

const workers = useWorkers();
const echo = task("echo", ({ input }) => input);
const jobs = (count: number, name = "echo") => Array.from({ length: count }, () => job({ task: name }));
const verbs = () => workers.faults.seen.map((request) => request.verbs);

test("a drain runs the ready jobs and returns what it did", async () => {
  const { client, worker, job: read, store } = workers.queue();
  const [a, b] = [job({ task: "echo", payload: '{"n":1}' }), job({ task: "echo" })];
  await client.submit([a, b]);
  const w = worker([echo]);
  expect(await w.drain()).toEqual(summary({ claimed: 2, completed: 2 }));
  expect(await read(a.id)).toMatchObject({
    status: "completed",
    retries: 0,
    result: { n: 1 },
    attempts: [{ attempt: 1, outcome: "completed", worker: w.name }],
  });
  expect(await read(b.id)).toMatchObject({ status: "completed", result: {} });
  expect(await store.places(a.id)).toEqual(["completed"]);
  expect(w.wakes).toEqual([]);
});

test("a job that fails is retried until it completes, and its history has each failure", async () => {
  const { client, worker, job: read } = workers.queue();
  const moody = task("moody", ({ job: { attempt, maxRetries } }) => {
    if (attempt < 3) throw new TypeError(`attempt ${attempt} of ${maxRetries + 1}`);
    return attempt;
  });
  const a = job({ task: "moody" });
  await client.submit([a]);
  expect(await worker([moody]).drain()).toEqual(summary({ claimed: 3, retried: 2, completed: 1 }));
  expect(await read(a.id)).toMatchObject({
    status: "completed",
    retries: 2,
    result: 3,
    attempts: [
      { attempt: 1, outcome: "failed", error: "TypeError", message: "attempt 1 of 4" },
      { attempt: 2, outcome: "failed", error: "TypeError", message: "attempt 2 of 4" },
      { attempt: 3, outcome: "completed" },
    ],
  });
});

test("a job that always fails has the status failed after three retries", async () => {
  const { client, worker, job: read, store } = workers.queue();
  let runs = 0;
  const broken = task("broken", () => {
    runs++;
    throw new Error("no");
  });
  const a = job({ task: "broken" });
  await client.submit([a]);
  expect(await worker([broken]).drain()).toEqual(summary({ claimed: 4, retried: 3, failed: 1 }));
  expect(runs).toBe(4);
  expect(await read(a.id)).toMatchObject({ status: "failed", retries: 3 });
  expect(await store.places(a.id)).toEqual(["failed"]);
});

test("as many jobs run at the same time as the worker's concurrency allows, and never more", async () => {
  const { client, worker } = workers.queue({ leaseMs: 1_000 });
  let [running, most] = [0, 0];
  const end = gate();
  const slow = task("slow", async () => {
    most = Math.max(most, ++running);
    await end.opened;
    running--;
  });
  await client.submit(jobs(20, "slow"));
  const drained = worker([slow], { concurrency: 3 }).drain();
  // Half a lease later it has had every chance to claim more.
  await until(() => verbs().flat().includes("extend"));
  expect(most).toBe(3);
  end.open();
  expect(await drained).toMatchObject({ completed: 20 });
  expect(most).toBe(3);
});

test("a worker that runs one job at a time runs them all", async () => {
  const { client, worker } = workers.queue();
  await client.submit(jobs(4));
  expect(await worker([echo], { concurrency: 1 }).drain()).toEqual(summary({ claimed: 4, completed: 4 }));
});

test("jobs are claimed in batches, and one round trip settles a batch and claims the next", async () => {
  const { client, worker } = workers.queue();
  await client.submit(jobs(25));
  expect(await worker([echo]).drain()).toMatchObject({ claimed: 25, completed: 25 });
  expect(verbs().slice(0, 3)).toEqual([["claim"], ["settle", "claim"], ["settle", "claim"]]);
});

test("jobs that end in the same turn of the event loop are settled together", async () => {
  const { client, worker } = workers.queue();
  await client.submit(jobs(20));
  const turn = task("echo", () => new Promise((resolve) => setImmediate(resolve)));
  await worker([turn]).drain();
  expect(
    verbs()
      .flat()
      .filter((verb) => verb === "settle"),
  ).toHaveLength(2);
});

test("a lone job costs two round trips, as a claim that is not filled is not followed by another", async () => {
  const { client, worker } = workers.queue();
  await client.submit(jobs(1));
  await worker([echo]).drain();
  expect(verbs()).toEqual([["claim"], ["settle"]]);
});

test("an empty queue costs one claim", async () => {
  const { worker } = workers.queue();
  expect(await worker([echo]).drain()).toEqual(summary({}));
  expect(verbs()).toEqual([["claim"]]);
});

test("a claim that its byte budget cut short is followed by another while jobs are left", async () => {
  const { client, worker } = workers.queue();
  const large = JSON.stringify("x".repeat(250_000));
  for (let i = 0; i < 3; i++)
    await client.submit(Array.from({ length: 10 }, () => job({ task: "size", payload: large })));
  const size = task("size", ({ input }) => String(input).length);
  expect(await worker([size], { concurrency: 50 }).drain()).toMatchObject({ claimed: 30, completed: 30 });
});

test("jobs that end during a round trip are settled by the next one", async () => {
  const { client, worker, job: read } = workers.queue();
  const [first, rest] = [gate(), gate()];
  const arrived = gate();
  const stepwise = task("stepwise", async ({ input }) => {
    await (input === 1 ? first.opened : rest.opened);
  });
  const ids = [1, 2, 3].map((n) => job({ task: "stepwise", payload: String(n) }));
  await client.submit(ids);
  const hold = gate();
  workers.faults.when(({ verbs: [verb] }) => {
    if (verb !== "settle") return undefined;
    arrived.open();
    return { before: hold.opened };
  });
  const drained = worker([stepwise]).drain();
  first.open();
  await arrived.opened;
  rest.open();
  hold.open();
  expect(await drained).toMatchObject({ completed: 3 });
  for (const { id } of ids) expect(await read(id)).toMatchObject({ status: "completed" });
});

test("a backlog that is too large for one worker wakes one more, once", async () => {
  const { client, worker } = workers.queue();
  await client.submit(jobs(30));
  const w = worker([echo], { concurrency: 5 });
  expect(await w.drain()).toMatchObject({ completed: 30 });
  expect(w.wakes).toEqual(["backlog"]);
});

test("a record that Redis has lost is logged and skipped, and its neighbours complete", async () => {
  const { client, worker, keys } = workers.queue();
  const [a, b] = jobs(2) as [ReturnType<typeof job>, ReturnType<typeof job>];
  await client.submit([a, b]);
  await workers.redis.redis.del(keys.jobPrefix + a.id);
  const w = worker([echo]);
  expect(await w.drain()).toMatchObject({ claimed: 1, completed: 1 });
  expect(w.lines).toContainEqual({ level: "error", event: "missing", job_id: a.id });
});

test("a job whose payload Redis has lost does not run with an empty payload", async () => {
  const { client, worker, keys, job: read } = workers.queue();
  const a = job({ task: "echo", payload: JSON.stringify({ to: "x".repeat(INLINE_BYTES) }) });
  await client.submit([a]);
  await workers.redis.redis.del(`${keys.jobPrefix}${a.id}:payload`);
  expect(await worker([echo]).drain()).toMatchObject({ failed: 1 });
  expect(await read(a.id)).toMatchObject({
    attempts: [{ error: "NonRetriableError", message: expect.stringContaining("payload") }],
  });
});
