import { expect, test } from "vitest";
import { NonRetriableError, SnoozeError } from "../../lib/tasks.ts";
import { type Answer, get, post } from "../support/api.ts";
import { job } from "../support/redis.ts";
import { claim, completed, extend } from "../support/verbs.ts";
import { useStatus } from "./status.ts";

const world = useStatus();
const { status, submit, submitted, worker } = world;

test("the status of a job shows its whole life: waiting, running with progress, a failure, the result", async () => {
  const id = await submitted();
  const waiting = await status(id);
  const created = {
    job_id: id,
    task: "note",
    priority: "normal",
    max_retries: 3,
    created_at: expect.any(String),
  };
  expect(waiting.body).toEqual({ ...created, status: "pending", retries: 0, attempts: [] });

  await claim(world.deployed.queue, { token: "me.1" });
  await extend(world.deployed.queue, { id, token: "me.1", progress: { percent: 42.5, note: 'half "way"' } });
  expect((await status(id)).body).toEqual({
    ...created,
    status: "processing",
    retries: 0,
    attempts: [],
    started_at: expect.any(String),
    progress: 42.5,
    note: 'half "way"',
  });

  const { queue } = world.deployed;
  await queue.step({
    settle: [{ id, token: "me.1", outcome: "retry", delayMs: 0, error: "Boom", message: "it broke" }],
  });
  const retried = await status(id);
  expect(retried.body).toMatchObject({ status: "pending", retries: 1, error: "Boom: it broke" });
  expect(retried.body).toHaveProperty("run_at");
  expect(retried.body).not.toHaveProperty("progress");

  await worker(() => ({ sent: [1, "漢", null] })).drain();
  expect((await status(id)).body).toMatchObject({
    status: "completed",
    retries: 1,
    result: { sent: [1, "漢", null] },
    error: "Boom: it broke",
    attempts: [
      { attempt: 1, outcome: "failed", worker: "me", error: "Boom", message: "it broke" },
      { attempt: 2, outcome: "completed" },
    ],
  });
});

test("the status says for how long the job was snoozed in all, and until when", async () => {
  const id = await submitted();
  await worker(() => {
    throw new SnoozeError(90_500, "come back at noon");
  }).drain();
  const { body } = await status(id);
  expect(body).toMatchObject({ status: "pending", retries: 0, snoozed_seconds: 90.5, attempts: [] });
  expect(Date.parse(body.run_at as string)).toBeGreaterThan(Date.parse(body.created_at as string) + 90_000);
});

test("the status says since when no worker has known the task", async () => {
  const a = job({ task: "only_the_next_deploy_knows_it" });
  await world.deployed.queue.submit([a]);
  await worker(() => undefined).drain();
  const { body } = await status(a.id);
  expect(body).toMatchObject({ status: "pending", retries: 0, attempts: [] });
  expect(Date.parse(body.unknown_since as string)).toBeLessThan(Date.parse(body.run_at as string));
  const claim = { token: "knows.1", count: 1, arrived: false, tasks: [a.task] };
  expect((await world.deployed.queue.step({ claim })).claimed?.jobs).toHaveLength(1);
  const { body: running } = await status(a.id);
  expect(running).toMatchObject({ status: "processing" });
  expect(running).not.toHaveProperty("unknown_since");
});

test("the status shows the first line of a failure's message to the letter", async () => {
  const line = '"quoted", \u0000\ud800 and </script> 漢';
  const message = `${line}\r\nand more`;
  const id = await submitted();
  await worker(() => {
    throw new NonRetriableError(message);
  }).drain();
  const { body, headers } = await status(id);
  expect(body).toMatchObject({
    status: "failed",
    error: `NonRetriableError: ${line}`,
    attempts: [{ message: line }],
  });
  expect(JSON.stringify(headers)).not.toMatch(/script|quoted/);
});

test.each([null, false, 0, "", [], {}, "漢", 1e21, [[{ a: null }]]])(
  "the status shows the result %j as the task returned it",
  async (result) => {
    const id = await submitted();
    await worker(() => result).drain();
    expect((await status(id)).body.result).toEqual(result);
  },
);

test("no answer shows a token or a fingerprint, and only the status shows the payload", async () => {
  const shown: Answer[] = [];
  const { queue } = world.deployed;
  const created = await submit({ payload: { subject: "topsecret" } }, { "idempotency-key": "k" });
  const id = created.body.job_id as string;
  const look = async () => {
    const own = await status(id);
    expect(own.body.payload).toEqual({ subject: "topsecret" });
    shown.push({ ...own, text: own.text.replace('"payload":{"subject":"topsecret"}', "") });
    shown.push(await world.deployed.call(get("/jobs")));
  };
  await look();
  await claim(queue, { token: "holder.77" });
  await look();
  await queue.step({ settle: [{ id, token: "holder.77", outcome: "failed", error: "E", message: "m" }] });
  await look();
  shown.push(await world.deployed.call(post(`/retry-job/${id}`)));
  await claim(queue, { token: "holder.78", arrived: false });
  shown.push(await world.deployed.call(post(`/cancel-job/${id}`)), created);
  await look();
  expect(shown.map((each) => each.status)).not.toContain(500);
  for (const { text } of shown) expect(text).not.toMatch(/holder\.\d|fingerprint|topsecret|redrive|payload/);
});

test("the id may be in capitals", async () => {
  const id = await submitted();
  expect((await status(id.toUpperCase())).body.job_id).toBe(id);
});

test("the status shows a result of 256 KiB whole", async () => {
  const one = job();
  await world.deployed.queue.submit([one]);
  await claim(world.deployed.queue);
  const result = JSON.stringify("x".repeat(262_142));
  await world.deployed.queue.step({ settle: [completed(one, result)] });
  expect((await status(one.id)).body.result).toHaveLength(262_142);
});
