import { beforeEach, describe, expect, test } from "vitest";
import { apiKey, type Deployed, get, post, useApi } from "../support/api.ts";
import { failed, settle } from "../support/verbs.ts";
import { startWorker, task } from "../support/worker.ts";

const api = useApi();
let deployed: Deployed;
beforeEach(async () => {
  api.faults.reset();
  deployed = await api.deploy();
});

const KEY = "a customer's report";
const body = (more: object = {}) => ({ task: "note", unique: { key: KEY }, ...more });
const submit = (of: object = body(), headers: Record<string, string> = {}) =>
  deployed.call(post("/submit-job", of, headers));
const submitMany = (jobs: object[], headers: Record<string, string> = {}) =>
  deployed.call(post("/submit-jobs", { jobs }, headers));
const work = () => startWorker(deployed.queue, [task("note", () => "done"), task("count", () => "done")]).drain();

test("a second job with the key gets the first one's id, and is told so", async () => {
  const first = await submit();
  expect(first.body).toEqual({ job_id: expect.any(String) });
  expect(first.headers).not.toHaveProperty("unique-conflict");
  const before = await deployed.store.all();
  const { job_id } = first.body;
  const second = await submit(body({ payload: { subject: "other" }, priority: "high" }));
  expect(second).toMatchObject({
    status: 202,
    body: { job_id, unique_conflict: true },
    headers: { "unique-conflict": "true", location: `/job-status/${job_id}`, "retry-after": "1" },
  });
  expect(second.headers).not.toHaveProperty("idempotent-replayed");
  expect(await deployed.store.all()).toEqual(before);
  await work();
  const third = await submit();
  expect(third.body).toEqual({ job_id: expect.not.stringMatching(job_id) });
});

test("a conflict shows another caller's result only to a key that may read", async () => {
  const [ours, theirs, reader] = [apiKey("a", "submit"), apiKey("b", "submit"), apiKey("c", "submit+read")];
  deployed = await api.deploy({ API_KEYS: [ours, theirs, reader].map(({ entry }) => entry).join(" ") });
  const held = body({ unique: { key: KEY, until: 3_600 } });
  const { job_id } = (await submit(held, ours.headers)).body;
  await work();
  const waiting = (headers: object) => submit(held, { ...headers, prefer: "wait=10" });
  const told = await waiting(theirs.headers);
  expect(told).toMatchObject({ status: 202, body: { job_id, unique_conflict: true } });
  expect(told.body).not.toHaveProperty("result");
  expect(await waiting(reader.headers)).toMatchObject({ status: 200, body: { job_id, result: "done" } });
});

test("many jobs that are retried skip and count the one whose key another job holds now", async () => {
  const ids: string[] = [];
  for (const of of [body(), body({ unique: undefined })]) {
    ids.push((await submit(of)).body.job_id);
    await deployed.call(post(`/cancel-job/${ids.at(-1)}`));
  }
  await submit();
  const { status, body: step } = await deployed.call(post("/retry-jobs", { status: "cancelled" }));
  expect([status, step]).toEqual([200, { done: 1, skipped: 1, left: false }]);
  const seen = await Promise.all(ids.map((id) => deployed.call(get(`/job-status/${id}`))));
  expect(seen.map(({ body }) => body.status)).toEqual(["cancelled", "pending"]);
});

test("a key counts within its task", async () => {
  await submit();
  expect((await submit(body({ task: "count" }))).body).not.toHaveProperty("unique_conflict");
  expect((await submit(body({ unique: { key: "another" } }))).body).not.toHaveProperty("unique_conflict");
});

test("in a batch each job answers for itself, and the order stays", async () => {
  const { job_id } = (await submit()).body;
  const answer = await submitMany([
    { task: "note" },
    body(),
    body({ unique: { key: "x" } }),
    body({ unique: { key: "x" } }),
  ]);
  expect(answer).toMatchObject({ status: 202, headers: { "unique-conflict": "true" } });
  const { job_ids, unique_conflicts } = answer.body;
  expect(unique_conflicts).toEqual([1, 3]);
  expect([job_ids[1], job_ids[3]]).toEqual([job_id, job_ids[2]]);
  expect(await deployed.store.ready()).toEqual([job_id, job_ids[0], job_ids[2]]);
  const free = await submitMany([{ task: "note" }]);
  expect(free.body).toEqual({ job_ids: [expect.any(String)] });
});

test("of 1,000 requests that race with one key, one job comes of it", { timeout: 60_000 }, async () => {
  const waves = await Promise.all(
    Array.from({ length: 1_000 }, (_, i) => (i % 10 === 0 ? submitMany([body()]) : submit())),
  );
  const ids = waves.map(({ body }) => body.job_id ?? body.job_ids[0]);
  expect(new Set(ids).size).toBe(1);
  expect(waves.filter(({ headers }) => headers["unique-conflict"] === undefined)).toHaveLength(1);
  expect(await deployed.store.ready()).toEqual([ids[0]]);
});

describe("with an Idempotency-Key", () => {
  const key = (name: string) => ({ "idempotency-key": name });

  test("a replay wins: the same request gets its own job, whoever holds the key by then", async () => {
    const first = await submit(body(), key("k1"));
    await work();
    const other = await submit();
    expect(other.body).not.toHaveProperty("unique_conflict");
    const again = await submit(body(), key("k1"));
    expect(again.body).toEqual(first.body);
    expect(again.headers).toMatchObject({ "idempotent-replayed": "true" });
    expect(again.headers).not.toHaveProperty("unique-conflict");
  });

  test("a conflict is no memory: the same request is accepted when the key is free", async () => {
    const holder = await submit();
    expect((await submit(body(), key("k1"))).body).toEqual({ ...holder.body, unique_conflict: true });
    await work();
    const accepted = await submit(body(), key("k1"));
    expect(accepted.headers).not.toHaveProperty("idempotent-replayed");
    expect(accepted.body.job_id).not.toBe(holder.body.job_id);
    expect((await submit(body(), key("k1"))).headers).toMatchObject({ "idempotent-replayed": "true" });
  });

  test("another key until another time is another body", async () => {
    await submit(body(), key("k1"));
    const other = await submit(body({ unique: { key: KEY, until: "started" } }), key("k1"));
    expect(other).toMatchObject({ status: 422, body: { code: "idempotency_key_reused" } });
  });

  test.each([
    ["a job", () => submit({ task: "note" }, key("k1"))],
    ["a batch", () => submitMany([{ task: "note" }], key("k1"))],
  ])("a batch that is refused because its key came with %s before submits nothing", async (_, before) => {
    await before();
    const store = await deployed.store.all();
    const refused = await submitMany([{ task: "note" }, body(), body({ unique: { key: "another" } })], key("k1"));
    expect(refused).toMatchObject({ status: 422, body: { code: "idempotency_key_reused" } });
    expect(await deployed.store.all()).toEqual(store);
  });

  test("a batch with a conflict is replayed as a whole", async () => {
    const { job_id } = (await submit()).body;
    const first = await submitMany([{ task: "note" }, body()], key("k1"));
    const again = await submitMany([{ task: "note" }, body()], key("k1"));
    expect(again.body).toEqual(first.body);
    expect(again.body).toEqual({ job_ids: [expect.any(String), job_id], unique_conflicts: [1] });
    expect(again.headers).toMatchObject({ "idempotent-replayed": "true", "unique-conflict": "true" });
  });
});

test.each([
  { name: "an empty key", unique: { key: "" }, pointer: "/unique/key" },
  { name: "a key of 10 KB", unique: { key: "x".repeat(10_240) }, pointer: "/unique/key" },
  { name: "a key of 513 characters", unique: { key: "x".repeat(513) }, pointer: "/unique/key" },
  { name: "a key that is a number", unique: { key: 17 }, pointer: "/unique/key" },
  { name: "no key", unique: {}, pointer: "/unique/key" },
  { name: "a text", unique: "key", pointer: "/unique" },
  { name: "null", unique: null, pointer: "/unique" },
  { name: "until 0", unique: { key: "k", until: 0 }, pointer: "/unique/until" },
  { name: "until -1", unique: { key: "k", until: -1 }, pointer: "/unique/until" },
  { name: "until null, which NaN becomes", unique: { key: "k", until: Number.NaN }, pointer: "/unique/until" },
  { name: "until 1e9", unique: { key: "k", until: 1e9 }, pointer: "/unique/until" },
  { name: "until completed", unique: { key: "k", until: "completed" }, pointer: "/unique/until" },
  { name: "a field that is not known", unique: { key: "k", ttl: 1 }, pointer: "/unique/ttl" },
])("$name is refused, with a pointer", async ({ unique, pointer }) => {
  const answer = await submit({ task: "note", unique });
  expect(answer).toMatchObject({ status: 422, body: { code: "invalid_request", errors: [{ pointer }] } });
  expect(await deployed.store.all()).toEqual({});
});

test.each([0.0001, 0.5, 1, 31_536_000])("until %s seconds is accepted", async (until) => {
  expect((await submit({ task: "note", unique: { key: "k", until } })).status).toBe(202);
});

test("a key of 512 characters of any kind is accepted, and its text is nowhere in Redis", async () => {
  const key = "secret".padEnd(512, "é\u0000💥 {}:*");
  const { job_id } = (await submit({ task: "note", unique: { key } })).body;
  expect((await submit({ task: "note", unique: { key } })).body).toEqual({ job_id, unique_conflict: true });
  const all = JSON.stringify(await deployed.store.all());
  expect(all).not.toContain("secret");
  const { body: view } = await deployed.call(get(`/job-status/${job_id}`));
  expect(view).toMatchObject({ unique: "finished" });
  expect(JSON.stringify(view)).not.toContain("f:");
});

test("Prefer: wait waits for the job that holds the key", async () => {
  const { job_id } = (await submit()).body;
  const waiting = submit(body(), { prefer: "wait=20" });
  await work();
  expect(await waiting).toMatchObject({
    status: 200,
    body: { job_id, status: "completed", result: "done" },
    headers: { "unique-conflict": "true" },
  });
});

test("a retry of a job whose key another one holds is refused, and says which one", async () => {
  const first = (await submit(body({ max_retries: 0 }))).body.job_id;
  const { claimed } = await deployed.queue.step({ claim: { token: "w.9", count: 1, arrived: true } });
  await settle(deployed.queue, failed(claimed!.jobs[0]!.job, "w.9"));
  const second = (await submit()).body.job_id;
  const refused = await deployed.call(post(`/retry-job/${first}`));
  expect(refused).toMatchObject({ status: 409, body: { code: "unique_conflict" } });
  expect(refused.body.detail).toContain(second);
  await deployed.call(post(`/cancel-job/${second}`));
  expect(await deployed.call(post(`/retry-job/${first}`))).toMatchObject({ status: 200, body: { status: "pending" } });
});
