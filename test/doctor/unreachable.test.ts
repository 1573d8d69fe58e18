import { expect, onTestFinished, test } from "vitest";
import { startLocalRedis } from "../../packages/redis-rest-local/src/testing.ts";
import { startFaults } from "../support/faults.ts";
import { useDeployment } from "./deployment.ts";
import { examined, runDoctor } from "./examined.ts";

const deployment = useDeployment();
const { sound } = deployment;

test("an address where nothing listens is a failure", async () => {
  const nobody = await startFaults(deployment.local.url);
  await nobody.stop();
  const found = await examined(sound({ UPSTASH_REDIS_REST_URL: nobody.url }));
  expect(found.line("reachable")).toBe(`FAIL nothing listens at ${new URL(nobody.url).host}`);
  expect(found.exitCode).toBe(1);
});

test("a host that no name server knows is a failure", async () => {
  const found = await examined(sound({ UPSTASH_REDIS_REST_URL: "https://no-such-database.invalid" }));
  expect(found.line("reachable")).toMatch(
    /^FAIL no name server knows no-such-database\.invalid \((ENOTFOUND|EAI_AGAIN)\)/,
  );
  expect(found.exitCode).toBe(1);
});

test("an https:// address of a server without TLS is a failure", async () => {
  const found = await examined(sound({ UPSTASH_REDIS_REST_URL: deployment.faults.url.replace("http:", "https:") }));
  expect(found.line("reachable")).toMatch(/^FAIL no secure connection to 127\.0\.0\.1:\d+ \(/);
  expect(found.fix("reachable")).toContain("it speaks no TLS");
});

test("a database that does not answer in time is a failure", async () => {
  deployment.faults.when(() => ({ before: new Promise(() => {}) }));
  const found = await examined(sound({ REDIS_TIMEOUT_MS: "100" }));
  expect(found.line("reachable")).toMatch(/^FAIL 127\.0\.0\.1:\d+ does not answer in time \(no answer within 100 ms\)/);
  expect(found.exitCode).toBe(1);
});

test.each([
  [
    "a page in HTML",
    { answer: 200, body: "<!doctype html><title>Welcome</title>" },
    /^FAIL what answers there \(200\) is no Redis REST API/,
  ],
  ["JSON of another kind", { answer: 200, body: '{"status":"pass"}' }, /^FAIL what answers there is no Redis REST API/],
  [
    "a gateway whose Redis is down",
    { answer: 503, body: "" },
    /^FAIL the REST API answers 503: Redis behind it is down/,
  ],
  ["a connection that breaks", "drop_request" as const, /^FAIL the connection to 127\.0\.0\.1:\d+ breaks \(/],
])("the doctor recognises %s", async (_, fault, line) => {
  deployment.faults.when(() => fault);
  const found = await examined(sound());
  expect(found.line("reachable")).toMatch(line);
  expect(found.exitCode).toBe(1);
});

test("the port of Redis itself is a failure: it speaks no HTTP", async () => {
  const found = await examined(sound({ UPSTASH_REDIS_REST_URL: `http://127.0.0.1:${deployment.local.redis.port}` }));
  expect(found.line("reachable")).toMatch(/^FAIL (what listens at .* speaks no HTTP|the connection to .* breaks)/);
});

test("a gateway whose Redis is down is a failure", async () => {
  const other = await startLocalRedis();
  onTestFinished(() => other.stop());
  await other.redis.kill();
  const { code, output } = await runDoctor(
    sound({ UPSTASH_REDIS_REST_URL: other.url, UPSTASH_REDIS_REST_TOKEN: other.token }),
  );
  expect(output).toMatch(/^FAIL {2}reachable {4}the REST API answers 5\d\d: Redis behind it is down or overloaded/m);
  expect(code).toBe(1);
});
