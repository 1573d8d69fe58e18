import { expect, test } from "vitest";
import { apiKey, get, post, useApi } from "../support/api.ts";
import { logged } from "../support/stderr.ts";

const api = useApi();
const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const traceparent = `00-${TRACE}-00f067aa0ba902b7-01`;
const SPOKEN = { IS_OFFLINE: "true", LOG_LEVEL: "info" };

test("a submit logs one line for each job, with its caller and its trace", async () => {
  const key = apiKey("shop", "submit");
  const deployed = await api.deploy({ ...SPOKEN, API_KEYS: key.entry });
  const sent = post("/submit-jobs", { jobs: [{ task: "note" }, { task: "count" }] }, { traceparent });
  const { result, lines } = await logged(() =>
    deployed.call({ ...sent, headers: { ...sent.headers, ...key.headers } }),
  );
  const common = { time: expect.any(String), level: "info", event: "submit", caller: "shop", trace_id: TRACE };
  expect(lines).toEqual([
    { ...common, job_id: result.body.job_ids[0], task: "note" },
    { ...common, job_id: result.body.job_ids[1], task: "count" },
  ]);
});

test("a submit that is sent again is logged as a replay, and is not counted twice", async () => {
  const deployed = await api.deploy({ ...SPOKEN, METRICS: "on", STAGE: "test" });
  const sent = post("/submit-job", { task: "note" }, { "idempotency-key": "order-17" });
  const { lines } = await logged(async () => {
    await deployed.call(sent);
    await deployed.call(sent);
  });
  expect(lines).toMatchObject([
    { event: "submit", task: "note" },
    { event: "metrics", Submitted: 1, stage: "test" },
    { event: "submit", task: "note", replayed: true },
  ]);
});

test("a job that conflicts is logged with the id of the one that holds its key, and counted as such alone", async () => {
  const deployed = await api.deploy({ ...SPOKEN, METRICS: "on", STAGE: "test" });
  const job = { task: "note", unique: { key: "a secret" } };
  const { lines, text, result } = await logged(async () => {
    const first = await deployed.call(post("/submit-job", job));
    await deployed.call(post("/submit-jobs", { jobs: [job, { task: "count" }] }));
    return first.body.job_id as string;
  });
  expect(lines).toMatchObject([
    { event: "submit", job_id: result },
    { event: "metrics", Submitted: 1 },
    { event: "unique_conflict", level: "info", job_id: result, task: "note" },
    { event: "submit", task: "count" },
    { event: "metrics", Submitted: 1, UniqueConflicts: 1 },
  ]);
  expect(lines[1]).not.toHaveProperty("UniqueConflicts");
  expect(text).not.toContain("a secret");
});

test("a refused request is logged, too, at the right level", async () => {
  const key = apiKey("shop", "read");
  const deployed = await api.deploy({ ...SPOKEN, API_KEYS: key.entry });
  const { lines } = await logged(async () => {
    await deployed.call(get("/job-status/nonsense", key.headers));
    await deployed.call(post("/submit-job", { task: "note" }, key.headers));
    await deployed.call(get("/jobs", { authorization: "Bearer wrong", traceparent }));
  });
  const common = { time: expect.any(String), event: "request_refused" };
  expect(lines).toEqual([
    { ...common, level: "info", route: "jobStatus", status: 400, code: "invalid_job_id", caller: "shop" },
    { ...common, level: "warn", route: "submitJob", status: 403, code: "forbidden" },
    { ...common, level: "warn", route: "listJobs", status: 401, code: "unauthorized", trace_id: TRACE },
  ]);
});

test("an invalid traceparent is ignored", async () => {
  const deployed = await api.deploy(SPOKEN);
  const sent = post("/submit-job", { task: "note" }, { traceparent: `00-${"0".repeat(32)}-00f067aa0ba902b7-01` });
  const { result, lines } = await logged(() => deployed.call(sent));
  expect(result.status).toBe(202);
  expect(lines[0]).not.toHaveProperty("trace_id");
  expect((await deployed.queue.status(result.body.job_id))?.job.traceparent).toBeUndefined();
});

test("a traceparent of a later version is kept in the version that we know", async () => {
  const deployed = await api.deploy();
  const sent = post("/submit-job", { task: "note" }, { traceparent: `cc${traceparent.slice(2)}-more` });
  const { body } = await deployed.call(sent);
  expect((await deployed.queue.status(body.job_id))?.job.traceparent).toBe(traceparent);
});
