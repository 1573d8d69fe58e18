import { beforeEach, expect, test } from "vitest";
import { type Deployed, get, post, useApi } from "../support/api.ts";
import { job } from "../support/redis.ts";
import { claim } from "../support/verbs.ts";

const api = useApi();
let deployed: Deployed;
beforeEach(async () => {
  deployed = await api.deploy();
  api.faults.reset();
});

const MAIL = { task: "note", payload: { to: "a@example.com" } };
const submit = (headers = {}, body: unknown = MAIL) => deployed.call(post("/submit-job", body, headers));
const cost = async (work: () => Promise<unknown>) => (await api.commandsOf(work)).total;

test("a submit costs one request, with 3 commands if its list is empty and 2 if not", async () => {
  await deployed.queue.submit([job({ priority: "low" })]);
  expect(await cost(() => submit())).toBeLessThanOrEqual(3);
  api.faults.reset();
  expect(await cost(() => submit())).toBe(2);
  expect(api.faults.seen).toHaveLength(1);
  expect(await cost(() => submit({}, { ...MAIL, delay_seconds: 60 }))).toBeLessThanOrEqual(4);
});

test("a submit with an Idempotency-Key costs no more, and a repeat at most 4", async () => {
  expect(await cost(() => submit({ "idempotency-key": "a" }))).toBeLessThanOrEqual(3);
  expect(await cost(() => submit({ "idempotency-key": "a" }))).toBeLessThanOrEqual(4);
  expect(await cost(() => submit({ "idempotency-key": "a" }, { task: "note" }))).toBeLessThanOrEqual(4);
});

test("a batch of a hundred costs as much as one job", async () => {
  await submit();
  const jobs = Array.from({ length: 100 }, () => MAIL);
  expect(await cost(() => deployed.call(post("/submit-jobs", { jobs })))).toBe(2);
});

test("a status costs one command, with or without a result, and so does a 304 or a 404", async () => {
  const { body } = await submit();
  const path = `/job-status/${body.job_id}`;
  const { headers } = await deployed.call(get(path));
  expect(await cost(() => deployed.call(get(path)))).toBe(1);
  expect(await cost(() => deployed.call(get(path, { "if-none-match": headers.etag! })))).toBe(1);
  expect(await cost(() => deployed.call(get(`/job-status/${crypto.randomUUID()}`)))).toBe(1);
  await claim(deployed.queue);
  expect(await cost(() => deployed.call(get(path)))).toBe(1);
});

test("health costs one command every few seconds, however many clients ask", async () => {
  const fresh = await api.deploy();
  const many = () => Promise.all(Array.from({ length: 50 }, () => fresh.call(get("/health"))));
  expect(await cost(async () => [await many(), await many()])).toBe(1);
});

test("statistics cost 16, a cancel 8 if its hour's history begins with it, a retry 7, to run a job now 8, to delete one 6", async () => {
  const { body } = await submit();
  expect(await cost(() => deployed.call(get("/queue-stats")))).toBeLessThanOrEqual(16);
  expect(await cost(() => deployed.call(post(`/cancel-job/${body.job_id}`)))).toBeLessThanOrEqual(8);
  expect(await cost(() => deployed.call(post(`/retry-job/${body.job_id}`)))).toBeLessThanOrEqual(7);
  const later = await submit({}, { ...MAIL, delay_seconds: 600 });
  expect(await cost(() => deployed.call(post(`/run-job/${later.body.job_id}`)))).toBeLessThanOrEqual(8);
  const gone = { method: "DELETE", path: `/jobs/${later.body.job_id}`, headers: {} };
  expect(await cost(() => deployed.call(gone))).toBeLessThanOrEqual(6);
});

test("a page of a list costs a command for each place, and two reads of records", async () => {
  await deployed.queue.submit(Array.from({ length: 30 }, () => job()));
  const first = await api.commandsOf(() => deployed.call(get("/jobs?status=pending&limit=10")));
  expect(first.total).toBe(2 + 5 + 2); // TIME, what is paused; four ready lists and the scheduled jobs; the records of those, and of the page
  const next = `/jobs?status=pending&limit=10&cursor=${first.result.body.next_cursor}`;
  expect(await cost(() => deployed.call(get(next)))).toBe(2 + 1 + 2); // MGET, LPOS; the others have been read to their end
  expect(await cost(() => deployed.call(get("/jobs")))).toBe(2 + 9 + 2);
});

test("a bad request costs no command", async () => {
  for (const body of ["{", "[]", '{"task":"nope"}', '{"task":"note","payload":1}']) {
    expect(await cost(() => deployed.call({ ...post("/submit-job"), body }))).toBe(0);
  }
  expect(await cost(() => deployed.call(get("/job-status/1")))).toBe(0);
  expect(await cost(() => deployed.call(get("/jobs?cursor=abc")))).toBe(0);
});
