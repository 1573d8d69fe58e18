import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, symlink, unlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { JobView } from "../../lib/routes/described/job-view.ts";
import { temporaryService } from "../support/service-copy.ts";
import { start } from "../support/start.ts";

const ROOT = join(import.meta.dirname, "../..");

let scripts: [name: string, args: string[]][];
beforeAll(async () => {
  const manifest = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8")) as {
    scripts: Record<string, string>;
  };
  scripts = Object.entries(manifest.scripts)
    .filter(([, command]) => command.startsWith("node "))
    .map(([name, command]) => [name, command.split(" ").slice(1)]);
});

/** Runs the command of `npm run NAME` to its end. Returns its exit code and the lines that it printed. */
function run(args: readonly string[], cwd: string, environment: Record<string, string> = {}) {
  const env = { PATH: process.env.PATH, HOME: process.env.HOME, ...environment };
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd, env, encoding: "utf8", timeout: 30_000 });
  return { status, lines: (stdout + stderr).trimEnd().split("\n") };
}

async function emptyFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "wakeq-machine-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

test.each(["16.20.2", "18.20.8", "20.18.3"])(
  "on Node %s every script says in one line which version to install",
  async (version) => {
    const fake = join(await emptyFolder(), "version.cjs");
    const versions = `{ ...process.versions, node: ${JSON.stringify(version)} }`;
    await writeFile(fake, `Object.defineProperty(process, "versions", { value: ${versions} });\n`);
    expect(scripts.length).toBeGreaterThan(6);
    for (const [name, args] of scripts) {
      const { status, lines } = run(args, ROOT, { NODE_OPTIONS: `--require ${fake}` });
      expect([name, status, lines]).toEqual([
        ...[name, 1],
        [`wakeq: Node ${version} is too old: install 20.19 or later; AWS runs 24`],
      ]);
    }
  },
);

describe("if packages are missing, every script says in one line how to install them:", () => {
  test.each<[string, string[] | undefined]>([
    ["none is installed", undefined],
    ["the development packages are not installed (NODE_ENV=production npm ci)", ["redis-rest-local", "wasmoon-lua5.1"]],
  ])("%s", async (_, packages) => {
    const { folder, remove } = await temporaryService();
    onTestFinished(remove);
    await unlink(join(folder, "node_modules"));
    if (packages) await mkdir(join(folder, "node_modules"));
    for (const name of packages ?? [])
      await symlink(join(ROOT, "node_modules", name), join(folder, "node_modules", name));
    for (const [name, args] of scripts) {
      const { status, lines } = run(args, folder);
      expect([name, status, lines.length]).toEqual([name, 1, 1]);
      expect(lines[0]).toMatch(/^wakeq: packages are missing: run npm ci --include=dev /);
    }
  });
});

const utf16 = (text: string) => Buffer.from(`\ufeff${text}`, "utf16le");
describe("a .env file", () => {
  test.each<[string, Buffer | "a folder", RegExp]>([
    ["as it should be", Buffer.from("WORKER_CONCURRENCY=many\n"), /WORKER_CONCURRENCY: expected .* got "many"/],
    [
      "with a byte order mark",
      Buffer.from("\ufeffWORKER_CONCURRENCY=many\n"),
      /WORKER_CONCURRENCY: expected .* got "many"/,
    ],
    ["with lines as on Windows", Buffer.from("\ufeffA=1\r\nKEEP_JOBS=x\r\n"), /KEEP_JOBS: expected .* got "x"/],
    ["in UTF-16", utf16("KEEP_JOBS=x\n"), /^wakeq: \.env cannot be read: it is not UTF-8: save it as UTF-8/m],
    ["in UTF-16, big endian", utf16("KEEP_JOBS=x\n").swap16(), /^wakeq: \.env cannot be read: it is not UTF-8/m],
    ["in Latin-1", Buffer.from("KEEP_JOBS=\u00e9\n", "latin1"), /^wakeq: \.env cannot be read: it is not UTF-8/m],
    ["that is a folder", "a folder", /^wakeq: \.env cannot be read: EISDIR/m],
  ])("%s", async (_, contents, said) => {
    const { folder, remove } = await temporaryService();
    onTestFinished(remove);
    if (contents === "a folder") await mkdir(join(folder, ".env"));
    else await writeFile(join(folder, ".env"), contents);
    const [, args] = scripts.find(([name]) => name === "start")!;
    const { status, lines } = run(args, folder);
    expect(status).toBe(1);
    expect(lines.join("\n")).toMatch(said);
    expect(lines.join("\n")).not.toMatch(/^ +at /m);
  });
});

test("npm start works with a read-only home directory and NODE_ENV=production", async () => {
  const started = await start({ HOME: "/dev/null", XDG_CONFIG_HOME: "/dev/null", NODE_ENV: "production" });
  const [, url] = await started.prints(/API +(http:\S+)/);
  const submitted = await fetch(`${url}/submit-job`, {
    method: "POST",
    body: '{"task":"note"}',
    headers: { prefer: "wait=20" },
  });
  expect(await submitted.json()).toMatchObject({ status: "completed" } satisfies Partial<JobView>);
  started.child.kill("SIGTERM");
  expect(await started.exited).toBe(0);
});
