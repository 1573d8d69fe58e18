import { expect, test } from "vitest";
import { job, jobOf, record, START, useRedis } from "../support/redis.ts";
import { claim, completed, extend, failed, retry, running, settle } from "../support/verbs.ts";

const redis = useRedis();
const NOW = START + 5_000;
const whole = '{"name":"Boom","message":"it broke"}';
const boom = { outcome: "failed" as const, worker: "w", error: "Boom", message: "it broke" };

test("a failed job is ready again with fresh attempts, and keeps its history and its payload", async () => {
  const { queue, store } = redis.queue();
  const a = job({ maxRetries: 1, payload: "{}", priority: "high" });
  await running(queue, [a]);
  await settle(queue, retry(a, 0));
  await claim(queue, { token: "w.2" });
  await settle(queue, failed(a, "w.2"));
  redis.clock.now = NOW;
  const again = record(a, {
    run_at: NOW,
    redrive: "r1",
    attempts: [1, 2].map((attempt) => ({ ...boom, attempt, started_at: START, ended_at: START })),
  });
  expect(await queue.redrive(a.id, "r1")).toEqual({ outcome: "redriven", job: jobOf(again), wake: true });
  expect(await store.all()).toEqual({
    high: [a.id],
    claims: { "w.1": a.id, "w.2": a.id },
    counters: { retried: 1, failed: 1, redriven: 1 },
    records: { [a.id]: again },
    errors: { [a.id]: whole },
    firstErrors: { [a.id]: whole },
    wake: "r1",
  });
});

test.each([
  { name: "a cancelled ready job", running: false },
  { name: "a cancelled running job", running: true },
])("$name goes to the back of its list", async ({ running: isRunning }) => {
  const { queue, store } = redis.queue();
  const [a, b] = [job(), job()];
  await queue.submit([a]);
  if (isRunning) await claim(queue);
  await queue.cancel(a.id);
  if (isRunning) await extend(queue, { id: a.id, token: "w.1" }); // its worker hears of it
  await queue.submit([b]);
  redis.clock.now = NOW;
  expect(await queue.redrive(a.id, "r1")).toMatchObject({ outcome: "redriven", wake: false });
  const { cancelled, normal, leases, counters } = await store.all();
  expect({ cancelled, normal, leases, counters }).toEqual({
    cancelled: undefined,
    leases: undefined,
    normal: [b.id, a.id],
    counters: { cancelled: 1, redriven: 1 },
  });
  const { attempts, ...rest } = (await store.record(a.id))!;
  expect(rest).toEqual(record(a, { run_at: NOW, redrive: "r1" }));
  expect((attempts as unknown[] | undefined)?.length).toBe(isRunning ? 1 : undefined);
});

test("a redriven job may retry as often as a new one", async () => {
  const { queue, store } = redis.queue();
  const a = job({ maxRetries: 1 });
  await queue.submit([a]);
  const end = async (token: string, how: typeof failed) => {
    await claim(queue, { token });
    await settle(queue, how(a, token));
    redis.clock.now += 1_000;
    return String((await store.record(a.id))!.status);
  };
  const again = (of: { id: string }, token?: string) => retry(of, 1_000, token);
  expect([await end("a.1", again), await end("b.1", failed)]).toEqual(["pending", "failed"]);
  await queue.redrive(a.id);
  expect([await end("c.1", again), await end("d.1", failed)]).toEqual(["pending", "failed"]);
  const { attempts } = (await store.record(a.id)) as { attempts: { attempt: number; worker: string }[] };
  expect(attempts.map(({ attempt, worker }) => `${worker}${attempt}`)).toEqual(["a1", "b2", "c1", "d2"]);
});

test("a worker whose job was cancelled and redriven has lost its lease", async () => {
  const { queue, store } = redis.queue();
  const a = job();
  await running(queue, [a]);
  await queue.cancel(a.id);
  await queue.redrive(a.id);
  expect(await settle(queue, completed(a, "1"))).toEqual(["cancelled"]);
  const before = await store.all();
  expect(await settle(queue, completed(a, "1"))).toEqual(["lost"]);
  expect(await store.all()).toEqual(before);
  expect(await store.record(a.id)).toMatchObject({ status: "pending" });
});

test("no other job can be redriven", async () => {
  const { queue, store } = redis.queue();
  const [done, active, ready, later] = [job(), job(), job(), job({ when: { delayMs: 60_000 } })];
  await running(queue, [done, active]);
  await settle(queue, completed(done));
  await queue.submit([ready, later]);
  const before = await store.all();
  for (const { id } of [done, active, ready, later])
    expect(await queue.redrive(id)).toMatchObject({ outcome: "refused", job: { id: id } });
  expect(await queue.redrive(job().id)).toEqual({ outcome: "missing" });
  expect(await store.all()).toEqual(before);
});
