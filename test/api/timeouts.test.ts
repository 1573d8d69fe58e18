import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { MAX_WAIT_SECONDS } from "../../lib/routes/common.ts";

interface Deployment {
  params: { default: Record<string, string> };
  provider: { timeout: number };
  functions: Record<string, { timeout?: number; environment?: Record<string, string> }>;
}
const text = readFileSync(join(import.meta.dirname, "../../serverless.yml"), "utf8");
const { params, provider, functions } = parse(text, { logLevel: "error" }) as Deployment;
const redisMs = Number(params.default.REDIS_TIMEOUT_MS);
/** Time for three tries, the pauses between them, and the wake-up after a submit. */
const worstSeconds = (3 * redisMs + 250) / 1_000;

test.each(["submitJob", "jobStatus", "api"])(
  "%s gives up on a silent Redis within 10 s, long before Lambda's timeout",
  (name) => {
    expect(worstSeconds).toBeLessThan(9);
    expect(functions[name]!.timeout ?? provider.timeout).toBeGreaterThan(10);
  },
);

test("a caller that waits is answered before API Gateway's limit of 30 seconds", () => {
  for (const name of ["jobStatus", "submitJob", "api"]) expect(functions[name]!.timeout ?? provider.timeout).toBe(29);
  expect(MAX_WAIT_SECONDS + redisMs / 1_000).toBeLessThan(28.5);
});

test("the worker, which has more time, waits longer for Redis", () => {
  expect(functions.worker!.environment!.REDIS_TIMEOUT_MS).toContain("WORKER_REDIS_TIMEOUT_MS");
  expect(params.default.WORKER_REDIS_TIMEOUT_MS).toBeUndefined();
});
