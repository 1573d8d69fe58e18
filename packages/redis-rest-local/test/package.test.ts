import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";

const PACKAGE = join(import.meta.dirname, "..");
const ROOT = join(PACKAGE, "../..");
const run = promisify(execFile);

/** Another person's project: its `node_modules` holds only the packed package and its dependency. */
let project: string;

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), "redis-rest-local-"));
  project = join(folder, "project");
  // Packed from a copy, as `npm pack` builds first: two test runs must not share one `dist`.
  const copy = join(folder, "copy/packages/redis-rest-local");
  for (const name of ["package.json", "tsconfig.json", "README.md", "LICENSE", "bin", "src", "test"])
    await cp(join(PACKAGE, name), join(copy, name), { recursive: true });
  await cp(join(ROOT, "tsconfig.json"), join(folder, "copy/tsconfig.json"));
  await symlink(join(ROOT, "node_modules"), join(folder, "copy/node_modules"));
  const { stdout } = await run("npm", ["pack", "--offline", "--json", "--pack-destination", folder], { cwd: copy });
  const tarball = /"filename": "(.+)"/.exec(stdout)![1]!;
  const installed = join(project, "node_modules/redis-rest-local");
  await mkdir(installed, { recursive: true });
  await run("tar", ["-xzf", join(folder, tarball), "-C", installed, "--strip-components=1"]);
  await cp(join(ROOT, "node_modules/wasmoon-lua5.1"), join(project, "node_modules/wasmoon-lua5.1"), {
    recursive: true,
  });
  await writeFile(join(project, "package.json"), '{ "type": "module" }');
}, 120_000);
afterAll(() => rm(join(project, ".."), { recursive: true, force: true }));

test("the package holds the build, its README and its license", async () => {
  const installed = join(project, "node_modules/redis-rest-local");
  const files = await readdir(installed, { recursive: true, withFileTypes: true });
  const names = files
    .filter((file) => file.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(installed.length + 1));
  expect(names.filter((name) => !/^dist\/[\w/-]+\.(js|d\.ts)$/.test(name)).sort()).toEqual([
    "LICENSE",
    "README.md",
    "bin/redis-rest-local.js",
    "package.json",
  ]);
  expect(names).toEqual(expect.arrayContaining(["dist/index.js", "dist/index.d.ts", "dist/cli.js"]));
});

test("plain Node can import it and serve a store that runs scripts", async () => {
  const script = `
    import { createEmbedded, startGateway } from "redis-rest-local";
    const backend = await createEmbedded();
    const { url, token, close } = await startGateway({ backend, port: 0, token: "t" });
    const body = JSON.stringify(["EVAL", "return redis.call('INCRBY', KEYS[1], 7)", 1, "a"]);
    const response = await fetch(url, { method: "POST", headers: { authorization: "Bearer " + token }, body });
    console.log(await response.text());
    await close();
    await backend.close();`;
  const { stdout } = await run(process.execPath, ["--input-type=module", "-e", script], { cwd: project });
  expect(stdout.trim()).toBe('{"result":7}');
});

test("its command runs in a project that installed it", async () => {
  const manifest = JSON.parse(await readFile(join(project, "node_modules/redis-rest-local/package.json"), "utf8"));
  const command = join(project, "node_modules/redis-rest-local", manifest.bin["redis-rest-local"]);
  expect(await readFile(command, "utf8")).toMatch(/^#!\/usr\/bin\/env node\n/);
  expect((await run(process.execPath, [command, "--version"])).stdout.trim()).toBe(manifest.version);
  expect((await run(process.execPath, [command, "--help"])).stdout).toContain("--port NUMBER");
});

test("its types compile in another project", async () => {
  await symlink(join(ROOT, "node_modules/@types"), join(project, "node_modules/@types"));
  await writeFile(
    join(project, "mine.ts"),
    `import { createEmbedded, type Gateway, startGateway } from "redis-rest-local";
     export const gateway: Gateway = await startGateway({ backend: await createEmbedded(), port: 0, token: "" });
     export const wrong = startGateway({ port: 0, token: "" });`,
  );
  const compilerOptions = { module: "nodenext", target: "es2023", types: ["node"], strict: true, noEmit: true };
  await writeFile(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["mine.ts"] }));
  const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
  const { stdout } = await run(process.execPath, [tsc], { cwd: project }).catch((error: { stdout: string }) => error);
  expect(stdout.match(/error TS.*/g)).toEqual([expect.stringMatching("Property 'backend' is missing")]);
});
