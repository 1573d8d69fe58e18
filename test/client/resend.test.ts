import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { WakeqError, WakeqNetworkError } from "../../client/index.ts";
import { accepted, fakeServer, ID, job, json, outcomeOf, problem } from "./fake-server.ts";

const DEAD = new TypeError("fetch failed");

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, "random").mockReturnValue(1);
});
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
  vi.restoreAllMocks();
});

test("a submit that gets no answer is sent again unchanged, under the same key", async () => {
  const { sent, client } = fakeServer([DEAD, DEAD, accepted], { key: "secret" });
  const payload = { n: 1 };
  const call = outcomeOf(client.submit("t", payload, { runAt: new Date(0), maxRetries: 2 }));
  payload.n = 2;
  expect(await call).toEqual({ jobId: ID, replayed: false, uniqueConflict: false });
  expect(sent.map(({ afterMs }) => afterMs)).toEqual([0, 250, 750]);
  for (const { method, url, headers, body } of sent) {
    expect([method, url]).toEqual(["POST", "https://queue.example/submit-job"]);
    expect(body).toEqual({ task: "t", payload: { n: 1 }, run_at: "1970-01-01T00:00:00.000Z", max_retries: 2 });
    expect(headers.get("idempotency-key")).toBe(sent[0]!.headers.get("idempotency-key"));
    expect(headers.get("idempotency-key")).toMatch(/^[0-9a-f-]{36}$/);
    expect(headers.get("authorization")).toBe("Bearer secret");
  }
});

test("each call has its own key, even without crypto.randomUUID", async () => {
  vi.restoreAllMocks();
  vi.stubGlobal("crypto", undefined);
  const { sent, client } = fakeServer([accepted]);
  await outcomeOf(
    Promise.all([client.submit("t"), client.submit("t"), client.submit("t", 1, { idempotencyKey: "k" })]),
  );
  vi.unstubAllGlobals();
  const keys = sent.map(({ headers }) => headers.get("idempotency-key")!);
  expect(new Set(keys).size).toBe(3);
  expect(keys[0]).toMatch(/^[\x21-\x7e]{20,255}$/);
  expect(keys[2]).toBe("k");
});

test("a replay is reported", async () => {
  const { client } = fakeServer([json(202, { job_id: ID }, { "idempotent-replayed": "true" })]);
  expect(await outcomeOf(client.submit("t"))).toEqual({ jobId: ID, replayed: true, uniqueConflict: false });
});

test.each([429, 502, 503, 504])("%i is sent again", async (status) => {
  const { sent, client } = fakeServer([new Response("<html>", { status }), accepted]);
  expect(await outcomeOf(client.submit("t"))).toMatchObject({ jobId: ID });
  expect(sent.length).toBe(2);
});

test.each([400, 401, 403, 404, 409, 413, 415, 422, 500])("%i is not sent again", async (status) => {
  const { sent, client } = fakeServer([problem(status, "some_code"), accepted]);
  const error = await outcomeOf(client.submit("t"));
  expect(error).toBeInstanceOf(WakeqError);
  expect(error).toMatchObject({ status, code: "some_code", detail: "this is some_code", errors: [] });
  expect((error as Error).message).toBe(`${status} some_code: this is some_code`);
  expect(sent.length).toBe(1);
});

test.each([
  ["in seconds", () => "3"],
  ["as a date", () => new Date(Math.ceil(Date.now() / 1_000) * 1_000 + 3_000).toUTCString()],
])("nothing is sent before Retry-After, %s", async (_, header) => {
  const { sent, client } = fakeServer([problem(503, "redis_unavailable", { "retry-after": header() }), accepted]);
  await outcomeOf(client.submit("t"));
  expect(sent[1]!.afterMs).toBeGreaterThanOrEqual(3_000);
  expect(sent[1]!.afterMs).toBeLessThan(4_500);
});

test("a Retry-After beyond the time limit is thrown, not waited for", async () => {
  const { sent, client } = fakeServer([problem(429, "rate_limited", { "retry-after": "60" }), accepted]);
  const begin = performance.now();
  expect(await outcomeOf(client.submit("t"))).toMatchObject({ code: "rate_limited", retryAfterSeconds: 60 });
  expect(sent.length).toBe(1);
  expect(performance.now()).toBe(begin);
});

test("a Retry-After that makes no sense is ignored", async () => {
  const { client } = fakeServer([problem(422, "invalid_request", { "retry-after": "soon" })]);
  expect(await outcomeOf(client.submit("t"))).toMatchObject({ retryAfterSeconds: undefined });
});

test("waits grow up to 5 s, and it gives up after the set number of resends", async () => {
  const { sent, client } = fakeServer([DEAD], { retries: 7, timeoutMs: 60_000 });
  const error = await outcomeOf(client.stats());
  expect(error).toBeInstanceOf(WakeqNetworkError);
  expect(error).toMatchObject({ cause: DEAD, message: expect.stringContaining("https://queue.example/queue-stats") });
  expect(sent.map(({ afterMs }) => afterMs)).toEqual([0, 250, 750, 1_750, 3_750, 7_750, 12_750, 17_750]);
});

test("jitter at most halves a wait", async () => {
  vi.mocked(Math.random).mockReturnValue(0);
  const { sent, client } = fakeServer([DEAD, accepted]);
  await outcomeOf(client.submit("t"));
  expect(sent[1]!.afterMs).toBe(125);
});

test("when the time is over the last answer is thrown, and no request follows", async () => {
  const { sent, client } = fakeServer([problem(503, "redis_unavailable"), "hangs"], { timeoutMs: 5_000 });
  const begin = performance.now();
  expect(await outcomeOf(client.stats())).toMatchObject({ code: "redis_unavailable", status: 503 });
  expect(performance.now() - begin).toBe(5_000);
  expect(sent.length).toBe(2);
});

test("a server that never answers is asked again after 10 s, and given up after the time limit", async () => {
  const { sent, client } = fakeServer(["hangs"]);
  const begin = performance.now();
  expect(await outcomeOf(client.stats())).toBeInstanceOf(WakeqNetworkError);
  expect(performance.now() - begin).toBe(30_000);
  expect(sent.map(({ afterMs }) => afterMs)).toEqual([0, 10_250, 20_750]);
});

test("a request that the server holds open may take longer", async () => {
  const { sent, client } = fakeServer(["hangs", job("completed")]);
  await outcomeOf(client.status(ID, { waitSeconds: 20 }));
  expect(sent.map(({ url, afterMs }) => [url, afterMs])).toEqual([
    [`https://queue.example/job-status/${ID}?wait=20`, 0],
    [`https://queue.example/job-status/${ID}?wait=20`, 30_250],
  ]);
});

describe("an answer that is not wakeq's", () => {
  test.each([
    ["HTML", () => new Response("<!doctype html><title>Sign in</title>")],
    ["half a JSON", () => new Response('{"job_id": "0190')],
    ["JSON in another format", () => json(200, { ok: true })],
    ["null", () => json(200, null)],
    ["a list", () => json(200, [ID])],
    ["nothing", () => new Response(null, { status: 204 })],
  ])("%s is an error that shows its text", async (_, answer) => {
    const text = await answer().text();
    const { sent, client } = fakeServer([answer()]);
    const error = await outcomeOf(client.submit("t"));
    expect(error).toBeInstanceOf(WakeqError);
    expect(error).toMatchObject({ code: "unexpected_answer", detail: text });
    expect(sent.length).toBe(1);
  });

  test("API Gateway's own words are shown, with its status", async () => {
    const { client } = fakeServer([json(500, { message: "Internal Server Error" })]);
    expect(await outcomeOf(client.submit("t"))).toMatchObject({
      status: 500,
      code: "unexpected_answer",
      detail: '{"message":"Internal Server Error"}',
    });
  });

  test("a body that breaks off does not count as an answer", async () => {
    const broken = () => new Response(new ReadableStream({ pull: (stream) => stream.error(new Error("reset")) }));
    const { sent, client } = fakeServer([broken, accepted]);
    expect(await outcomeOf(client.submit("t"))).toMatchObject({ jobId: ID });
    expect(sent.length).toBe(2);
  });
});

test("a refusal after a lost reply mentions the lost reply", async () => {
  const conflict = problem(409, "job_finished");
  const after = async (...before: (Error | Response)[]) =>
    (await outcomeOf(fakeServer([...before, conflict]).client.cancel(ID))) as WakeqError;
  expect((await after()).afterLostReply).toBe(false);
  expect((await after(problem(429, "rate_limited"))).afterLostReply).toBe(false);
  expect((await after(DEAD)).afterLostReply).toBe(true);
  expect((await after(problem(503, "redis_unavailable"))).afterLostReply).toBe(true);
});

test("a request that cannot be sent throws before anything is sent", async () => {
  const { sent, client } = fakeServer([accepted]);
  const circular: Record<string, unknown> = {};
  circular.self = circular;
  expect(await outcomeOf(client.submit("t", circular))).toBeInstanceOf(TypeError);
  expect(await outcomeOf(client.submit("t", 1n))).toBeInstanceOf(TypeError);
  expect(await outcomeOf(client.submit("t", {}, { idempotencyKey: "line\nbreak" }))).toBeInstanceOf(TypeError);
  expect(sent).toEqual([]);
});

test("a health check is sent only once", async () => {
  const { sent, client } = fakeServer([problem(503, "redis_unavailable", { "retry-after": "2" })]);
  expect(await outcomeOf(client.health())).toMatchObject({ status: 503, retryAfterSeconds: 2 });
  expect(sent.length).toBe(1);
});

describe("a signal", () => {
  test("that has already aborted prevents the request", async () => {
    const { sent, client } = fakeServer([accepted]);
    const signal = AbortSignal.abort("gone");
    expect(await outcomeOf(client.submit("t", {}, { signal }))).toBe("gone");
    expect(sent).toEqual([]);
  });

  test.each([
    ["while a request is open", "hangs" as const, 1_000],
    ["between two tries", problem(503, "redis_unavailable", { "retry-after": "5" }), 1_000],
  ])("ends the call immediately %s", async (_, answer, afterMs) => {
    const { sent, client } = fakeServer([answer]);
    const controller = new AbortController();
    const begin = performance.now();
    const call = client.submit("t", {}, { signal: controller.signal }).catch((reason: unknown) => reason);
    await vi.advanceTimersByTimeAsync(afterMs);
    controller.abort("enough");
    expect(await call).toBe("enough");
    expect(performance.now() - begin).toBe(afterMs);
    expect(sent.length).toBe(1);
  });

  test("ends a list between two pages", async () => {
    const { sent, client } = fakeServer([json(200, { jobs: [], next_cursor: "more" })]);
    const controller = new AbortController();
    const pages = client.list({ signal: controller.signal }).pages();
    expect((await pages.next()).value).toEqual({ jobs: [], nextCursor: "more" });
    controller.abort("enough");
    await expect(pages.next()).rejects.toBe("enough");
    expect(sent.length).toBe(1);
  });

  test("has no listeners left afterwards", async () => {
    const { signal } = new AbortController();
    const added = vi.spyOn(signal, "addEventListener");
    const removed = vi.spyOn(signal, "removeEventListener");
    const { client } = fakeServer([DEAD, accepted]);
    await outcomeOf(client.submit("t", {}, { signal }));
    expect(added.mock.calls.length).toBeGreaterThan(0);
    expect(removed.mock.calls.map(([, listener]) => listener)).toEqual(
      added.mock.calls.map(([, listener]) => listener),
    );
  });
});
