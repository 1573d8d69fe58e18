import { afterEach, beforeEach, expect, test, vi } from "vitest";
import * as z from "zod";
import { defineQueue, defineTask, type QueueOptions } from "../../lib/index.ts";
import { lambda } from "../../lib/lambda.ts";
import { apiKey, eventOf } from "../support/api.ts";

const note = defineTask({ name: "note", input: z.object({}), run: () => "noted" });
const CALLER = apiKey("tester", "admin");

beforeEach(() => {
  vi.stubEnv("IS_OFFLINE", "true");
  vi.stubEnv("AWS_LAMBDA_LOG_STREAM_NAME", "2016/12/02/[$LATEST]f77ff5e4026c45bda9a9ebcec6bc9cad");
});
afterEach(() => void vi.unstubAllEnvs());

/** Asks for a page of the API, which needs no key and no database. */
async function statusOf(headers: Record<string, string>, options: Partial<QueueOptions> = {}, basePath = "/queue") {
  const queue = defineQueue({ tasks: [note], log: "silent", ...(options as object) });
  const { api } = lambda(queue, { basePath });
  const event = eventOf({
    method: "GET",
    path: "/queue/problems/internal",
    headers: { host: "127.0.0.1:3000", ...headers },
  });
  return (await api(event)).statusCode;
}

const FOREIGN = { origin: "https://evil.example.com" };

test.each<[string, number, Record<string, string>, Partial<QueueOptions>]>([
  ["a program", 200, {}, {}],
  ["its own page", 200, { origin: "http://127.0.0.1:3000" }, {}],
  ["a page of another origin", 403, FOREIGN, {}],
  ["a page under a name that points here", 403, { host: "evil.example.com" }, {}],
  ["a page whose origin is allowed", 200, FOREIGN, { cors: [FOREIGN.origin] }],
  ["a page of another origin, where keys are asked for", 200, FOREIGN, { apiKeys: [CALLER.entry] }],
  ["a page of another origin, where the application decides", 200, FOREIGN, { authorize: () => null }],
])("under serverless-offline %s gets %d", async (_, status, headers, options) => {
  expect(await statusOf(headers, options)).toBe(status);
});

test("on Lambda nothing of this holds: there the keys decide", async () => {
  vi.stubEnv("IS_OFFLINE", undefined);
  expect(await statusOf(FOREIGN)).toBe(200);
});
