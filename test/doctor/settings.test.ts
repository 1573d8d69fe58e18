import { type } from "arktype";
import * as v from "valibot";
import { expect, onTestFinished, test } from "vitest";
import * as z from "zod/mini";
import { defineTask } from "../../lib/tasks.ts";
import { apiKey } from "../support/api.ts";
import { startLambda } from "../support/lambda.ts";
import { useDeployment } from "./deployment.ts";
import { examined, runDoctor } from "./examined.ts";

const deployment = useDeployment();
const { sound } = deployment;

test("a name that looks like a misspelt setting is a warning with the right name", async () => {
  const found = await examined(sound({ WORKER_CONCURENCY: "3", LEASE_SECOND: "9" }));
  expect(found.findings.filter(({ state }) => state !== "ok")).toEqual([
    {
      check: "settings",
      state: "warn",
      fix: "did you mean WORKER_CONCURRENCY?",
      seen: "WORKER_CONCURENCY is set, and no setting has that name",
    },
    {
      check: "settings",
      state: "warn",
      fix: "did you mean LEASE_SECONDS?",
      seen: "LEASE_SECOND is set, and no setting has that name",
    },
  ]);
  expect(found.exitCode).toBe(0);
});

test("a redis:// address fails, the message says where to find the https:// one, and its password is not shown", async () => {
  const url = "rediss://default:very-secret@eu1.upstash.io:6379";
  const { code, output } = await runDoctor(sound({ UPSTASH_REDIS_REST_URL: url }));
  expect(code).toBe(1);
  expect(output).toMatch(/^FAIL {2}settings {5}UPSTASH_REDIS_REST_URL: expected the https:\/\/ address/m);
  expect(output).toContain("that is the address for TCP clients; take the one that begins with https://");
  expect(output).not.toContain("very-secret");
});

test("an address without its token is a failure that names the token", async () => {
  const found = await examined({ UPSTASH_REDIS_REST_URL: deployment.faults.url });
  expect(found.line("settings")).toMatch(/^FAIL UPSTASH_REDIS_REST_TOKEN: .*it is not set/);
  expect(found.exitCode).toBe(1);
});

test("wrong API_KEYS fail without being shown, and the doctor still looks at everything else", async () => {
  const found = await examined(sound({ API_KEYS: "ops:admin:0123", WORKER_CONCURRENCY: "many" }));
  expect(found.findings.filter(({ check }) => check === "settings")).toMatchObject([
    { state: "FAIL", seen: expect.stringContaining("WORKER_CONCURRENCY: expected a whole number from 1 to 500") },
    { state: "FAIL", seen: expect.stringMatching(/^API_KEYS: expected name:scopes:hash .* in entry 1/) },
  ]);
  expect(JSON.stringify(found.findings)).not.toContain("0123");
  expect(found.line("scripts")).toMatch(/^ok/);
  expect(found.exitCode).toBe(1);
});

test.each([
  ["no keys", {}, "warn none: a deployed API refuses to serve until there is one"],
  [
    "keys with which nobody can submit",
    { API_KEYS: apiKey("eye", "read").entry },
    "warn eye (read); no key has the scope submit or admin",
  ],
])("%s are a warning", async (_, more, line) => {
  const { API_KEYS: _keys, ...rest } = sound();
  const found = await examined({ ...rest, ...more });
  expect(found.line("API keys")).toBe(line);
  expect(found.exitCode).toBe(0);
});

test.each([
  ["http://usw1.upstash.io", /^FAIL http:\/\/usw1\.upstash\.io: the token would travel in clear/],
  ["http://gateway.invalid:8079", /^warn http:\/\/gateway\.invalid:8079: the token travels in clear/],
])("the address %s is found to be insecure", async (url, line) => {
  expect((await examined(sound({ UPSTASH_REDIS_REST_URL: url, REDIS_TIMEOUT_MS: "100" }))).line("address")).toMatch(
    line,
  );
});

test("a token that was pasted with its quotes is a failure, and is not sent", async () => {
  const found = await examined(sound({ UPSTASH_REDIS_REST_TOKEN: `"${deployment.local.token}"` }));
  expect(found.line("token")).toMatch(/^FAIL it holds quotes, white space/);
  expect(deployment.faults.seen).toEqual([]);
  expect(found.exitCode).toBe(1);
});

test("secrets are read from SSM as the functions read them, and are not shown", async () => {
  const values: Record<string, string> = { "/wakeq/url": deployment.faults.url, "/wakeq/token": "kept-in-ssm" };
  const ssm = await startLambda((response) => {
    const Parameters = Object.entries(values).map(([Name, Value]) => ({ Name, Value }));
    response.end(JSON.stringify({ Parameters }));
  });
  onTestFinished(() => ssm.stop());
  deployment.faults.when(() => ({ answer: 400, body: '{"error":"ERR kept-in-ssm is not welcome"}' }));
  const settings = sound({
    UPSTASH_REDIS_REST_URL: "ssm:/wakeq/url",
    UPSTASH_REDIS_REST_TOKEN: "ssm:/wakeq/token",
    AWS_ENDPOINT_URL_SSM: ssm.url,
  });
  const found = await examined(settings);
  expect(found.line("secrets")).toBe("ok read from SSM: UPSTASH_REDIS_REST_URL, UPSTASH_REDIS_REST_TOKEN");
  expect(found.line("reachable")).toBe("FAIL ERR (hidden) is not welcome");
  delete values["/wakeq/token"];
  const without = await examined(settings);
  expect(without.line("secrets")).toMatch(/^FAIL SSM has no such parameters in us-east-1: \/wakeq\/token/);
  expect(without.exitCode).toBe(1);
});

test("without any setting the doctor looks for the local stack and says how to start it", async () => {
  const { code, output } = await runDoctor({ LOCAL_DATA_DIR: "/nowhere" });
  expect(code).toBe(1);
  expect(output).toMatch(
    /^FAIL {2}database {5}none is set, and no local stack runs here\n +→ npm start, in another terminal/m,
  );
});

test("an old Node and a task index that does not load are failures", async () => {
  const found = await examined(sound(), {
    nodeVersion: "18.20.0",
    loadTasks: async () => {
      throw new Error("two tasks are named note");
    },
  });
  expect(found.line("Node")).toBe("FAIL 18.20.0 is too old");
  expect(found.line("tasks")).toBe("FAIL tasks/index.ts does not load: two tasks are named note");
  expect(found.exitCode).toBe(1);
});

test("a task whose payload nothing describes is a warning; one that says itself, or whose library says, is none", async () => {
  const run = () => 1;
  const input = v.object({ to: v.string() });
  const list = [
    defineTask({ name: "untold", input, run }),
    defineTask({ name: "told", input, jsonSchema: { type: "object" }, run }),
    defineTask({ name: "anything", input: z.unknown(), run }),
    defineTask({ name: "of_arktype", input: type({ to: "string" }), run }),
  ];
  const found = await examined(sound(), { loadTasks: async () => list });
  expect(found.line("tasks")).toBe("ok untold, told, anything, of_arktype");
  expect(found.line("payloads")).toBe("warn the API's description knows nothing of what these tasks take: untold");
  expect(found.fix("payloads")).toMatch(/jsonSchema/);
  expect(found.exitCode).toBe(0);
});
