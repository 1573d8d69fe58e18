import { expect, test } from "vitest";
import { job, jobOf, record, START, total, useRedis } from "../support/redis.ts";
import { claim, deferred, extend, retry, running, settle } from "../support/verbs.ts";

const redis = useRedis();
const NOW = START + 5_000;
const later = (more = {}) => job({ when: { delayMs: 600_000 }, ...more });

test.each(["high", "normal", "low"] as const)(
  "a delayed job of priority %s becomes ready behind its like, and wakes a worker",
  async (priority) => {
    const { queue, store } = redis.queue();
    const [a, b] = [later({ priority }), later({ priority })];
    await queue.submit([a, b]);
    redis.clock.now = NOW;
    const ready = record(a, { run_at: NOW });
    expect(await queue.runNow(a.id)).toEqual({ outcome: "ready", job: jobOf(ready), wake: true });
    expect(await store.all()).toEqual({
      [priority]: [a.id],
      scheduled: { [b.id]: START + 600_000 },
      records: { [a.id]: ready, [b.id]: record(b, { run_at: START + 600_000 }) },
      wake: a.id,
    });
    expect(await queue.runNow(b.id)).toMatchObject({ outcome: "ready", wake: false }); // a wake-up is in flight
    expect(await store.ready(priority)).toEqual([a.id, b.id]);
  },
);

test("a job that waits for its retry keeps its spent attempts, and a limit that it still has", async () => {
  const { queue, store } = redis.queue();
  const [a, limited] = [job(), later({ expires: { afterMs: 900_000, from: "submit" } })];
  await running(queue, [a]);
  await settle(queue, retry(a, 60_000));
  await queue.submit([limited]);
  redis.clock.now = NOW;
  await queue.runNow(a.id);
  await queue.runNow(limited.id);
  expect(await store.record(a.id)).toMatchObject({ status: "pending", retries: 1, run_at: NOW });
  expect(await store.record(limited.id)).toMatchObject({ run_at: NOW, expires_at: START + 900_000 });
  expect((await claim(queue, { token: "v.1" })).jobs.map(({ job: { id } }) => id)).toEqual([a.id, limited.id]);
});

test("a suspect that waits becomes ready among the suspects", async () => {
  const { queue, store } = redis.queue();
  const a = job();
  await running(queue, [a]);
  redis.clock.now += 30_000;
  await claim(queue, { token: "v.1" });
  await settle(queue, deferred(a, 60_000, "v.1"));
  await queue.runNow(a.id);
  expect(await store.places(a.id)).toEqual(["suspects"]);
});

test("a job that is ready, that runs or that has finished stays as it is", async () => {
  const { queue, store } = redis.queue();
  const [ready, runs, done] = [job(), job(), job()];
  await running(queue, [runs, done]);
  await settle(queue, { id: done.id, token: "w.1", outcome: "completed" });
  await queue.submit([ready]);
  const before = await store.all();
  expect(await queue.runNow(ready.id)).toMatchObject({ outcome: "ready", job: { id: ready.id } });
  expect(await queue.runNow(runs.id)).toMatchObject({ outcome: "refused", wake: false, job: { status: "processing" } });
  expect(await queue.runNow(done.id)).toMatchObject({ outcome: "refused", job: { status: "completed" } });
  expect(await queue.runNow(job().id)).toEqual({ outcome: "missing" });
  expect(await store.all()).toEqual(before);
});

test("a job that was put back while its worker may still run it waits for that worker", async () => {
  const { queue, store } = redis.queue();
  const a = job();
  await running(queue, [a]);
  await queue.cancel(a.id);
  await queue.redrive(a.id, "r");
  const before = await store.all();
  expect(await queue.runNow(a.id)).toMatchObject({ outcome: "held", wake: false, job: { runAt: START + 30_000 } });
  expect(await store.all()).toEqual(before);
  await extend(queue, { id: a.id, token: "w.1" }); // now the worker knows
  expect(await queue.runNow(a.id)).toMatchObject({ outcome: "ready" });
  expect(await store.places(a.id)).toEqual(["normal"]);
});

test("it costs 8 commands, 7 behind a job that waits already, and 4 where the job is ready", async () => {
  const { queue } = redis.queue({ now: undefined as never });
  const [a, b] = [later(), later()];
  const costs = async (id: string) => total(await redis.commandsOf(() => queue.runNow(id)));
  await queue.submit([a, b]);
  await queue.runNow(job().id); // loads the script
  expect([await costs(a.id), await costs(b.id), await costs(a.id)]).toEqual([8, 7, 4]);
});
