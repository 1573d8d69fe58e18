import { execFile } from "node:child_process";
import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { build, type Plugin } from "esbuild";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { builtFrom, COMMANDS, COMMONJS_DOORS, DOORS } from "../../bin/package/doors.ts";
import { emptyProject, install } from "./project.ts";

const ROOT = join(import.meta.dirname, "../..");
const BIN = join(ROOT, "node_modules/.bin");
const run = promisify(execFile);

let folder: string;
let remove: () => Promise<void>;
let installed: string;

beforeAll(async () => {
  ({ folder, remove } = await emptyProject());
  await install(folder);
  installed = join(folder, "node_modules/wakeq");
});
afterAll(() => remove());

/** The files of the package, as paths from its folder. */
async function filesOf(below = installed): Promise<string[]> {
  const files = await readdir(below, { recursive: true, withFileTypes: true });
  return files
    .filter((file) => file.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(below.length + 1));
}

/** Finds what files import, as a bundler reads them: the texts that `wakeq init` writes have imports too. */
async function importedBy(files: readonly string[]): Promise<Set<string>> {
  const names = new Set<string>();
  const note: Plugin = {
    name: "note",
    setup: ({ onResolve }) =>
      onResolve({ filter: /.*/ }, ({ path, kind }) => {
        if (kind === "entry-point") return undefined;
        names.add(path);
        return { path, external: true };
      }),
  };
  await build({
    entryPoints: Object.fromEntries(files.map((file, index) => [String(index), file])),
    bundle: true,
    write: false,
    outdir: folder,
    format: "esm",
    platform: "node",
    logLevel: "silent",
    plugins: [note],
  });
  return names;
}

async function codeFiles(): Promise<[name: string, code: string][]> {
  const names = (await filesOf()).filter((name) => /\.c?js$/.test(name));
  return Promise.all(
    names.map(async (name): Promise<[string, string]> => [name, await readFile(join(installed, name), "utf8")]),
  );
}

/** Runs a module in the project. Returns what it printed. */
async function printed(code: string, type: "module" | "commonjs" = "module"): Promise<string> {
  const { stdout } = await run(process.execPath, [`--input-type=${type}`, "-e", code], { cwd: folder });
  return stdout.trim();
}

describe("the package", () => {
  test("has a door for every line of the table, and no other", async () => {
    const { exports, bin = {} } = JSON.parse(await readFile(join(installed, "package.json"), "utf8")) as {
      exports: Record<string, unknown>;
      bin?: Record<string, string>;
    };
    const esm = (source: string) => ({
      types: `./dist/${builtFrom(source)}.d.ts`,
      default: `./dist/${builtFrom(source)}.js`,
    });
    const doors = Object.entries(DOORS).map(([door, source]): [string, unknown] => {
      if (!COMMONJS_DOORS.includes(door)) return [door, esm(source)];
      const { types, default: code } = esm(source);
      const cjs = { types: types.replace(/ts$/, "cts"), default: code.replace(/js$/, "cjs") };
      return [door, { "module-sync": esm(source), require: cjs, default: esm(source) }];
    });
    expect(exports).toEqual({ ...Object.fromEntries(doors), "./package.json": "./package.json" });
    const commands = Object.entries(COMMANDS).map(([name, source]) => [name, `dist/${builtFrom(source)}.js`]);
    expect(bin).toEqual(Object.fromEntries(commands));
  });

  test("holds the build, and what a reader needs", async () => {
    const ofTheBuild = /^dist\/(lib|chunks|client|testing|commonjs|bin)\//;
    const beside = ["CHANGELOG.md", "LICENSE", "README.md", "client/README.md", "package.json"];
    const others = (await filesOf()).filter((name) => !ofTheBuild.test(name));
    expect(others.sort()).toEqual([...beside.slice(0, 4), "dist/NOTICES.txt", "package.json"]);
    // It was packed from a copy. npm would take the same from here.
    const { stdout } = await run("npm", ["pack", "--dry-run", "--ignore-scripts", "--json"], { cwd: ROOT });
    const [{ files }] = JSON.parse(stdout) as [{ files: { path: string }[] }];
    const packed = files
      .map(({ path }) => path)
      .filter((path) => !ofTheBuild.test(path) && path !== "dist/NOTICES.txt");
    expect(packed.sort()).toEqual(beside);
  });

  test("has the licenses of the packages whose code is in it", async () => {
    const notices = await readFile(join(installed, "dist/NOTICES.txt"), "utf8");
    for (const name of ["zod", "wasmoon-lua5.1", "swagger-ui-dist", "preact"])
      expect(notices).toMatch(new RegExp(`^${name} \\d`, "m"));
  });

  test("brings at most 6 packages and 5 MB", async () => {
    const files = await filesOf(join(folder, "node_modules"));
    expect(
      files.filter((name) => /(^|\/node_modules\/)(@[^/]+\/)?[^/]+\/package\.json$/.test(name)).length,
    ).toBeLessThanOrEqual(6);
    const sizes = await Promise.all(files.map(async (name) => (await stat(join(folder, "node_modules", name))).size));
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(5_000_000);
  });

  test("has nothing to complain of for publint", async () => {
    const { stdout } = await run(join(BIN, "publint"), ["--strict", inject("tarball")]);
    expect(stdout).toContain("All good!");
  });

  test("has types that every way of resolving finds", async () => {
    const profile = ["--profile", "node16", "--ignore-rules", "cjs-resolves-to-esm"];
    const { stdout } = await run(join(BIN, "attw"), [inject("tarball"), ...profile, "--format", "json"]);
    const { analysis } = JSON.parse(stdout) as { analysis: { entrypoints: object } };
    expect(Object.keys(analysis.entrypoints)).toEqual([...Object.keys(DOORS), "./package.json"]);
  });
});

describe("its code", () => {
  test("imports no module of Node that loads all of fetch, and nothing that is not in the package", async () => {
    const names = [...(await importedBy((await codeFiles()).map(([name]) => join(installed, name))))].filter(
      (name) => !name.startsWith("."),
    );
    expect(names).toContain("node:crypto");
    const foreign = names.filter((name) => !name.startsWith("node:") || /^node:https?$/.test(name));
    expect(foreign).toEqual(["next/server.js"]); // the application's own
  });

  test("has no await at the top of a module: require loads it", async () => {
    const doors = Object.keys(DOORS).map((door) => JSON.stringify(`wakeq${door.slice(1)}`));
    const code = `const doors = [${doors}].map((door) => Object.keys(require(door)).length); console.log(Math.min(...doors));`;
    expect(Number(await printed(code, "commonjs"))).toBeGreaterThan(0);
  });

  test("import and require give the same classes", async () => {
    const code = `import("wakeq").then((esm) => console.log(esm.WakeqError === require("wakeq").WakeqError))`;
    expect(await printed(code, "commonjs")).toBe("true");
  });

  test("what jest opens is whole: its pages are those of the rest", async () => {
    const code = `
      const { defineQueue } = require("./node_modules/wakeq/dist/lib/index.cjs");
      const redis = { url: "http://127.0.0.1:1", token: "none" };
      const queue = defineQueue({ tasks: [], redis, docs: "open", log: "silent" });
      const get = async (path) => (await queue.fetch(new Request("http://localhost" + path))).status;
      (async () => console.log(await get("/"), await get("/docs"), await get("/nothing")))();`;
    expect(await printed(code, "commonjs")).toBe("200 200 404");
  });

  test("the classes are the same in every door", async () => {
    const code = `import { WakeqError } from "wakeq"; import * as client from "wakeq/client"; console.log(WakeqError === client.WakeqError)`;
    expect(await printed(code)).toBe("true");
  });

  test("importing it, and defining a queue, loads neither fetch nor HTTP; no door loads fetch", async () => {
    const loaded = (code: string, what: RegExp) =>
      printed(`${code}; console.log(process.moduleLoadList.filter((name) => ${what}.test(name)).join())`);
    const http = /undici|NativeModule _?https?(_|$)/;
    expect(await loaded('import { defineQueue } from "wakeq"; defineQueue({ tasks: [] })', http)).toBe("");
    const doors = Object.keys(DOORS).map((door) => `import ${JSON.stringify(`wakeq${door.slice(1)}`)}`);
    expect(await loaded(doors.join("; "), /undici/)).toBe("");
    expect(await loaded("new Headers()", /undici/)).toContain("undici");
  });
});

/** Bundles a file of the project as a user would, without any plugin. Returns what a start loads, in kB zipped, and all of it. */
async function bundled(name: string, options: object): Promise<{ loadedKb: number; files: string[] }> {
  const outdir = join(folder, "built");
  const { metafile } = await build({
    absWorkingDir: folder,
    entryPoints: [name],
    outdir,
    bundle: true,
    format: "esm",
    platform: "node",
    metafile: true,
    logLevel: "silent",
    ...options,
  });
  const loaded = new Set<string>();
  const load = (file: string) => {
    if (loaded.has(file)) return;
    loaded.add(file);
    for (const { path, kind, external } of metafile.outputs[file]!.imports)
      if (kind === "import-statement" && !external) load(path);
  };
  load(Object.keys(metafile.outputs).find((file) => metafile.outputs[file]!.entryPoint === name)!);
  const sizes = await Promise.all(
    [...loaded].map(async (file) => gzipSync(await readFile(join(folder, file)), { level: 9 }).length),
  );
  return { loadedKb: sizes.reduce((sum, size) => sum + size, 0) / 1_000, files: [...loaded] };
}

test("a route that only submits loads at most 57 kB, zipped, when plain esbuild has bundled it", async () => {
  await mkdir(join(folder, "src"), { recursive: true });
  await writeFile(join(folder, "src/heavy.js"), 'export const heavy = "the heavy part";');
  const schema = '{ "~standard": { version: 1, vendor: "own", validate: (value) => ({ value }) } }';
  await writeFile(
    join(folder, "src/route.js"),
    `import { defineQueue, defineTask } from "wakeq";
     const mail = defineTask({ name: "mail", input: ${schema}, run: async () => (await import("./heavy.js")).heavy });
     const queue = defineQueue({ tasks: [mail] });
     export const POST = async () => Response.json(await queue.submit(mail, { to: "ada" }));`,
  );
  const { loadedKb, files } = await bundled("src/route.js", { splitting: true });
  const code = await Promise.all(files.map((file) => readFile(join(folder, file), "utf8")));
  expect(code.join()).not.toContain("the heavy part");
  expect(loadedKb).toBeGreaterThan(5);
  expect(loadedKb).toBeLessThanOrEqual(57);
});
