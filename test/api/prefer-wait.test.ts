import { expect, test } from "vitest";
import { until } from "../support/worker.ts";
import { useStatus } from "./status.ts";

const world = useStatus();
const { api, status, submit, worker } = world;

test("a submit that waits gets 200 with the finished job and its location", async () => {
  api.faults.reset();
  const answer = submit({}, { prefer: "respond-async, wait=25" });
  await until(async () => (await world.deployed.queue.stats()).ready.normal === 1);
  await worker(() => "quick").drain();
  const { status: answered, headers, body } = await answer;
  expect(answered).toBe(200);
  expect(body).toMatchObject({ status: "completed", result: "quick" });
  expect(headers).toMatchObject({ location: `/job-status/${body.job_id}`, "preference-applied": "wait=25" });
  expect(headers).not.toHaveProperty("retry-after");
  expect((await status(body.job_id, "", { "if-none-match": headers.etag })).status).toBe(304);
});

test("a submit that waits gets 202 when the job takes longer", async () => {
  const answer = await submit({}, { prefer: "wait=0" });
  expect(answer).toMatchObject({ status: 202, headers: { "preference-applied": "wait=0", "retry-after": "1" } });
  expect(answer.body).toEqual({ job_id: expect.any(String) });
  expect(answer.headers.location).toBe(`/job-status/${answer.body.job_id}`);
});

test.each([
  ["wait=0", "wait=0"],
  ['WAIT="0"', "wait=0"],
  ["foo; bar=1, wait=0; strict", "wait=0"],
  ["x-wait=25", undefined],
  ["wait=-1", undefined],
  ["wait=1e9", undefined],
  ["wait", undefined],
  ["await=25", undefined],
  ["foo=wait=25", undefined],
])("Prefer: %s is applied as %s", async (prefer, applied) => {
  expect((await submit({}, { prefer })).headers["preference-applied"]).toBe(applied);
});

test("a submit waits no longer than API Gateway would", async () => {
  const answer = submit({}, { prefer: "wait=999999" });
  await until(async () => (await world.deployed.queue.stats()).ready.normal === 1);
  await worker(() => 1).drain();
  expect((await answer).headers["preference-applied"]).toBe("wait=25");
});

test("an accepted job is a 202 even when Redis fails during the wait", async () => {
  api.faults.when(({ verbs }) => (verbs.includes("mget") ? "drop_request" : undefined));
  const answer = await submit({}, { prefer: "wait=20" });
  expect(answer).toMatchObject({ status: 202, headers: { "preference-applied": "wait=20" } });
  expect(await world.deployed.store.ready()).toEqual([answer.body.job_id]);
});

test("a repeated submit says so, and waits for the job of the first one", async () => {
  const first = await submit({}, { "idempotency-key": "k" });
  await worker(() => "once").drain();
  const again = await submit({}, { "idempotency-key": "k", prefer: "wait=20" });
  expect(again).toMatchObject({ status: 200, headers: { "idempotent-replayed": "true" }, body: { result: "once" } });
  expect(again.body.job_id).toBe(first.body.job_id);
});
