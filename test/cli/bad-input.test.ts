import { expect, test } from "vitest";
import { useInstalled } from "./built.ts";
import { run, useRunning } from "./command.ts";

const { project, script } = useInstalled();
const start = useRunning();

const HEAD = `import { defineQueue, defineTask } from "wakeq";\nimport * as z from "zod";\n`;
const task = (name: string) => `defineTask({ name: "${name}", input: z.object({}), run() {} })`;
const SOUND = `${HEAD}export const queue = defineQueue({ tasks: [${task("a")}] });\n`;

/** Queue files, or other files, and the one line that says what is wrong and what to do. */
const QUEUE_FILES: [name: string, files: Record<string, string>, line: string | RegExp][] = [
  [
    "exports no queue",
    { "queue.mjs": `${HEAD}export const tasks = [${task("a")}];` },
    "queue.mjs exports no queue: write export const queue = defineQueue({ tasks: […] })",
  ],
  [
    "exports a queue under another name",
    { "queue.mjs": `${HEAD}export const jobs = defineQueue({ tasks: [] });` },
    "queue.mjs exports a queue as jobs: name it queue, or make it the default export",
  ],
  [
    "has two tasks of one name",
    { "queue.mjs": `${HEAD}export default defineQueue({ tasks: [${task("a")}, ${task("a")}] });` },
    "queue.mjs:3: two tasks are named a: rename one",
  ],
  [
    "loads two tasks of one name",
    { "queue.mjs": `${HEAD}export default defineQueue({ tasks: async () => [${task("a")}, ${task("a")}] });` },
    "queue.mjs: two tasks are named a: rename one",
  ],
  [
    "has a wrong option",
    { "queue.mjs": `${HEAD}export const queue = defineQueue({ tasks: [], concurrency: 0 });` },
    /^queue\.mjs:3: these options of defineQueue are wrong:\n {2}concurrency: .+$/,
  ],
  ["does not parse", { "queue.mjs": `${HEAD}export const = 1;` }, "queue.mjs:3: Unexpected token '='"],
  [
    "imports what does not parse",
    { "queue.mjs": `import "./util.mjs";\n${SOUND}`, "util.mjs": "\n}" },
    process.versions.node.startsWith("20") ? /Unexpected token '}'$/ : "util.mjs:2: Unexpected token '}'",
  ],
  ["throws", { "queue.mjs": `${SOUND}throw new Error("out of order");` }, "queue.mjs:4: out of order"],
  [
    "imports a file that throws, in a folder with a space",
    {
      "queue.mjs": `import "./my (old) tasks/a.cjs";\n${SOUND}`,
      "my (old) tasks/a.cjs": '\nthrow new Error("out of order");',
    },
    "my (old) tasks/a.cjs:2: out of order",
  ],
  [
    "needs a package that is not there",
    { "queue.mjs": 'import "nowhere-to-be-found";' },
    /^queue\.mjs: Cannot find package 'nowhere-to-be-found' imported from .+: run npm install nowhere-to-be-found$/,
  ],
  [
    "is a module by its text and CommonJS by package.json",
    { "package.json": '{ "type": "commonjs" }', "queue.js": SOUND },
    'queue.js:1: Cannot use import statement outside a module: name the file .mjs, or write "type": "module" into package.json',
  ],
];

for (const [name, files, line] of QUEUE_FILES)
  test(`a queue file that ${name} is one line, for worker and for dev, which waits for a change`, async () => {
    const cwd = await project(files);
    const worker = await run(script(), ["worker"], { cwd });
    expect([worker.code, worker.stdout]).toEqual([1, ""]);
    const shown = worker.stderr.replace(/^\(.*\n/gm, ""); // Node itself warns of some
    const said = shown.replace(/^wakeq: /, "").trimEnd();
    if (typeof line === "string") expect(said).toBe(line);
    else expect(said).toMatch(line);
    const dev = start(script(), ["dev", "--port", "0"], { cwd });
    await dev.says(/waiting for a change/);
    expect(dev.output()).toContain(shown);
    dev.kill("SIGINT");
    expect(await dev.ended).toBe(0);
  });

/** Command lines that fail before anything is started. */
const ALSO: [args: string, env: Record<string, string>, line: string][] = [
  ["dev --queue src/no.ts", {}, "--queue src/no.ts: there is no such file"],
  ["dev --queue package.json", {}, "--queue package.json: expected a file that ends with .ts, .mts, .js, .mjs, .cjs"],
  ["dev --port many", {}, '--port: expected a port from 0 (any) to 65535, got "many"'],
  ["dev", { PORT: "70000" }, 'PORT: expected a port from 0 (any) to 65535, got "70000"'],
  [
    "dev",
    { REDIS_URL: "redis://127.0.0.1:1", PORT: "0" },
    "no Redis answers at redis://127.0.0.1:1 (REDIS_URL): start it, or unset REDIS_URL for the embedded store",
  ],
  [
    "dev",
    { UPSTASH_REDIS_REST_URL: "https://example.upstash.io" },
    "UPSTASH_REDIS_REST_TOKEN is missing: set it as well, or neither of the two for a store on this machine",
  ],
  [
    "key --scopes all",
    {},
    "no key was made: --name takes letters, digits, dots and dashes; --scopes takes submit, read and admin, joined by +",
  ],
];

for (const [args, env, line] of ALSO)
  test(`wakeq ${args} ${JSON.stringify(env)} is one line`, async () => {
    const cwd = await project({ "package.json": '{ "type": "module" }', "queue.js": SOUND });
    expect(await run(script(), args.split(" "), { cwd, env })).toEqual({
      code: 1,
      stdout: "",
      stderr: `wakeq: ${line}\n`,
    });
  });

test("a project without a queue file, and a folder without package.json, are told what to do", async () => {
  const cwd = await project({});
  expect((await run(script(), ["dev"], { cwd })).stderr).toBe(
    "wakeq: no queue file here: src/queue.ts, queue.ts, lib/queue.ts, app/queue.ts (or .mts, .js, .mjs, .cjs): run npx wakeq init, or pass --queue PATH\n",
  );
  expect((await run(script(), ["init"], { cwd })).stderr).toBe(
    "wakeq: there is no package.json here: run npm init -y, or change to your project's folder\n",
  );
});
