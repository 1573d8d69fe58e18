import { execFile } from "node:child_process";
import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type BorrowedStack, borrowStack } from "../support/shared/stack.ts";

const ROOT = join(import.meta.dirname, "../..");
const run = promisify(execFile);

/** A program by a person who has only this client. */
const PROGRAM = `
import { cancelJob, defaults, jobStatus, listJobs, queueStats, submitJob, submitJobs } from "./client.ts";

defaults.baseUrl = process.argv[2]!;
const accepted = await submitJob({ task: "note", payload: { to: "you@example.com" } }, { prefer: "wait=20" });
if (accepted.status !== 200) throw new Error(String(accepted.status));
const { job_id, status } = accepted.data;
const batch = await submitJobs({ jobs: [{ task: "count", payload: { up_to: 100 }, delay_seconds: 3600 }] });
if (batch.status !== 202) throw new Error(batch.data.code);
const later = batch.data.job_ids[0]!;
const cancelled = await cancelJob(later);
const again = await cancelJob(job_id);
const found = await jobStatus(later);
const missing = await jobStatus("00000000-0000-4000-8000-000000000000");
const page = await listJobs({ status: "completed", limit: 1 });
const stats = await queueStats();
// @ts-expect-error  the payload of another task
const wrong = await submitJob({ task: "call", payload: { up_to: 100 } });
console.log(JSON.stringify({
  status,
  cancelled: cancelled.status === 200 && cancelled.data.status,
  again: again.status === 409 && again.data.code,
  found: found.status === 200 && found.data.task,
  missing: missing.status === 404 && missing.data.code,
  page: page.status === 200 && page.data.jobs.length,
  completed: stats.status === 200 && stats.data.completed,
  wrong: wrong.status === 422 && wrong.data.errors?.map(({ pointer }) => pointer),
}));
`;

let stack: BorrowedStack;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "wakeq-client-"));
  stack = await borrowStack();
});
afterAll(async () => {
  stack?.giveBack();
  await rm(folder, { recursive: true, force: true });
});

test("a generator from npm makes a client from /openapi.json that type-checks and works", {
  timeout: 90_000,
}, async () => {
  const document = await (await fetch(`${stack.url}/openapi.json`)).text();
  await writeFile(join(folder, "openapi.json"), document);
  await writeFile(join(folder, "package.json"), '{ "type": "module" }');
  await writeFile(join(folder, "program.ts"), PROGRAM);
  await symlink(join(ROOT, "node_modules"), join(folder, "node_modules"));
  const compilerOptions = {
    target: "es2023",
    lib: ["es2023", "dom"],
    module: "nodenext",
    moduleResolution: "nodenext",
    types: ["node"],
    strict: true,
    noEmit: true,
    allowImportingTsExtensions: true,
    skipLibCheck: true,
  };
  await writeFile(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["*.ts"] }));

  const generator = join(ROOT, "node_modules/oazapfts/dist/cli.js");
  await run(process.execPath, [generator, "openapi.json", "client.ts"], { cwd: folder });
  const compiler = join(ROOT, "node_modules/typescript/bin/tsc");
  await run(process.execPath, [compiler, "-p", folder], { cwd: folder });
  const { stdout } = await run(process.execPath, ["--import", "tsx", "program.ts", stack.url], { cwd: folder });
  expect(JSON.parse(stdout)).toEqual({
    status: "completed",
    cancelled: "cancelled",
    again: "job_finished",
    found: "count",
    missing: "job_not_found",
    page: 1,
    completed: 1,
    wrong: ["/payload/url", "/payload/up_to"],
  });
});
