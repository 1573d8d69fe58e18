import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deflateRawSync } from "node:zlib";
import { build, type Metafile } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";

const ROOT = join(import.meta.dirname, "../..");
const require = createRequire(import.meta.url);
const { custom } = parse(readFileSync(join(ROOT, "serverless.yml"), "utf8"), { logLevel: "error" }) as {
  custom: { esbuild: { target: string; mainFields: string[]; loader: Record<string, "text"> } };
};

const FUNCTIONS = readdirSync(join(ROOT, "handlers")).map((file) => file.replace(/\.ts$/, ""));
/** At most so many kB of code, zipped. */
const API_KB = 40;
const WORKER_KB = 125;
const PAGES_KB: Record<string, number> = { docs: 560, dashboard: 20, problems: 6 };

interface Bundle {
  file: string;
  text: string;
  map: string;
  inputs: Metafile["inputs"];
}

let folder: string;
const bundles: Record<string, Bundle> = {};

/** As serverless-esbuild builds it, with the settings of serverless.yml. */
async function bundle(name: string, entry: string): Promise<Bundle> {
  const file = join(folder, `${name}.cjs`);
  const { target, mainFields, loader } = custom.esbuild;
  const { outputFiles, metafile } = await build({
    ...{ entryPoints: [entry], outfile: file, write: false, metafile: true, absWorkingDir: ROOT },
    ...{ bundle: true, minify: true, format: "cjs", platform: "node", target, mainFields, loader },
    ...{ sourcemap: "linked", sourcesContent: false },
    plugins: require("../../esbuild.plugins.cjs"),
  });
  const [map, text] = [".cjs.map", ".cjs"].map((ending) => outputFiles.find(({ path }) => path.endsWith(ending))!.text);
  writeFileSync(file, text!);
  const output = Object.entries(metafile.outputs).find(([path]) => path.endsWith(".cjs"))![1];
  return { file, text: text!, map: map!, inputs: output.inputs as unknown as Metafile["inputs"] };
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "wakeq-bundles-"));
  const bare = join(folder, "bare.ts");
  writeFileSync(bare, "export const handler = async () => ({ statusCode: 200 });");
  bundles.bare = await bundle("bare", bare);
  for (const name of FUNCTIONS) bundles[name] = await bundle(name, `handlers/${name}.ts`);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("what is deployed stays small", () => {
  test.each(FUNCTIONS)("%s, zipped", (name) => {
    const kilobytes = PAGES_KB[name] ?? (name === "worker" ? WORKER_KB : API_KB);
    expect(deflateRawSync(bundles[name]!.text, { level: 9 }).length).toBeLessThanOrEqual(kilobytes * 1_000);
  });

  test.each(["submitJob", "jobStatus", "worker"])("the source map of %s tells of our own code alone", (name) => {
    const { mappings, sources } = JSON.parse(bundles[name]!.map) as { mappings: string; sources: string[] };
    expect(sources.some((file) => file.includes(`handlers/${name}.ts`))).toBe(true);
    // With the packages it is as long as the code itself. A few marks of each of them remain.
    expect(mappings.length).toBeLessThan(0.8 * bundles[name]!.text.length);
  });

  test.each(FUNCTIONS)("%s names no path of the machine that built it", (name) => {
    const { sources } = JSON.parse(bundles[name]!.map) as { sources: string[] };
    expect(sources.filter((file) => /^([\w-]+:)?([A-Z]:)?[\\/]/.test(file))).toEqual([]);
    expect(bundles[name]!.text.includes(ROOT)).toBe(false);
  });

  test.each(Object.keys(PAGES_KB))("no other function carries any of the page %s", (name) => {
    const files = (of: string) =>
      Object.keys(bundles[of]!.inputs).filter((file) => /web\/|swagger|site\.ts/.test(file));
    expect(files(name)).not.toEqual([]);
    for (const other of ["submitJob", "jobStatus", "worker"]) expect(files(other)).toEqual([]);
  });

  test("what a task imports when it runs is in the worker's bundle alone", () => {
    const carries = (name: string) =>
      Object.keys(bundles[name]!.inputs).some((file) => file.includes("node_modules/nodemailer/"));
    expect(carries("worker")).toBe(true);
    expect(carries("submitJob")).toBe(false);
    expect(carries("jobStatus")).toBe(false);
  });

  test("the worker's scripts are in the worker's bundle alone", () => {
    const carrying = Object.keys(bundles).filter((name) =>
      /(claim|settle)\.lua/.test(Object.keys(bundles[name]!.inputs).join()),
    );
    expect(carrying).toEqual(["worker"]);
  });

  test("status carries no task at all", () => {
    expect(Object.keys(bundles.jobStatus!.inputs).filter((file) => file.startsWith("tasks/"))).toEqual([]);
  });
});

test.each(["submitJob", "jobStatus", "worker"])("%s can be loaded without any package beside it", (name) => {
  const script = `const { handler } = require(${JSON.stringify(bundles[name]!.file)}); if (typeof handler !== "function") process.exit(1);`;
  execFileSync(process.execPath, ["-e", script], { cwd: folder, env: {}, stdio: "pipe" });
});

test("the bundled client has every command that our code sends", () => {
  const sources = ["lib", "lib/queue", "handlers"].flatMap((dir) =>
    readdirSync(join(ROOT, dir)).flatMap((name) =>
      name.endsWith(".ts") ? [readFileSync(join(ROOT, dir, name), "utf8")] : [],
    ),
  );
  const sent = sources.flatMap((text) => [...text.matchAll(/\b#?redis\.(\w+)[<(]/g)].map((match) => match[1]!));
  const { redisMethods } = require("../../esbuild.plugins.cjs") as { redisMethods: string[] };
  expect(sent).toContain("mget");
  expect([...new Set([...sent, "evalsha", "eval"])].filter((name) => !redisMethods.includes(name))).toEqual([]);
});
