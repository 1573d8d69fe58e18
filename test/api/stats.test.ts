import { expect, test } from "vitest";
import * as z from "zod/mini";
import { QueueStatsView } from "../../lib/routes/described/queue-stats.ts";
import { get, useApi } from "../support/api.ts";
import { job } from "../support/redis.ts";
import { claim, completed, failed, running, settle } from "../support/verbs.ts";

const api = useApi();

test("an empty queue has zero jobs in every place", async () => {
  const { body } = await (await api.deploy()).call(get("/queue-stats"));
  expect(body).toEqual({
    ready: { high: 0, normal: 0, low: 0 },
    suspects: 0,
    scheduled: 0,
    processing: 0,
    completed: 0,
    failed: 0,
    cancelled: 0,
    paused_tasks: [],
    totals: {},
  });
});

test("the statistics count every place, the age of the oldest job and all-time totals", async () => {
  const deployed = await api.deploy();
  const { queue } = deployed;
  const done = [job(), job(), job()];
  await running(queue, done);
  await settle(queue, completed(done[0]!), completed(done[1]!), failed(done[2]!));
  await running(queue, [job()], "w.2");
  const createdAt = Date.now() - 90_000;
  const waiting = [job({ priority: "high" }), job({ createdAt }), job({ priority: "low" }), job({ priority: "low" })];
  await queue.submit([...waiting, job({ when: { delayMs: 60_000 } })]);
  const gone = job();
  await queue.submit([gone]);
  await queue.cancel(gone.id);

  const { status, body } = await deployed.call(get("/queue-stats"));
  expect(status).toBe(200);
  z.parse(QueueStatsView, body);
  expect(body).toEqual({
    ready: { high: 1, normal: 1, low: 2 },
    suspects: 0,
    scheduled: 1,
    processing: 1,
    completed: 2,
    failed: 1,
    cancelled: 1,
    oldest_ready_seconds: expect.any(Number),
    next_due_seconds: expect.any(Number),
    paused_tasks: [],
    totals: { completed: 2, failed: 1, cancelled: 1 },
  });
  expect(body.oldest_ready_seconds).toBeGreaterThanOrEqual(90);
  expect(body.oldest_ready_seconds).toBeLessThan(150);
  expect(body.next_due_seconds).toBeGreaterThan(0);
  expect(body.next_due_seconds).toBeLessThanOrEqual(60);
});

test("an age is never negative, whatever the clock of the submitter says", async () => {
  const deployed = await api.deploy();
  await deployed.queue.submit([job({ createdAt: Date.now() + 3_600_000 })]);
  expect((await deployed.call(get("/queue-stats"))).body.oldest_ready_seconds).toBe(0);
  await claim(deployed.queue);
});
