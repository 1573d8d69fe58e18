import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { describeApi } from "../../lib/openapi/openapi.ts";
import { described } from "../../lib/routes/described/all.ts";
import { installFolder } from "../support/npm-folder.ts";
import { oddTasks } from "../support/odd-tasks.ts";
import { routes } from "../support/routes.ts";
import { removeData, startTestStack, type TestStack } from "../support/stack.ts";

const ROOT = join(import.meta.dirname, "../..");
const HERE = join(import.meta.dirname, "generators");
const run = promisify(execFile);

interface Generator {
  /** The command, from a package in this folder. */
  bin: string;
  args(document: string): string[];
  /** A program that uses the client: it submits a job and prints its id. `BASE` is the stack's address. */
  program: string;
  /** A configuration file for the generator. */
  config?: [name: string, text: (document: string, base: string) => string];
}

const PAYLOAD = `{ task: "note", payload: { to: "you@example.com" } }`;
const WRONG = `{ task: "call", payload: { up_to: 100 } }`;
const GENERATORS: Record<string, Generator> = {
  "openapi-typescript": {
    bin: "openapi-typescript/bin/cli.js",
    args: (document) => [document, "-o", "client.d.ts"],
    program: `
import createClient from "openapi-fetch";
import type { paths } from "./client";
const client = createClient<paths>({ baseUrl: BASE });
const { data } = await client.POST("/submit-job", { body: ${PAYLOAD} });
if (data && "job_id" in data) console.log(data.job_id);
// @ts-expect-error  the payload of another task
void (() => client.POST("/submit-job", { body: ${WRONG} }));
`,
  },
  "@hey-api/openapi-ts": {
    bin: "@hey-api/openapi-ts/bin/run.js",
    args: (document) => ["-i", document, "-o", "client"],
    program: `
import { client } from "./client/client.gen";
import { submitJob } from "./client/sdk.gen";
client.setConfig({ baseUrl: BASE });
const { data } = await submitJob({ body: ${PAYLOAD} });
if (data) console.log(data.job_id);
// @ts-expect-error  the payload of another task
void (() => submitJob({ body: ${WRONG} }));
`,
  },
  orval: {
    bin: "orval/dist/bin/orval.js",
    args: () => ["--config", "orval.config.cjs"],
    config: [
      "orval.config.cjs",
      (input, baseUrl) =>
        `module.exports = { wakeq: { input: ${JSON.stringify(input)}, output: { target: "./client.ts", client: "fetch", baseUrl: ${JSON.stringify(baseUrl)} } } };`,
    ],
    program: `
import { submitJob } from "./client";
const answer = await submitJob(${PAYLOAD});
if (answer.status === 202) console.log(answer.data.job_id);
// @ts-expect-error  the payload of another task
void (() => submitJob(${WRONG}));
`,
  },
  "openapi-typescript-codegen": {
    bin: "openapi-typescript-codegen/bin/index.js",
    args: (document) => ["--input", document, "--output", "client"],
    program: `
import { JobsService, OpenAPI } from "./client";
OpenAPI.BASE = BASE;
console.log((await JobsService.submitJob(${PAYLOAD})).job_id);
// @ts-expect-error  the payload of another task
void (() => JobsService.submitJob(${WRONG}));
`,
  },
};

let stack: TestStack;
let folder: string;
beforeAll(async () => {
  installFolder(HERE);
  [stack, folder] = await Promise.all([startTestStack(), mkdtemp(join(tmpdir(), "wakeq-generators-"))]);
  const served = await (await fetch(`${stack.url}/openapi.json`)).text();
  await writeFile(join(folder, "served.json"), served);
  await writeFile(join(folder, "odd.json"), JSON.stringify(describeApi(Object.values(routes), described, oddTasks)));
  await symlink(join(HERE, "node_modules"), join(folder, "node_modules"));
}, 400_000);
afterAll(async () => {
  await removeData(stack);
  if (folder) await rm(folder, { recursive: true, force: true });
});

const call = (bin: string, args: string[], cwd: string) =>
  run(process.execPath, [join(HERE, "node_modules", bin), ...args], { cwd, maxBuffer: 64 * 1024 * 1024 });

/** Makes a client in a new folder, with the program beside it if there is one, and compiles it. */
async function generated(name: string, of: "served" | "odd", program: string): Promise<string> {
  const { bin, args, config } = GENERATORS[name]!;
  const own = join(folder, `${of}-${name.replace(/\W+/g, "-")}`);
  const document = `../${of}.json`;
  await mkdir(own);
  await writeFile(join(own, "package.json"), '{ "type": "module" }');
  if (config) await writeFile(join(own, config[0]), config[1](document, stack.url));
  await call(bin, args(document), own);
  await writeFile(join(own, "program.ts"), `const BASE = ${JSON.stringify(stack.url)};\n${program}export {};\n`);
  const compilerOptions = {
    target: "es2023",
    lib: ["es2023", "dom", "dom.iterable"],
    module: "esnext",
    moduleResolution: "bundler",
    strict: true,
    noEmit: true,
    types: [],
  };
  await writeFile(join(own, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["**/*.ts"] }));
  await run(process.execPath, [join(ROOT, "node_modules/typescript/bin/tsc"), "-p", own]).catch(
    ({ stdout }: { stdout: string }) => expect(stdout).toBe(""),
  );
  return own;
}

describe.each(Object.keys(GENERATORS))("%s", (name) => {
  test("makes a client that compiles, refuses another task's payload, and submits a job", async () => {
    const own = await generated(name, "served", GENERATORS[name]!.program);
    const tsx = ["--import", join(ROOT, "node_modules/tsx/dist/loader.mjs")];
    const { stdout } = await run(process.execPath, [...tsx, "program.ts"], { cwd: own });
    const found = await fetch(`${stack.url}/job-status/${stdout.trim()}?wait=20`);
    expect(await found.json()).toMatchObject({ task: "note", result: { for: "you@example.com" } });
  });

  test("makes a client that compiles even if payloads are hard to describe", async () => {
    await generated(name, "odd", "");
  });
});

test.each(["served", "odd"])("redocly finds no error in the document (%s)", async (name) => {
  const { stdout } = await call("@redocly/cli/bin/cli.js", ["lint", `${name}.json`, "--format=json"], folder);
  expect(JSON.parse(stdout).totals).toMatchObject({ errors: 0 });
});
