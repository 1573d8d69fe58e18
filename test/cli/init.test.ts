import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { useInstalled } from "./built.ts";
import { run, useRunning } from "./command.ts";

const { project, script } = useInstalled();
const start = useRunning();

const SCRIPT = '  | "queue": "wakeq dev"';
const pkg = (more: object) => JSON.stringify({ name: "app", ...more }, undefined, 2);

/** What is given, then: what it is taken for, the files that are written besides package.json, and what the first of them says. */
const CASES: {
  name: string;
  manifest: object;
  more?: Record<string, string>;
  kind: string;
  files: string[];
  says: RegExp;
}[] = [
  {
    name: "plain Node, modules",
    manifest: { type: "module" },
    kind: "a Node project in JavaScript",
    files: ["queue-server.js", "queue.js"],
    says: /from "\.\/queue\.js"/,
  },
  {
    name: "plain Node as npm init writes it",
    manifest: { type: "commonjs" },
    kind: "a Node project in JavaScript",
    files: ["queue-server.mjs", "queue.mjs"],
    says: /from "\.\/queue\.mjs"/,
  },
  {
    name: "plain Node, TypeScript",
    manifest: { type: "module", devDependencies: { typescript: "7" } },
    kind: "a Node project in TypeScript",
    files: ["src/queue-server.ts", "src/queue.ts"],
    says: /from "\.\/queue\.js"[\s\S]*await serve/,
  },
  {
    name: "plain Node, TypeScript that becomes CommonJS",
    manifest: { devDependencies: { typescript: "7" } },
    kind: "a Node project in TypeScript",
    files: ["src/queue-server.ts", "src/queue.ts"],
    says: /void serve\(queue\)/,
  },
  {
    name: "Express",
    manifest: { dependencies: { express: "5" } },
    kind: "an Express project in JavaScript",
    files: ["queue.mjs"],
    says: /= require\("\.\/queue\.mjs"\);\n\n {4}app\.use\("\/queue", toNode\(queue\)\);\n {4}startWorker\(queue\)/,
  },
  {
    name: "Express, modules",
    manifest: { type: "module", dependencies: { express: "5" } },
    kind: "an Express project in JavaScript",
    files: ["queue.js"],
    says: /import \{ queue \} from "\.\/queue\.js";[\s\S]*startWorker\(queue\)/,
  },
  {
    name: "Fastify, TypeScript by its tsconfig.json",
    manifest: { dependencies: { fastify: "5" } },
    more: { "tsconfig.json": "{}" },
    kind: "a Fastify project in TypeScript",
    files: ["src/queue.ts"],
    says: /import \{ queue \} from "\.\/src\/queue\.js"/,
  },
  {
    name: "Hono",
    manifest: { type: "module", dependencies: { hono: "4" } },
    kind: "a Hono project in JavaScript",
    files: ["queue.js"],
    says: /import \{ startWorker \} from "wakeq\/node";[\s\S]*queue\.fetch\(context\.req\.raw\)\);\n {4}startWorker\(queue\);/,
  },
  {
    name: "Serverless by its file, before Express",
    manifest: { dependencies: { express: "5" } },
    more: { "serverless.yml": "service: app\n", "src/app.js": "" },
    kind: "a Serverless project in JavaScript",
    files: ["src/queue.mjs"],
    says: /Add to serverless\.yml:[\s\S]*- wakeq\/serverless[\s\S]*queue: src\/queue\.mjs/,
  },
  {
    name: "Next, TypeScript, code in src",
    manifest: { dependencies: { next: "16" }, devDependencies: { typescript: "5" } },
    more: { "src/app/page.tsx": "" },
    kind: "a Next project in TypeScript",
    files: ["src/app/api/queue/[[...path]]/route.ts", "src/queue.ts"],
    says: /from "\.\.\/\.\.\/\.\.\/\.\.\/queue"/,
  },
  {
    name: "Next, JavaScript, as npm init writes package.json",
    manifest: { type: "commonjs", dependencies: { next: "16" } },
    kind: "a Next project in JavaScript",
    files: ["app/api/queue/[[...path]]/route.js", "lib/queue.mjs"],
    says: /from "\.\.\/\.\.\/\.\.\/\.\.\/lib\/queue\.mjs"[\s\S]*Careful: package\.json says "type": "commonjs"/,
  },
];

for (const { name, manifest, more = {}, kind, files, says } of CASES)
  test(`init in a project of ${name} shows and writes what it needs`, async () => {
    const given = { "package.json": pkg(manifest), ...more };
    const cwd = await project(given);
    const { code, stdout, stderr } = await run(script(), ["init", "--yes"], { cwd });
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toContain(`wakeq: this is ${kind}\n`);
    expect(stdout).toContain(SCRIPT);
    expect(stdout).toMatch(says);
    const written = await filesIn(cwd);
    expect(written.filter((file) => !(file in given))).toEqual(files);
    for (const file of files)
      for (const line of (await readFile(join(cwd, file), "utf8")).trimEnd().split("\n"))
        expect(stdout).toContain(`  | ${line}`);
    expect(await readFile(join(cwd, "package.json"), "utf8")).toBe(
      pkg({ ...manifest, scripts: { queue: "wakeq dev" } }),
    );
  });

for (const type of ["module", "commonjs"])
  test(`what init writes for plain Node serves, and its task runs; type ${type}`, async () => {
    const cwd = await project({ "package.json": pkg({ type }) });
    await run(script(), ["init", "--yes"], { cwd });
    const dev = start(script(), ["dev", "--port", "0"], { cwd });
    await dev.says(/is ready: queue\.m?js, task welcome/);
    const { rest } = JSON.parse(await readFile(join(cwd, ".wakeq/stack.json"), "utf8")) as {
      rest: { url: string; token: string };
    };
    const env = { PORT: "0", IS_LOCAL: "true", UPSTASH_REDIS_REST_URL: rest.url, UPSTASH_REDIS_REST_TOKEN: rest.token };
    const server = start(join(cwd, type === "module" ? "queue-server.js" : "queue-server.mjs"), [], { cwd, env });
    const [, url] = await server.says(/"api_started","url":"([^"]+)"/);
    const headers = { "content-type": "application/json" };
    const body = '{"task":"welcome","payload":{"name":"Ada"}}';
    expect((await fetch(`${url}/submit-job`, { method: "POST", headers, body })).status).toBe(202);
    await server.says(/"event":"completed"/);
    server.kill("SIGTERM");
    expect(await server.ended).toBe(0);
  });

test("init writes nothing unless the answer is yes", async () => {
  const files = { "package.json": pkg({ type: "module" }) };
  for (const input of ["n\n", "no\n", "what\n", ""]) {
    const cwd = await project(files);
    const { code, stdout, stderr } = await run(script(), ["init"], { cwd, input });
    expect([code, stderr]).toEqual([1, "wakeq: nothing was written\n"]);
    expect(stdout).toContain("write these? [Y/n]");
    expect(await filesIn(cwd)).toEqual(["package.json"]);
  }
  for (const input of ["\n", "y\n", "Yes\n"]) {
    const cwd = await project(files);
    expect((await run(script(), ["init"], { cwd, input })).code).toBe(0);
    expect(await filesIn(cwd)).toEqual(["package.json", "queue-server.js", "queue.js"]);
  }
});

test("init never overwrites a file, and shows what one would have", async () => {
  const files = {
    "package.json": `{\n\t"type": "module",\n\t"scripts": { "queue": "mine" }\n}\n`,
    "lib/queue.js": "// mine\n",
    "lib/queue-server.js": "// mine too\n",
  };
  const cwd = await project(files);
  const { code, stdout } = await run(script(), ["init", "--yes"], { cwd });
  expect(code).toBe(0);
  for (const [path, text] of Object.entries(files)) expect(await readFile(join(cwd, path), "utf8")).toBe(text);
  expect(stdout).toMatch(
    /lib\/queue\.js is there already and stays as it is[\s\S]*\| export const queue = defineQueue/,
  );
  expect(stdout).toContain("lib/queue-server.js is there already");
  expect(stdout).toContain("there is nothing to write");
});

test("init keeps the layout of package.json", async () => {
  const cwd = await project({ "package.json": `{\n\t"type": "module",\n\t"scripts": {},\n\t"private": true\n}\n` });
  await run(script(), ["init", "--yes"], { cwd });
  expect(await readFile(join(cwd, "package.json"), "utf8")).toBe(
    `{\n\t"type": "module",\n\t"scripts": {\n\t\t"queue": "wakeq dev"\n\t},\n\t"private": true\n}\n`,
  );
});

async function filesIn(folder: string): Promise<string[]> {
  const all = await readdir(folder, { recursive: true, withFileTypes: true });
  return all
    .filter((each) => each.isFile() && !each.parentPath.includes("node_modules"))
    .map((each) => join(each.parentPath, each.name).slice(folder.length + 1))
    .sort();
}
