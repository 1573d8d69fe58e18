import { beforeEach, expect, test } from "vitest";
import { type Deployed, get, post, useApi } from "../support/api.ts";
import { startWorker, task } from "../support/worker.ts";

const api = useApi();
let deployed: Deployed;
beforeEach(async () => {
  api.faults.reset();
  deployed = await api.deploy();
});

const MAIL = { task: "note" };
const send = (jobs: unknown) => deployed.call(post("/submit-jobs", { jobs }));

test("one script accepts a hundred jobs and returns their ids in order", async () => {
  const jobs = Array.from({ length: 100 }, (_, i) => ({ ...MAIL, payload: { subject: `no. ${i}` } }));
  api.faults.reset();
  const answer = await send(jobs);
  expect(answer).toMatchObject({ status: 202, headers: { "retry-after": "1" } });
  expect(api.faults.seen.map(({ verbs }) => verbs)).toEqual([["submit"], ["submit"]].slice(0, api.faults.seen.length));
  const ids = answer.body.job_ids as string[];
  expect(new Set(ids).size).toBe(100);
  const subjects: string[] = [];
  const mail = task("note", ({ input }) => void subjects.push((input as { subject: string }).subject));
  await startWorker(deployed.queue, [mail], { concurrency: 1 }).drain();
  expect(subjects).toEqual(jobs.map(({ payload }) => payload.subject));
  const [first, last] = await Promise.all([ids[0], ids[99]].map((id) => deployed.call(get(`/job-status/${id}`))));
  expect([first!.body.status, last!.body.status]).toEqual(["completed", "completed"]);
});

test("each job has its own task, priority, retries and time", async () => {
  const { body } = await send([
    { ...MAIL, priority: "high", max_retries: 0 },
    { task: "count", payload: { up_to: 10 }, delay_seconds: 3_000 },
    { ...MAIL, priority: "low", max_retries: 7 },
  ]);
  const [high, later, low] = body.job_ids as [string, string, string];
  const { store } = deployed;
  expect(await Promise.all([high, later, low].map((id) => store.places(id)))).toEqual([
    ["high"],
    ["scheduled"],
    ["low"],
  ]);
  expect(await store.record(high)).toMatchObject({ max_retries: 0 });
  expect(await store.record(low)).toMatchObject({ max_retries: 7 });
});

test("one bad job refuses the whole batch, and every bad job is named", async () => {
  const good = Array.from({ length: 97 }, () => MAIL);
  const answer = await send([...good, { task: "nope" }, { ...MAIL, payload: { to: "x", cc: 1 } }, MAIL]);
  expect(answer).toMatchObject({ status: 422, body: { code: "invalid_request" } });
  expect(answer.body.errors).toEqual([
    {
      pointer: "/jobs/97/task",
      detail: 'there is no task "nope"; there are: note, call, count, wait, flaky, lazy, variables',
    },
    { pointer: "/jobs/98/payload/to", detail: expect.stringContaining("email") },
    { pointer: "/jobs/98/payload/cc", detail: "there is no such field" },
  ]);
  expect(await deployed.store.all()).toEqual({});
});

test("a batch that never reached Redis is a 503, and none of its jobs exist", async () => {
  api.faults.when(() => "drop_request");
  expect((await send([MAIL, MAIL])).status).toBe(503);
  api.faults.reset();
  expect(await deployed.store.all()).toEqual({});
});

test("payloads that fit one by one are accepted up to a total of 4 MiB", async () => {
  const large = { ...MAIL, payload: { text: "x".repeat(260_000) } };
  expect((await send(Array(16).fill(large))).status).toBe(202);
  expect(await send(Array(17).fill(large))).toMatchObject({ status: 413, body: { code: "payload_too_large" } });
  expect(await deployed.store.ready()).toHaveLength(16);
});
