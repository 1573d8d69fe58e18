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
async function statusOf(headers: Record<string, string>, options: Partial<QueueOptions> = {}) {
  const queue = defineQueue({ tasks: [note], log: "silent", basePath: "/queue", ...(options as object) });
  const { api } = lambda(queue);
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

test.each([
  ["mounted by its options", { basePath: "/queue" }, undefined, "/queue"],
  ["mounted where the functions are made", {}, { basePath: "/queue" }, "/queue"],
  ["mounted nowhere", {}, undefined, ""],
])(
  "under serverless-offline a queue that is %s takes no jobs from a page of another origin",
  async (_, options, given, base) => {
    const { api, submitJob } = lambda(defineQueue({ tasks: [note], log: "silent", ...options }), given);
    const event = eventOf({
      method: "POST",
      path: `${base}/submit-job`,
      headers: { ...FOREIGN, host: "127.0.0.1:3000", "content-type": "text/plain" },
      body: '{"task":"note"}',
    });
    expect((await Promise.all([api(event), submitJob(event)])).map(({ statusCode }) => statusCode)).toEqual([403, 403]);
  },
);

test("a wrong setting lets nobody in", async () => {
  vi.stubEnv("ALLOWED_HOSTS", "http://queue.lan");
  expect(await statusOf(FOREIGN)).toBe(503);
});

test("a program that invokes a function sends no Host, and is let in", async () => {
  const { api } = lambda(defineQueue({ tasks: [note], log: "silent" }));
  const event = { rawPath: "/problems/internal", headers: {}, requestContext: { http: { method: "GET" } } };
  expect((await api(event)).statusCode).toBe(200);
});

test("on Lambda nothing of this holds: there the keys decide", async () => {
  vi.stubEnv("IS_OFFLINE", undefined);
  expect(await statusOf(FOREIGN)).toBe(200);
});
