import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { aimedAt, apiKey, type Deployed, get, post, useApi } from "../support/api.ts";
import type { Sent } from "../support/request.ts";
import { refuse, startSsm } from "../support/ssm.ts";
import { logged } from "../support/stderr.ts";

const api = useApi();
const [REDIS_URL, TOKEN, KEYS] = ["/wakeq/prod/redis-url", "/wakeq/prod/redis-token", "/wakeq/prod/api-keys"];
const caller = apiKey("ci", "submit+read");
const SECRETS = {
  UPSTASH_REDIS_REST_URL: `ssm:${REDIS_URL}`,
  UPSTASH_REDIS_REST_TOKEN: `ssm:${TOKEN}`,
  API_KEYS: `ssm:${KEYS}`,
};

let ssm: Awaited<ReturnType<typeof startSsm>>;
beforeAll(async () => {
  ssm = await startSsm({});
});
afterAll(() => ssm.stop());
beforeEach(() => {
  Object.assign(ssm.values, { [REDIS_URL]: api.faults.url, [TOKEN]: api.redis.local.token, [KEYS]: caller.entry });
  ssm.requests.length = 0;
});
afterEach(() => void vi.useRealTimers());

const deploy = (more: Record<string, string> = {}) =>
  api.deploy({ ...ssm.environment, ...SECRETS, LOG_LEVEL: "warn", ...more });
const stats = get("/queue-stats", caller.headers);
/** Sends the request and expects a refusal with a line in the log. */
async function refused(deployed: Deployed, sent: Sent): Promise<void> {
  const { result, lines } = await logged(() => deployed.call(sent));
  expect(result).toMatchObject({ status: 401 });
  expect(lines).toEqual([expect.objectContaining({ event: "request_refused", code: "unauthorized" })]);
}
const minutesLater = (minutes: number) => vi.setSystemTime(Date.now() + minutes * 60_000);

test("address, token and keys are read from SSM in one signed call, once for all requests", async () => {
  const deployed = await deploy();
  expect(await deployed.call(post("/submit-job", { task: "note" }, caller.headers))).toMatchObject({
    status: 202,
  });
  expect(await deployed.call(stats)).toMatchObject({ status: 200 });
  await refused(deployed, get("/queue-stats"));
  expect(ssm.requests).toEqual([[REDIS_URL, TOKEN, KEYS]]);
});

test("requests that arrive together wait for the same call", async () => {
  const deployed = await deploy();
  ssm.requests.length = 0;
  minutesLater(6);
  const answers = await Promise.all([deployed.call(stats), deployed.call(stats), deployed.call(stats)]);
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
  expect(ssm.requests).toHaveLength(1);
});

test("SSM is not called unless a setting asks for it", async () => {
  const deployed = await api.deploy({ ...ssm.environment, IS_OFFLINE: "true" });
  expect(await deployed.call(get("/queue-stats"))).toMatchObject({ status: 200 });
  expect(ssm.requests).toEqual([]);
});

test("a missing parameter is a 503 that does not name it, and a log line that does", async () => {
  delete ssm.values[KEYS];
  const deployed = await deploy();
  const { result, lines } = await logged(() => deployed.call(stats));
  expect(result).toMatchObject({ status: 503, body: { code: "not_configured" } });
  expect(result.text).not.toContain("wakeq/prod");
  expect(lines[0]!.message).toContain("/wakeq/prod/api-keys (for API_KEYS)");
});

test("an invalid value from SSM is not shown in the log", async () => {
  ssm.values[KEYS] = "my secret, in the wrong place";
  const { lines } = await logged(async () => (await deploy()).call(stats));
  expect(lines[0]!.message).toContain("API_KEYS");
  expect(JSON.stringify(lines)).not.toContain("my secret");
});

test("a function without permission says so in the log, and asks SSM again at the next request", async () => {
  const deny = (response: Parameters<typeof refuse>[0]) => refuse(response, "AccessDeniedException");
  ssm.answers.push(deny, deny, deny, deny); // at the start and at the first request, two tries each
  const deployed = await deploy();
  const { result, lines } = await logged(() => deployed.call(stats));
  expect(result).toMatchObject({ status: 503, body: { code: "not_configured" } });
  expect(result.text).not.toMatch(/SSM|Denied|redis-token/);
  expect(lines[0]!.message).toContain("AccessDeniedException");
  expect(await deployed.call(stats)).toMatchObject({ status: 200 });
});

test.each<[string, () => void]>([
  ["is throttled", () => ssm.answers.push((response) => refuse(response, "ThrottlingException"))],
  ["fails", () => ssm.answers.push((response) => refuse(response, "InternalServerError", 500))],
  ["breaks off", () => ssm.answers.push((response) => response.destroy())],
])("a call that %s is tried once more", async (_, trouble) => {
  trouble();
  const deployed = await deploy();
  expect(await deployed.call(stats)).toMatchObject({ status: 200 });
  expect(ssm.requests).toHaveLength(2);
});

test("a call to a silent SSM times out twice before Lambda's own timeout", async () => {
  const { withSecrets } = await import("../../lib/config/secrets.ts");
  ssm.answers.push(
    () => {},
    () => {},
  );
  const { AWS_ENDPOINT_URL_SSM: endpoint } = ssm.environment;
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const credentials = { accessKeyId: "AKID", secretAccessKey: "secret" };
  const asked = withSecrets(SECRETS, { region: "eu-west-1", endpoint, credentials }).catch(
    (error: Error) => error.message,
  );
  await vi.waitUntil(() => ssm.requests.length === 1);
  vi.advanceTimersByTime(1_000);
  await vi.waitUntil(() => ssm.requests.length === 2);
  vi.advanceTimersByTime(1_000);
  expect(await asked).toMatch(/SSM did not give .*redis-token.*: no answer within 1000 ms/);
});

test("when the database refuses an old token, the new one is read and the request succeeds", async () => {
  ssm.values[TOKEN] = "old-token";
  const deployed = await deploy();
  ssm.values[TOKEN] = api.redis.local.token;
  expect(await deployed.call(stats)).toMatchObject({ status: 200 });
  expect(await deployed.call(stats)).toMatchObject({ status: 200 });
  expect(ssm.requests).toHaveLength(2);
});

test("a token that is wrong in SSM is a 503, and is not read again for every request", async () => {
  ssm.values[TOKEN] = "wrong-token";
  const deployed = await deploy();
  for (let i = 0; i < 5; i++) {
    const { result, lines } = await logged(() => deployed.call(stats));
    expect(result).toMatchObject({ status: 503, body: { code: "redis_unavailable" } });
    expect(lines[0]!.message).toContain("refused the token");
  }
  expect(ssm.requests).toHaveLength(2);
});

test("keys are read again every five minutes: then a new one is accepted and an old one refused", async () => {
  const successor = apiKey("ci", "read");
  const deployed = await deploy();
  ssm.values[KEYS] = successor.entry;
  minutesLater(4);
  expect(await deployed.call(stats)).toMatchObject({ status: 200 });
  minutesLater(2);
  await refused(deployed, stats);
  expect(await deployed.call(get("/queue-stats", successor.headers))).toMatchObject({ status: 200 });
  expect(ssm.requests).toHaveLength(2);
});

test.each<[string, (response: Parameters<typeof refuse>[0]) => void]>([
  ["is throttled", (response) => refuse(response, "ThrottlingException")],
  ["has a fault of its own", (response) => refuse(response, "InternalServerError", 500)],
  ["breaks off", (response) => void response.destroy()],
])("an SSM that %s later changes only the log, and is asked again after half a minute", async (_, trouble) => {
  const deployed = await deploy();
  minutesLater(6);
  ssm.answers.push(trouble, trouble);
  ssm.values[KEYS] = apiKey("ci", "read").entry; // the key is revoked, but the function cannot know
  const { result, lines } = await logged(() => deployed.call(stats));
  expect(result).toMatchObject({ status: 200 });
  expect(lines[0]).toMatchObject({ level: "warn", event: "secrets_failed" });
  expect(await deployed.call(stats)).toMatchObject({ status: 200 });
  expect(ssm.requests).toHaveLength(3);
  minutesLater(0.6);
  await refused(deployed, stats);
});

const typo = () => caller.entry.replace("ci:submit+read", "ci:sbmit");
test.each<[string, () => void, RegExp]>([
  ["a scope with a typo", () => (ssm.values[KEYS] = typo()), /API_KEYS: expected name:scopes:hash .* entry 1/],
  ["an empty entry", () => (ssm.values[KEYS] = ","), /API_KEYS: expected at least one entry/],
  ["a parameter that is gone", () => delete ssm.values[KEYS], /no such parameters.*api-keys/],
  ["an address of the wrong kind", () => (ssm.values[REDIS_URL] = "rediss://a:1"), /UPSTASH_REDIS_REST_URL: expected/],
  [
    "a permission that was removed",
    () =>
      ssm.answers.push(
        (response) => refuse(response, "AccessDeniedException"),
        (response) => refuse(response, "AccessDeniedException"),
      ),
    /AccessDeniedException/,
  ],
])("%s refuses every caller, even with a revoked key, until it is corrected", async (_, spoil, words) => {
  const deployed = await deploy({ METRICS: "on", STAGE: "prod" });
  expect(await deployed.call(stats)).toMatchObject({ status: 200 });
  minutesLater(6);
  spoil();
  const { result, lines } = await logged(() => deployed.call(stats));
  expect(result).toMatchObject({ status: 503, body: { code: "not_configured" } });
  expect(lines[0]).toMatchObject({ level: "error", event: "request_failed", message: expect.stringMatching(words) });
  expect(lines[1]).toMatchObject({ event: "metrics", NotConfigured: 1, stage: "prod" });
  expect(JSON.stringify(lines)).not.toContain(caller.entry.split(":")[2]);
  Object.assign(ssm.values, { [REDIS_URL]: api.faults.url, [KEYS]: caller.entry });
  expect(await deployed.call(stats)).toMatchObject({ status: 200 });
});

test("after a wrong value, an SSM that stops answering does not bring the old keys back", async () => {
  const deployed = await deploy();
  const failed = async (name: string) => {
    const { result, lines } = await logged(() => deployed.call(stats));
    expect(result).toMatchObject({ status: 503 });
    expect(lines).toEqual([expect.objectContaining({ event: "request_failed", name })]);
  };
  minutesLater(6);
  ssm.values[KEYS] = typo();
  await failed("ConfigError");
  const busy = (response: Parameters<typeof refuse>[0]) => refuse(response, "ThrottlingException");
  ssm.answers.push(busy, busy);
  await failed("SecretsUnavailable");
});

test("routes that are open to everyone do not call SSM", async () => {
  const deployed = await deploy({ DOCS: "open" });
  ssm.requests.length = 0;
  minutesLater(6);
  expect(await deployed.call(get("/openapi.json"))).toMatchObject({ status: 200 });
  expect(await deployed.invoke(aimedAt("preflight", {}))).toMatchObject({ status: 204 });
  expect(ssm.requests).toEqual([]);
});
