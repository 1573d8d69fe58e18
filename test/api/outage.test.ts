import { beforeEach, describe, expect, test, vi } from "vitest";
import { type Api, aimedAt, type Deployed, get, loadApi, post, useApi } from "../support/api.ts";
import type { Fault } from "../support/faults.ts";
import { job } from "../support/redis.ts";
import type { Sent } from "../support/request.ts";
import { routes } from "../support/routes.ts";
import { logged } from "../support/stderr.ts";

const api = useApi();
let deployed: Deployed;
beforeEach(async () => {
  api.faults.reset();
  deployed = await api.deploy({ IS_OFFLINE: "true", LOG_LEVEL: "error" });
});

const ID = crypto.randomUUID();
const SECRET = "s3cr3t-payload";
const requests: Sent[] = [
  post("/submit-job", { task: "note", payload: { subject: SECRET } }),
  post("/submit-job", { task: "note", payload: { subject: SECRET } }, { "idempotency-key": "k" }),
  post("/submit-jobs", { jobs: [{ task: "note", payload: { subject: SECRET } }, { task: "count" }] }),
  get(`/job-status/${ID}`),
  get(`/job-status/${ID}?wait=20`),
  get("/jobs"),
  get("/queue-stats"),
  get("/history"),
  get("/metrics"),
  get("/failures"),
  get("/pulse"),
  post("/retry-jobs", { status: "failed" }),
  post("/delete-jobs", { status: "failed" }),
  get("/health"),
  { ...post("/schedules/a", { task: "note", payload: { subject: SECRET }, every: 60 }), method: "PUT" },
  get("/schedules/a"),
  get("/schedules"),
  { ...get("/schedules/a"), method: "DELETE" },
  post("/schedules/a/run"),
  post(`/cancel-job/${ID}`),
  post(`/retry-job/${ID}`),
  post(`/run-job/${ID}`),
  { method: "DELETE", path: `/jobs/${ID}`, headers: {} },
];
const faults: [string, Fault][] = [
  ["breaks every connection", "drop_request"],
  ["answers with half a reply", "cut_reply"],
  ["is behind a proxy that answers 502", { answer: 502, body: "<html>Bad Gateway</html>" }],
  ["is a different server that says Welcome", { answer: 200, body: "<html>Welcome</html>" }],
  ["refuses the token", { answer: 401, body: '{"error":"WRONGPASS"}' }],
  ["is past its quota", { answer: 400, body: '{"error":"ERR max requests limit exceeded. Limit: 500000"}' }],
];

describe.each(faults)("when Redis %s", (_, fault) => {
  test("every route answers 503, says when to try again, and reveals nothing else", async () => {
    api.faults.when(() => fault);
    const { lines, text } = await logged(async () => {
      for (const sent of requests) {
        const answer = await deployed.call(sent);
        expect(answer, `${sent.method} ${sent.path}`).toMatchObject({
          status: 503,
          body: { code: "redis_unavailable" },
        });
        expect(answer.headers).toMatchObject({ "retry-after": "2", "content-type": "application/problem+json" });
        expect(answer.text).not.toMatch(/WRONGPASS|quota|limit|html|127\.0\.0\.1|token/i);
      }
    });
    expect(lines.map(({ event }) => event)).toEqual(requests.map(() => "request_failed"));
    expect(lines.every(({ name }) => name === "RedisError")).toBe(true);
    expect(text).not.toContain(SECRET);
    api.faults.reset();
    if (fault !== "cut_reply") expect(await deployed.store.all()).toEqual({});
  });
});

test("every route answers 503 if nothing listens at the address of Redis", async () => {
  const down = await loadApi({
    UPSTASH_REDIS_REST_URL: "http://127.0.0.1:1",
    UPSTASH_REDIS_REST_TOKEN: "t",
    IS_OFFLINE: "true",
  });
  for (const sent of requests) expect((await down.call(sent)).status).toBe(503);
});

test("a key of the wrong type in Redis is a 503, not a fault of the request", async () => {
  await api.redis.redis.set(deployed.keys.failed, "mine");
  const { result, lines } = await logged(() => deployed.call(get("/jobs?status=failed")));
  expect(result).toMatchObject({ status: 503, body: { code: "redis_unavailable" } });
  expect(lines[0]!.message).toContain("WRONGTYPE");
});

test("the same process serves again after an outage", async () => {
  api.faults.when(() => "drop_request");
  await logged(() => deployed.call(get("/queue-stats")));
  api.faults.reset();
  expect((await deployed.call(get("/queue-stats"))).status).toBe(200);
});

test("a worker that cannot be woken does not fail the submit", async () => {
  deployed = await api.deploy({
    IS_OFFLINE: "true",
    LOG_LEVEL: "warn",
    WORKER_FUNCTION_NAME: "w",
    AWS_ENDPOINT_URL_LAMBDA: "http://127.0.0.1:1",
  });
  const { result, lines } = await logged(() => deployed.call(post("/submit-job", { task: "note" })));
  expect(result.status).toBe(202);
  expect(lines).toMatchObject([{ level: "warn", event: "wake_failed" }]);
});

describe("with wrong settings", () => {
  const wrong = {
    UPSTASH_REDIS_REST_URL: "redis://x",
    UPSTASH_REDIS_REST_TOKEN: "",
    KEY_PREFIX: "a b",
    RATE_LIMIT: "many",
    API_KEYS: "wq_mykey",
    CORS_ORIGINS: "https://app.example.com/",
    LEASE_SECONDS: "0",
  };
  let misled: Api;
  beforeEach(async () => {
    misled = await loadApi(wrong);
  });

  test("every route answers 503 not_configured, and the log names every wrong setting without its secrets", async () => {
    for (const sent of requests) {
      const { result, lines } = await logged(() => misled.call(sent));
      expect(result).toMatchObject({ status: 503, body: { code: "not_configured" } });
      for (const name of Object.keys(wrong)) {
        expect(result.text).not.toContain(name);
        expect(lines[0]!.message).toContain(`  ${name}: expected`);
      }
      expect(lines[0]!.message).not.toContain("wq_mykey");
    }
  });

  test("the same process serves once they are corrected", async () => {
    await logged(() => misled.call(get("/health")));
    for (const name of Object.keys(wrong)) vi.stubEnv(name, "");
    vi.stubEnv("UPSTASH_REDIS_REST_URL", api.redis.local.url);
    vi.stubEnv("UPSTASH_REDIS_REST_TOKEN", api.redis.local.token);
    expect((await misled.call(get("/health"))).status).toBe(200);
  });
});

describe("an event that no API made", () => {
  const events: unknown[] = [
    ...[undefined, null, 5, "text", [], {}, { source: "aws.events", detail: {} }, { Records: [{ body: "{}" }] }],
    ...[{ headers: { authorization: ["Bearer x"], "content-type": 5 }, body: { task: "note" } }],
    ...[
      { rawPath: 7, pathParameters: { job_id: 3 }, queryStringParameters: "wait=1", body: 12, isBase64Encoded: "yes" },
    ],
    ...[{ version: "1.0", path: "/submit-job", httpMethod: "POST", multiValueHeaders: {}, body: null }],
    ...[{ headers: { prefer: { wait: 1 }, "idempotency-key": null, "if-none-match": 1 }, pathParameters: null }],
  ];

  test.each(Object.keys(routes))("neither breaks %s nor makes it accept a job", async (name) => {
    for (const event of events) {
      const { status } = await deployed.invoke(aimedAt(name, event));
      expect(status, `${name} of ${JSON.stringify(event)}`).toBeLessThan(500);
      expect(status).not.toBe(202);
    }
    expect(await deployed.store.all()).toEqual({});
  });
});

test("nothing in a request can forge log lines or headers", async () => {
  deployed = await api.deploy({ IS_OFFLINE: "true", LOG_LEVEL: "debug" });
  const nasty = 'x\r\n{"level":"error","event":"forged"}\u2028\u001b[2J';
  const sent = post(
    "/submit-job",
    { task: "note", payload: { subject: nasty } },
    { "x-nasty": nasty, traceparent: nasty, prefer: `wait=0, ${nasty}` },
  );
  const { result, lines } = await logged(() => deployed.call(sent));
  expect(result.status).toBe(202);
  expect(lines.map(({ event }) => event)).toEqual(["submit"]);
  expect(JSON.stringify(result.headers)).not.toContain("forged");
  const named = await logged(() => deployed.call(post("/submit-job", { task: nasty })));
  expect(named.result.status).toBe(422);
  expect(named.lines).toMatchObject([{ event: "request_refused", code: "unknown_task" }]);
  expect(named.text).not.toContain("forged");
  await deployed.queue.submit([job({ task: nasty })]);
  expect((await deployed.call(get("/jobs"))).body.jobs[0].task).toBe(nasty);
});
