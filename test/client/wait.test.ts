import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { JobFailedError, WakeqTimeoutError } from "../../client/index.ts";
import { accepted, fakeServer, ID, job, outcomeOf, problem } from "./fake-server.ts";

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, "random").mockReturnValue(1);
});
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const waits = (sent: { url: string }[]) => sent.map(({ url }) => Number(new URL(url).searchParams.get("wait")));

test("a job that finishes while the status request is held takes one request", async () => {
  const { sent, client } = fakeServer([job("completed", { result: { snake_case: { created_at: "mine" } } })]);
  expect(await outcomeOf(client.waitFor(ID))).toEqual({
    jobId: ID,
    task: "t",
    status: "completed",
    retries: 0,
    maxRetries: 3,
    priority: "normal",
    attempts: [],
    createdAt: new Date("2030-01-31T12:00:00Z"),
    finishedAt: new Date("2030-01-31T12:00:01Z"),
    result: { snake_case: { created_at: "mine" } },
  });
  expect(waits(sent)).toEqual([20]);
});

test("payload, fields and whole errors arrive unchanged, and log lines have their instants", async () => {
  const detail = { name: "E", message: "m", stack: "    at a", cause: { name: "C", message: "c", code: "X" } };
  const attempt = { attempt: 1, outcome: "failed", worker: "w", error: "E", message: "m", detail };
  const times = { started_at: "2030-01-31T12:00:00Z", ended_at: "2030-01-31T12:00:01Z" };
  const given = { some_at: "mine", snake_case: [{ at: "mine" }] };
  const log = [{ at: "2030-01-31T12:00:00Z", message: "said", fields: given }];
  const { client } = fakeServer([job("failed", { payload: given, log, attempts: [{ ...attempt, ...times }] })]);
  expect(await outcomeOf(client.waitFor(ID))).toMatchObject({
    payload: given,
    log: [{ at: new Date("2030-01-31T12:00:00Z"), message: "said", fields: given }],
    attempts: [{ ...attempt, startedAt: new Date(times.started_at), endedAt: new Date(times.ended_at) }],
  });
});

test("a server that holds no status request open is polled at the pace that it names", async () => {
  const { sent, client } = fakeServer([job("pending"), job("processing"), job("failed", { error: "E: m" })]);
  expect(await outcomeOf(client.waitFor(ID))).toMatchObject({ status: "failed", error: "E: m" });
  expect(sent.map(({ afterMs }) => afterMs)).toEqual([0, 1_000, 2_000]);
});

test("a job that is due later is not polled before then", async () => {
  const later = job("pending", { run_at: "2030-01-31T13:00:00.000Z" }, { "retry-after": "60" });
  const soon = job("pending", { run_at: "2030-01-31T13:00:00.000Z" }, { "retry-after": "15" });
  const { sent, client } = fakeServer([later, later, soon, job("completed")]);
  await outcomeOf(client.waitFor(ID));
  expect(sent.map(({ afterMs }) => afterMs)).toEqual([0, 60_000, 120_000, 135_000]);
  expect(waits(sent)).toEqual([20, 0, 0, 20]);
});

test("every change is reported once, and status requests are held only briefly", async () => {
  const answers = [
    ...[job("pending"), job("pending"), job("processing", { progress: 10 }), job("processing", { progress: 10 })],
    ...[
      job("processing", { progress: 20, note: "on" }),
      job("pending", { retries: 1 }),
      job("completed", { retries: 1 }),
    ],
  ];
  const { sent, client } = fakeServer(answers);
  const seen: unknown[] = [];
  const onProgress = vi.fn(({ status, progress, retries }) => seen.push([status, progress, retries]));
  await outcomeOf(client.waitFor(ID, { onProgress }));
  expect(seen).toEqual([
    ...[
      ["pending", undefined, 0],
      ["processing", 10, 0],
      ["processing", 20, 0],
    ],
    ...[
      ["pending", undefined, 1],
      ["completed", undefined, 1],
    ],
  ]);
  expect(new Set(waits(sent))).toEqual(new Set([2]));
});

test("an error in onProgress ends the wait", async () => {
  const { client } = fakeServer([job("pending")]);
  const error = new Error("mine");
  const onProgress = () => {
    throw error;
  };
  expect(await outcomeOf(client.waitFor(ID, { onProgress }))).toBe(error);
});

test("an outage between two status requests is waited out", async () => {
  const { client } = fakeServer([job("pending"), problem(503, "redis_unavailable"), job("completed")]);
  expect(await outcomeOf(client.waitFor(ID))).toMatchObject({ status: "completed" });
});

test("after timeoutMs it throws, with the last known state of the job", async () => {
  const { sent, client } = fakeServer([job("processing", { progress: 40 })]);
  const begin = performance.now();
  const error = await outcomeOf(client.waitFor(ID, { timeoutMs: 3_000 }));
  expect(error).toBeInstanceOf(WakeqTimeoutError);
  expect(error).toMatchObject({ message: "the job is processing after 3000 ms", job: { jobId: ID, progress: 40 } });
  expect(performance.now() - begin).toBe(3_000);
  // No request is held beyond the end.
  expect(waits(sent)).toEqual([2, 1, 0]);
});

test("a signal ends the wait immediately, whether a status request is open or not", async () => {
  for (const answer of ["hangs" as const, job("pending", {}, { "retry-after": "60" })]) {
    const { client } = fakeServer([answer]);
    const controller = new AbortController();
    const begin = performance.now();
    const call = client.waitFor(ID, { signal: controller.signal }).catch((reason: unknown) => reason);
    await vi.advanceTimersByTimeAsync(1_500);
    controller.abort("enough");
    expect(await call).toBe("enough");
    expect(performance.now() - begin).toBe(1_500);
  }
});

test("the signal of a run also ends its wait", async () => {
  const { sent, client } = fakeServer([accepted, "hangs"]);
  const controller = new AbortController();
  const call = client.run("t", {}, { signal: controller.signal }).catch((reason: unknown) => reason);
  await vi.advanceTimersByTimeAsync(1_500);
  controller.abort("enough");
  expect(await call).toBe("enough");
  expect(sent.length).toBe(2);
});

test("run passes its options on, and throws a job that has not completed", async () => {
  const onProgress = vi.fn();
  const { sent, client } = fakeServer([accepted, job("cancelled")]);
  const error = await outcomeOf(client.run("t", { n: 1 }, { priority: "low", idempotencyKey: "k", onProgress }));
  expect(error).toBeInstanceOf(JobFailedError);
  expect((error as Error).message).toBe(`the job ${ID} (t) was cancelled`);
  expect(sent[0]).toMatchObject({ body: { task: "t", payload: { n: 1 }, priority: "low" } });
  expect(sent[0]!.headers.get("idempotency-key")).toBe("k");
  expect(onProgress).toHaveBeenCalledTimes(1);
});

test("a retry that was carried out before its reply was lost returns the job", async () => {
  const { sent, client } = fakeServer([new TypeError("dead"), problem(409, "job_not_failed"), job("pending")]);
  expect(await outcomeOf(client.retry(ID))).toMatchObject({ status: "pending" });
  expect(sent.map(({ method, url }) => `${method} ${new URL(url).pathname}`)).toEqual([
    ...[`POST /retry-job/${ID}`, `POST /retry-job/${ID}`, `GET /job-status/${ID}`],
  ]);
});

test("a retry that is refused the first time throws the refusal", async () => {
  const { sent, client } = fakeServer([problem(409, "job_not_failed"), job("pending")]);
  expect(await outcomeOf(client.retry(ID))).toMatchObject({ status: 409, code: "job_not_failed" });
  expect(sent.length).toBe(1);
});

test("a job that an earlier try let run, whose reply was lost, is returned", async () => {
  const { sent, client } = fakeServer([new TypeError("dead"), problem(409, "job_not_pending"), job("processing")]);
  expect(await outcomeOf(client.runNow(ID))).toMatchObject({ status: "processing" });
  expect(sent.map(({ method, url }) => `${method} ${new URL(url).pathname}`)).toEqual([
    ...[`POST /run-job/${ID}`, `POST /run-job/${ID}`, `GET /job-status/${ID}`],
  ]);
});

test("a delete that was carried out before its reply was lost is done, and any other 404 is thrown", async () => {
  const { sent, client } = fakeServer([new TypeError("dead"), problem(404, "job_not_found")]);
  expect(await outcomeOf(client.delete(ID))).toBeUndefined();
  expect(sent.map(({ method, url }) => `${method} ${new URL(url).pathname}`)).toEqual([
    ...[`DELETE /jobs/${ID}`, `DELETE /jobs/${ID}`],
  ]);
  const unknown = fakeServer([problem(404, "job_not_found")]).client;
  expect(await outcomeOf(unknown.delete(ID))).toMatchObject({ code: "job_not_found" });
  expect(await outcomeOf(unknown.runNow(ID))).toMatchObject({ code: "job_not_found" });
});
