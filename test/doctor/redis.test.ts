import { expect, onTestFinished, test } from "vitest";
import { startLocalRedis } from "../../packages/redis-rest-local/src/testing.ts";
import { READ_ONLY, useDeployment } from "./deployment.ts";
import { examined, runDoctor } from "./examined.ts";

const deployment = useDeployment();
const { redis, sound } = deployment;

test("a wrong token is a failure, and is not shown", async () => {
  const { code, output } = await runDoctor(sound({ UPSTASH_REDIS_REST_TOKEN: "wrong-token" }));
  expect(code).toBe(1);
  expect(output).toMatch(
    /^FAIL {2}token {8}it is refused\n +→ copy UPSTASH_REDIS_REST_TOKEN from console\.upstash\.com/m,
  );
  expect(output).not.toContain("wrong-token");
  expect(output).not.toContain(" scripts ");
});

test("a read-only token is a failure, and nothing is written", async () => {
  const found = await examined(sound({ UPSTASH_REDIS_REST_TOKEN: READ_ONLY }));
  expect(found.line("token")).toMatch(/^FAIL accepted, but a write is refused: the token may not do that: NOPERM/);
  expect(found.fix("token")).toContain("take the standard token, not the read-only one");
  expect(found.troubles()).toEqual(["FAIL token", "warn eviction"]);
  expect(await redis("DBSIZE")).toBe(0);
});

test.each([
  ["allkeys-lru", "FAIL allkeys-lru: a full database would drop jobs without a word", 1],
  ["volatile-ttl", "warn volatile-ttl: short-lived keys of the queue may be dropped early", 0],
])("the eviction policy %s is found", async (policy, line, code) => {
  await redis("CONFIG", "SET", "maxmemory-policy", policy);
  const found = await examined(sound());
  expect(found.line("eviction")).toBe(line);
  expect(found.fix("eviction")).toContain("Eviction off");
  expect(found.exitCode).toBe(code);
});

test("an eviction policy that cannot be read is a warning", async () => {
  deployment.faults.when(({ verbs: [name] }) => (name === "INFO" ? { answer: 200, body: '{"result":""}' } : undefined));
  const found = await examined(sound());
  expect(found.line("eviction")).toBe("warn cannot be seen from here: it must be off");
  expect(found.exitCode).toBe(0);
});

test("a missing append-only file and nearly full memory are warnings", async () => {
  await redis("CONFIG", "SET", "appendonly", "no");
  // Large compared with what connections and buffers take.
  await redis("SETRANGE", "filler", "40000000", "x");
  const [, used] = /used_memory:(\d+)/.exec(String(await redis("INFO", "memory")))!;
  await redis("CONFIG", "SET", "maxmemory", String(Math.round(Number(used) * 1.05)));
  const found = await examined(sound(), { stopped: AbortSignal.abort() });
  expect(found.line("durability")).toMatch(/^warn no append-only file/);
  expect(found.line("memory")).toMatch(/^warn .* in use; when it is full every submit is refused/);
});

test.each([
  [90_000, /^warn this machine is (89|90|91) s ahead of Redis/, 0],
  [-600_000, /^FAIL this machine is (599|600|601) s behind Redis: AWS refuses/, 1],
])("a clock that is off by %i ms is found", async (offMs, line, code) => {
  const found = await examined(sound(), { now: () => Date.now() + offMs });
  expect(found.line("clock")).toMatch(line);
  expect(found.exitCode).toBe(code);
});

test("slow answers are a warning that says from where they were measured", async () => {
  const slowly = () => ({ before: new Promise((resolve) => setTimeout(resolve, 60)) });
  deployment.faults.when(({ verbs: [name] }) => (name === "PING" ? slowly() : undefined));
  const found = await examined(sound());
  expect(found.line("latency")).toMatch(
    /^warn \d+ ms a round trip \(median of 20, .*\): another region, seen from this machine/,
  );
  expect(found.exitCode).toBe(0);
});

test("a plan that allows only small requests is a warning", async () => {
  const other = await startLocalRedis({ maxRequestBytes: 1024 * 1024 });
  onTestFinished(() => other.stop());
  const found = await examined(sound({ UPSTASH_REDIS_REST_URL: other.url, UPSTASH_REDIS_REST_TOKEN: other.token }));
  expect(found.line("request size")).toMatch(/^warn 4 MiB do not go through: a request may not be as large/);
});
