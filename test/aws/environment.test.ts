import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import type { handler as worker } from "../../handlers/worker.ts";
import { apiKey, get, post, useApi } from "../support/api.ts";
import type { Sent } from "../support/request.ts";
import { logged } from "../support/stderr.ts";
import { ofTasks, recorded, SAMPLE, variables, variablesBehind } from "./reads.ts";
import { sharedPackage } from "./shared-package.ts";
import { environments, templateIn } from "./template/template.ts";

const ROOT = join(import.meta.dirname, "../..");
const api = useApi();
const admin = apiKey("admin", "admin");
const id = "00000000-0000-4000-8000-000000000000";
/** Requests that together read every setting that a function may read. */
const REQUESTS: Record<string, Sent[]> = {
  submitJob: [
    ...[post("/submit-job", { task: "note", delay_seconds: 1 }), post("/submit-job", { task: "note" })],
    post("/submit-jobs", { jobs: [{ task: "note" }] }),
  ],
  jobStatus: [get(`/job-status/${id}`)],
  api: [
    ...[
      get("/jobs"),
      post(`/cancel-job/${id}`),
      post(`/retry-job/${id}`),
      post(`/run-job/${id}`),
      { method: "DELETE", path: `/jobs/${id}`, headers: {} },
      get("/queue-stats"),
      get("/failures"),
      get("/pulse"),
      post("/retry-jobs", { status: "failed" }),
      post("/delete-jobs", { status: "failed" }),
      get("/health"),
    ],
    ...[get("/openapi.json"), { method: "OPTIONS", path: "/submit-job", headers: {} }],
    ...[get("/nowhere"), get("/jobs/"), post(`/cancel-job/${id}/`), get("/queue-stats/"), get("/openapi.json/")],
    ...[post("/submit-job/", { task: "note", delay_seconds: 1 }), post("/submit-job/", { task: "note" })],
  ],
};

let given: Record<string, string[]>;
const read = new Set<string>();
beforeAll(async () => {
  const of = environments(await templateIn(await sharedPackage("prod")));
  const engines = (each: object) => Object.keys(each).filter((variable) => !ofTasks().includes(variable));
  given = Object.fromEntries(Object.entries(of).map(([name, each]) => [name, engines(each).sort()]));
  vi.doMock("../../lib/config/config.ts", async (original) => {
    const config = (await original()) as typeof import("../../lib/config/config.ts");
    return {
      ...config,
      readConfig: () => recorded(config.readConfig(), read),
      readOpenConfig: () => recorded(config.readOpenConfig(), read),
      readTraces: () => recorded(config.readTraces(), read),
      readStage: () => recorded(config.readStage(), read),
      readDocs: () => recorded(config.readDocs(), read),
      readKeys: () => recorded(config.readKeys(), read),
    };
  });
});
beforeEach(() => read.clear());
afterAll(() => vi.doUnmock("../../lib/config/config.ts"));

/** Makes a function fail on wrong settings: then it also reads where to log that. */
async function refuses(): Promise<void> {
  const { translated } = await import("../../lib/http/translated.ts");
  const { ConfigError } = await import("../../lib/errors.ts"); // in the same deployment
  const { createDeployment } = await import("../../lib/app/deployment.ts");
  translated(new ConfigError("wrong"), "submitJob", () => {}, createDeployment(new Map()));
}

/** Deploys with every variable set. */
const deploy = (more: Record<string, string> = {}) => {
  const { UPSTASH_REDIS_REST_URL: _, UPSTASH_REDIS_REST_TOKEN: __, KEY_PREFIX: ___, ...rest } = SAMPLE;
  return api.deploy({ ...rest, API_KEYS: admin.entry, AWS_ENDPOINT_URL_LAMBDA: "http://127.0.0.1:1", ...more });
};
const known = (sent: Sent): Sent => ({ ...sent, headers: { ...sent.headers, ...admin.headers } });

test("there are two samples of every variable that a function may be given", () => {
  expect(variables()).toContain("KEEP_JOBS");
  expect(variables().filter((name) => !(name in SAMPLE))).toEqual([]);
});

test.each(Object.keys(REQUESTS))("the environment of %s holds exactly what it reads", async (name) => {
  const deployed = await deploy();
  await logged(async () => {
    for (const sent of REQUESTS[name]!) expect((await deployed.call(known(sent))).status).toBeLessThan(405);
    await refuses();
  });
  expect(variablesBehind(read)).toEqual(given[name]);
});

test("a redrive reads which worker to wake, and api has that in its environment", async () => {
  const deployed = await deploy();
  const { result } = await logged(() => deployed.call(known(post("/submit-job", { task: "note", delay_seconds: 60 }))));
  const { job_id: jobId } = result.body as { job_id: string };
  await deployed.call(known(post(`/cancel-job/${jobId}`)));
  read.clear();
  const again = await deploy({ KEY_PREFIX: deployed.prefix });
  expect(await again.call(known(post(`/retry-job/${jobId}`)))).toMatchObject({ status: 200 });
  expect(variablesBehind(read)).toContain("WORKER_FUNCTION_NAME");
  expect(given.api).toEqual(expect.arrayContaining(variablesBehind(read)));
});

test("the environment of the worker holds exactly what it reads", async () => {
  const { prefix, queue } = await deploy();
  const everything = new Set<string>();
  async function work(event: unknown, more: Record<string, string>): Promise<void> {
    read.clear();
    await deploy({ KEY_PREFIX: prefix, ...more });
    const { handler } = (await import("../../handlers/worker.ts")) as { handler: typeof worker };
    await logged(() => handler(event, { awsRequestId: "r-1", getRemainingTimeInMillis: () => 60_000 }));
    for (const path of read) everything.add(path);
  }
  const submit = (task: string, payload: unknown) =>
    queue.submit([
      {
        id: crypto.randomUUID(),
        task,
        priority: "normal",
        maxRetries: 3,
        createdAt: 1,
        payload: JSON.stringify(payload),
      },
    ]);

  vi.setSystemTime(new Date("2030-01-01T00:00:00Z")); // on the hour the worker trims
  await work({ source: "tick" }, {});
  vi.useRealTimers();
  await submit("note", { to: "a@example.com" });
  await submit("note", { to: "b@example.com" });
  await submit("call", { url: "http://127.0.0.1:1/", method: "GET" });
  await work({ source: "submit" }, {});
  expect(variablesBehind(everything)).toEqual(given.worker);
});

test("the dashboard and the problem pages read no settings, so they work even if the settings are wrong", async () => {
  expect(reachedFrom("lib/routes/dashboard-page.ts")).not.toContain("lib/config/config.ts");
  const deployed = await deploy();
  read.clear();
  const { status } = await deployed
    .invoke({ rawPath: "/problems/internal", requestContext: { http: { method: "GET" } } })
    .catch(() => ({ status: 200 }));
  expect([status, ...read]).toEqual([200]);
});

test.each([
  [get("/openapi.json"), ["API_KEYS", "CORS_ORIGINS", "DOCS", "LOG_LEVEL"]],
  [{ method: "OPTIONS", path: "/submit-job", headers: {} }, ["CORS_ORIGINS", "LOG_LEVEL"]],
])("%j reads no database setting", async (sent, variables) => {
  const deployed = await deploy();
  read.clear();
  expect((await deployed.call(known(sent))).status).toBeLessThan(300);
  expect(variablesBehind(read)).toEqual(variables);
});

/** The file and all of our files that it imports, directly or through others. */
function reachedFrom(file: string, reached = new Set<string>()): Set<string> {
  if (reached.has(file)) return reached;
  reached.add(file);
  if (!file.endsWith(".ts")) return reached;
  const text = readFileSync(join(ROOT, file), "utf8");
  for (const [, name = ""] of text.matchAll(/^(?:import|export) (?!type ).*?from "(\.[^"?]+)"/gm))
    reachedFrom(join(dirname(file), name), reached);
  return reached;
}
