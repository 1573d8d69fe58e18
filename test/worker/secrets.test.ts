import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import type { handler as worker } from "../../handlers/worker.ts";
import { useApi } from "../support/api.ts";
import { job } from "../support/redis.ts";
import { startSsm } from "../support/ssm.ts";

const api = useApi();
let ssm: Awaited<ReturnType<typeof startSsm>>;
beforeAll(async () => {
  ssm = await startSsm({});
});
afterAll(() => ssm.stop());
beforeEach(() => void ssm.requests.splice(0));
afterEach(() => void vi.useRealTimers());

/** The worker of a deployment with secrets, and what its tasks see in their environment. */
async function deploy(secrets: Record<string, string>) {
  const token = { UPSTASH_REDIS_REST_TOKEN: "ssm:/redis-token" };
  ssm.values["/redis-token"] = api.redis.local.token;
  const { queue } = await api.deploy({ ...ssm.environment, ...token, ...secrets });
  const { handler } = (await import("../../handlers/worker.ts")) as { handler: typeof worker };
  return async (names: string[]) => {
    const one = job({ task: "variables", payload: JSON.stringify({ names }) });
    await queue.submit([one]);
    await handler({ source: "submit" }, { awsRequestId: "r-1", getRemainingTimeInMillis: () => 60_000 });
    return JSON.parse((await queue.status(one.id))!.result!) as Record<string, string | null>;
  };
}

test("a task sees the value of a secret in its environment, and the new value after a change", async () => {
  ssm.values["/mine/key"] = "first";
  const read = await deploy({ MY_KEY: "ssm:/mine/key" });
  expect(await read(["MY_KEY"])).toEqual({ MY_KEY: "first" });
  ssm.values["/mine/key"] = "second";
  expect(await read(["MY_KEY"])).toEqual({ MY_KEY: "first" });
  vi.setSystemTime(Date.now() + 6 * 60_000);
  expect(await read(["MY_KEY"])).toEqual({ MY_KEY: "second" });
});

test("the engine's own secrets are not put into the environment", async () => {
  const read = await deploy({});
  expect(await read(["UPSTASH_REDIS_REST_TOKEN"])).toEqual({ UPSTASH_REDIS_REST_TOKEN: "ssm:/redis-token" });
});

test("there may be more secrets than one call to SSM accepts", async () => {
  const names = Array.from({ length: 25 }, (_, i) => `MY_KEY_${i}`);
  for (const name of names) ssm.values[`/mine/${name}`] = `value of ${name}`;
  const read = await deploy(Object.fromEntries(names.map((name) => [name, `ssm:/mine/${name}`])));
  expect(await read(names)).toEqual(Object.fromEntries(names.map((name) => [name, `value of ${name}`])));
  expect(Math.max(...ssm.requests.map(({ length }) => length))).toBe(10);
});
