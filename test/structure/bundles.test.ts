import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { deflateRawSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type BuildOutput, buildInto } from "../../bin/build.ts";
import { bundledTestTasks } from "../support/bundled-test-tasks.ts";

const ROOT = join(import.meta.dirname, "../..");
const FUNCTIONS = readdirSync(join(ROOT, "handlers")).flatMap((file) => /^(\w+)\.ts$/.exec(file)?.[1] ?? []);

/** The most that a start loads, and that a zip holds beside source maps: kB of code, zipped. */
const LOADED_KB: Record<string, number> = { api: 77, submitJob: 50, jobStatus: 42, worker: 71 };
const ZIP_KB: Record<string, number> = { api: 1_100 }; // its pages, packed in both ways
const MOST_ZIP_KB = 130;

let folder: string;
const built: Record<string, BuildOutput> = {};

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "wakeq-bundles-"));
  // What tasks need is theirs to decide: the budgets are those of the engine, with tasks that need next to nothing.
  for (const name of FUNCTIONS) built[name] = await buildInto(folder, `handlers/${name}.ts`, name, [bundledTestTasks]);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const codeOf = (name: string) => Object.keys(built[name]!.outputs).filter((file) => file.endsWith(".mjs"));
const mapsOf = (name: string) => Object.keys(built[name]!.outputs).filter((file) => file.endsWith(".map"));
/** The sources of what a start of the function loads. */
const loadedBy = (name: string) =>
  built[name]!.loaded.flatMap((file) => Object.keys(built[name]!.outputs[file]!.inputs)).sort();

/** What the entry of a function guards: its handler. */
function handlerOf(name: string): string {
  const { outputs } = built[name]!;
  return Object.keys(outputs).find((file) => outputs[file]!.entryPoint?.endsWith("?guarded"))!;
}

function zippedKb(files: string[]): number {
  return files.reduce((sum, file) => sum + deflateRawSync(readFileSync(file), { level: 9 }).length, 0) / 1_000;
}

describe("what is deployed stays small", () => {
  test.each(FUNCTIONS)("%s: what a start loads, zipped", (name) => {
    expect(zippedKb(built[name]!.loaded)).toBeLessThanOrEqual(LOADED_KB[name]!);
  });

  test.each(FUNCTIONS)("%s: all that travels in its zip", (name) => {
    expect(zippedKb(codeOf(name))).toBeLessThanOrEqual(ZIP_KB[name] ?? MOST_ZIP_KB);
  });

  test.each(FUNCTIONS)("every file of %s has a name that puts it into its zip and into no other", (name) => {
    for (const file of Object.keys(built[name]!.outputs)) expect(basename(file).startsWith(`${name}.`)).toBe(true);
  });

  test.each(["submitJob", "jobStatus", "worker"])("the source map of %s tells of our own code alone", (name) => {
    const mapOf = (file: string) =>
      JSON.parse(readFileSync(`${file}.map`, "utf8")) as { mappings: string; sources: string[] };
    expect(mapOf(handlerOf(name)).sources.some((source) => source.includes(`handlers/`))).toBe(true);
    // With the packages they are as long as the code itself. A few marks of each of them remain.
    const loaded = built[name]!.loaded.filter((file) => existsSync(`${file}.map`));
    const mapped = loaded.reduce((sum, file) => sum + mapOf(file).mappings.length, 0);
    expect(mapped).toBeLessThan(0.8 * loaded.reduce((sum, file) => sum + readFileSync(file, "utf8").length, 0));
  });

  test.each(FUNCTIONS)("%s names no path of the machine that built it", (name) => {
    const sources = mapsOf(name).flatMap(
      (map) => (JSON.parse(readFileSync(map, "utf8")) as { sources: string[] }).sources,
    );
    expect(sources.filter((source) => /^([\w-]+:)?([A-Z]:)?[\\/]/.test(source))).toEqual([]);
    expect(codeOf(name).filter((file) => readFileSync(file, "utf8").includes(ROOT))).toEqual([]);
  });

  test("the pages travel with api alone, and no start loads any", () => {
    const isPage = (file: string) => /web\/|swagger|site\.ts/.test(file);
    const carried = (of: string) =>
      codeOf(of).flatMap((file) => Object.keys(built[of]!.outputs[file]!.inputs).filter(isPage));
    expect(FUNCTIONS.filter((name) => carried(name).length > 0)).toEqual(["api"]);
    for (const name of FUNCTIONS) expect(loadedBy(name).filter(isPage)).toEqual([]);
  });

  test("a start of api loads the routes, and neither tasks nor pages nor the description", () => {
    const loaded = loadedBy("api");
    expect(loaded).toContain("lib/routes/list-jobs.ts");
    expect(
      loaded.filter((file) => /^tasks\/|test\/support|web\/|swagger|lib\/openapi|described|-page\.ts/.test(file)),
    ).toEqual([]);
  });

  test("the words of the description travel with api alone", () => {
    const isWords = (file: string) => /lib\/(openapi|routes\/described)\/|http\/described/.test(file);
    const carrying = FUNCTIONS.filter((name) =>
      codeOf(name).some((file) => Object.keys(built[name]!.outputs[file]!.inputs).some(isWords)),
    );
    expect(carrying).toEqual(["api"]);
  });

  test("no start loads what only schedules, pauses and operators need", () => {
    const isRare = (file: string) =>
      /croner|lib\/schedules\/|queue\/(schedule-s|fire-|operator-)|scripts\/(fire|declare|redrive|delete|pause|resume)\.lua/.test(
        file,
      );
    for (const name of FUNCTIONS) expect(loadedBy(name).filter(isRare), name).toEqual([]);
  });

  test("a function of its own loads no other route", () => {
    const isRoute = (file: string) => /lib\/routes\/\w+-\w+\.ts$/.test(file) && !/view/.test(file);
    expect(loadedBy("submitJob").filter(isRoute)).toEqual(["lib/routes/submit-job.ts", "lib/routes/submit-jobs.ts"]);
    expect(loadedBy("jobStatus").filter(isRoute)).toEqual(["lib/routes/job-status.ts"]);
  });

  test("what a task imports when it runs is a file of its own, which no start loads", () => {
    const inputsOf = (file: string) => Object.keys(built.worker!.outputs[file]!.inputs);
    const chunks = codeOf("worker").filter((file) =>
      inputsOf(file).some((input) => input.endsWith("node_modules/get-port/index.js")),
    );
    expect(chunks).toEqual([expect.stringMatching(/worker\.[\w-]+-\w+\.mjs$/)]);
    for (const name of FUNCTIONS) expect(loadedBy(name).filter((file) => file.includes("get-port"))).toEqual([]);
  });

  test("the client of @upstash/redis is in none", () => {
    for (const name of FUNCTIONS) expect(loadedBy(name).filter((file) => file.includes("@upstash"))).toEqual([]);
  });

  test("the worker's scripts are in the worker's bundle alone", () => {
    const carrying = FUNCTIONS.filter((name) => /(claim|settle)\.lua/.test(loadedBy(name).join()));
    expect(carrying).toEqual(["worker"]);
  });

  test("status carries no task at all", () => {
    expect(loadedBy("submitJob")).toContain("test/support/tasks.ts");
    expect(loadedBy("jobStatus").filter((file) => /^(tasks|test)\//.test(file))).toEqual([]);
  });
});

test.each(["submitJob", "jobStatus", "worker"])("%s can be loaded without any package beside it", (name) => {
  const script = `const { handler } = await import("./${name}.mjs"); if (typeof handler !== "function") process.exit(1);`;
  execFileSync(process.execPath, ["--input-type=module", "-e", script], { cwd: folder, env: {}, stdio: "pipe" });
});
