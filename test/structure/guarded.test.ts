import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { build, type Plugin } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { settings } from "../../esbuild.config.cjs";

const ROOT = join(import.meta.dirname, "../..");
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "wakeq-guarded-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const functionsOf = async () =>
  (await readdir(join(ROOT, "handlers"))).flatMap((file) => /^(\w+)\.ts$/.exec(file)?.[1] ?? []);

/** Builds functions as they are deployed, but with `contents` in place of the module that a pattern matches. */
async function built(name: string, functions: readonly string[], filter: RegExp, contents: string): Promise<string> {
  const outdir = join(folder, name);
  const broken: Plugin = {
    name: "broken",
    setup: ({ onLoad }) => {
      onLoad({ filter }, ({ path, suffix }) => {
        if (/handlers/.test(path) && suffix === "") return undefined; // the wrapper in front of it
        return { contents, loader: "ts", resolveDir: join(ROOT, "tasks") };
      });
    },
  };
  for (const each of functions) {
    const entryPoints = { [each]: each.includes("/") ? `${each}.ts` : `handlers/${each}.ts` };
    await build({ ...settings, plugins: [broken, ...settings.plugins!], entryPoints, outdir, logLevel: "error" });
  }
  return outdir;
}

interface Called {
  [name: string]: { statusCode: number; headers: Record<string, string>; body: string };
}

/** Loads the functions in a new process and calls each. */
async function call(outdir: string, functions: readonly string[], event: object) {
  const script = `const all = {};
    for (const name of ${JSON.stringify(functions)}) all[name] = await (await import("./" + name + ".mjs")).handler(${JSON.stringify(event)}, {});
    console.log(JSON.stringify(all));`;
  const args = ["--input-type=module", "-e", script];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { cwd: outdir, env: SETTINGS });
  const lines = stderr.split("\n").filter((line) => line.startsWith("{"));
  return {
    called: JSON.parse(stdout) as Called,
    lines: lines.map((line) => JSON.parse(line) as Record<string, string>),
  };
}

/** Complete settings, with a database that does not exist. */
const SETTINGS = {
  UPSTASH_REDIS_REST_URL: "http://127.0.0.1:1",
  UPSTASH_REDIS_REST_TOKEN: "token",
  IS_OFFLINE: "true",
};
const POST = { rawPath: "/submit-job", body: '{"task":"one"}', requestContext: { http: { method: "POST" } } };
const PROBLEM = {
  type: "/problems/internal",
  title: "Something went wrong here",
  status: 500,
  code: "internal",
  detail: "Something failed on our side. The log of this deployment says what.",
  instance: "/submit-job",
};
const DECLARED = `import * as z from "zod/mini"; import { defineTask, indexTasks } from "../lib/tasks.ts";
  const one = defineTask({ name: "one", input: z.unknown(), run() {} });`;

const breaks: [what: string, tasks: string, message: RegExp][] = [
  ["throws while it loads", 'throw new RangeError("sesame is not set")', /^sesame is not set$/],
  ["throws later while it loads", 'await null; throw new RangeError("sesame is not set")', /^sesame is not set$/],
  [
    "reads a property of undefined",
    "export const tasks = process.env.SESAME.split(',')",
    /Cannot read properties of undefined/,
  ],
  ["imports a missing package", 'import "node:sesame"; export const tasks = new Map()', /sesame/],
  [
    "is declared twice",
    `${DECLARED} export const tasks = indexTasks([one, one]);`,
    /^two tasks are named one: rename one$/,
  ],
  ["throws something that is not an error", 'throw { message: "sesame" }', /^sesame$/],
];

describe("if a task", () => {
  test.each(breaks)(
    "%s, functions that have it answer with a problem, and the log says what broke",
    async (what, tasks, message) => {
      const functions = ["submitJob", "api"];
      const outdir = await built(what.replaceAll(" ", "-"), functions, /[\\/]tasks[\\/]index\.ts$/, tasks);
      const { called, lines } = await call(outdir, functions, POST);
      for (const name of functions) {
        expect(called[name]).toMatchObject({
          statusCode: 500,
          headers: { "content-type": "application/problem+json", "cache-control": "no-store" },
        });
        expect(JSON.parse(called[name]!.body)).toEqual(PROBLEM);
        // In `api` the route fails: it loads the tasks when it needs them.
        const line =
          name === "api" ? { event: "request_failed", route: "submitJob" } : { event: "load_failed", function: name };
        const told = { level: "error", ...line, message: expect.stringMatching(message) };
        expect(lines).toContainEqual(expect.objectContaining(told));
      }
      expect(lines).toHaveLength(functions.length);
      if (/throws.*loads/.test(what))
        expect(lines[0]).toMatchObject({ stack: expect.stringContaining("tasks/index.ts") });
    },
  );

  test("breaks, the routes of the function api that need no task still work", async () => {
    const outdir = await built("others", ["api"], /[\\/]tasks[\\/]index\.ts$/, 'throw new Error("sesame")');
    const statusOf = async (method: string, rawPath: string, body?: string) => {
      const { called, lines } = await call(outdir, ["api"], { rawPath, body, requestContext: { http: { method } } });
      return [called.api!.statusCode, ...lines.map(({ event, function: name, route }) => `${event} ${name ?? route}`)];
    };
    expect(await statusOf("GET", "/openapi.json")).toEqual([500, "request_failed openapi"]);
    expect(await statusOf("POST", "/submit-jobs/", '{"jobs":[{"task":"one"}]}')).toEqual([
      500,
      "request_failed submitJobs",
    ]);
    expect(await statusOf("GET", "/problems/internal")).toEqual([200]);
    expect(await statusOf("GET", "/docs")).toEqual([200]);
    expect(await statusOf("OPTIONS", "/submit-job")).toEqual([204]);
    expect(await statusOf("GET", "/nowhere")).toEqual([404]);
    expect(await statusOf("GET", "/jobs")).toEqual([503, "request_failed listJobs"]); // the database does not exist
  });

  test("breaks, the worker says so and ends", async () => {
    const outdir = await built("worker", ["worker"], /[\\/]tasks[\\/]index\.ts$/, 'throw new Error("sesame")');
    const { called, lines } = await call(outdir, ["worker"], { source: "submit", depth: 0 });
    expect(called.worker).toEqual({ error: "load_failed" });
    const line = { level: "error", event: "load_failed", function: "worker", name: "Error", message: "sesame" };
    expect(lines).toEqual([{ ...line, time: expect.any(String), stack: expect.stringMatching(/tasks\/index\.ts:1/) }]);
  });
});

test("whatever breaks while a function loads, it answers with a problem and logs what broke", async () => {
  const functions = await functionsOf();
  expect(functions).toHaveLength(4);
  const outdir = await built("all", functions, /[\\/]handlers[\\/]\w+\.ts$/, 'throw new Error("sesame")');
  const { called, lines } = await call(outdir, functions, POST);
  for (const name of functions) expect(JSON.parse(called[name]!.body), name).toEqual(PROBLEM);
  expect(lines.map(({ function: name }) => name)).toEqual(functions);
  expect(JSON.stringify(called)).not.toContain("sesame");
});
