import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, inject, onTestFinished, test } from "vitest";
import { isAlive } from "../../local/processes.ts";
import { useRunning } from "../cli/command.ts";
import { until } from "../support/worker.ts";

const start = useRunning();

/** The application of a new user: Express, and nothing else yet. */
const APP = {
  "package.json": '{\n  "name": "shop",\n  "type": "module",\n  "dependencies": { "express": "5.2.1" }\n}\n',
  "app.js": 'import express from "express";\n\nexport const app = express();\n',
};

/** A task of their own, in place of the one that init writes. */
const OWN_TASK = `import { defineQueue, defineTask } from "wakeq";
import * as z from "zod";

export const invoice = defineTask({
  name: "invoice",
  input: z.object({ order: z.int() }),
  run: ({ input }) => ({ file: \`invoice-\${input.order}.pdf\` }),
});

export const queue = defineQueue({ tasks: [invoice] });
`;

test("a new user's five minutes: from an empty Express app to a job of their own on the dashboard, in four commands", async () => {
  const cwd = await mkdtemp(join(tmpdir(), "wakeq-five-"));
  onTestFinished(() => rm(cwd, { recursive: true, force: true }));
  for (const [file, text] of Object.entries(APP)) await writeFile(join(cwd, file), text);
  const transcript: string[] = [];
  const typed = (command: string, output = "") => transcript.push(`$ ${command}`, output.trimEnd(), "");

  await shell(cwd, `npm install --prefer-offline --no-audit --no-fund --ignore-scripts ${inject("tarball")} zod@4`);
  typed("npm install wakeq zod");
  typed("npx wakeq init --yes", await shell(cwd, "npx wakeq init --yes"));
  expect(await readFile(join(cwd, "app.js"), "utf8")).toBe(APP["app.js"]);

  const dev = start(join(cwd, "node_modules/.bin/wakeq"), ["dev"], { cwd, env: { PORT: "0" } });
  const [, url] = await dev.says(/API +(http:\S+)/);
  await dev.says(/Ctrl-C ends it.*\n/);
  typed("npx wakeq dev", dev.output());

  await writeFile(join(cwd, "queue.js"), OWN_TASK);
  const [change] = await dev.says(/wakeq: queue\.js changed: ready again.*\n/);
  const curl = `curl -d '{"task":"invoice","payload":{"order":7}}' ${url}/submit-job`;
  const { job_id: id } = JSON.parse(await shell(cwd, `${curl} -s`)) as { job_id: string };
  transcript.push("# queue.js is saved, with a task of their own: invoice", change);
  typed(curl, JSON.stringify({ job_id: id }));

  const [done] = await dev.says(/\S+ {2}completed .*invoice.*/);
  transcript.push(done);
  const job = (await (await fetch(`${url}/job-status/${id}`)).json()) as object;
  expect(job).toMatchObject({ status: "completed", result: { file: "invoice-7.pdf" } });
  // What the dashboard is, and what it shows.
  expect(await (await fetch(`${url}/`)).text()).toContain("<title>");
  const { jobs } = (await (await fetch(`${url}/jobs?status=completed`)).json()) as { jobs: object[] };
  expect(jobs).toMatchObject([{ job_id: id, task: "invoice" }]);

  dev.kill("SIGINT");
  expect(await dev.ended).toBe(0);
  await until(() => !isAlive(dev.pid));
  expect(transcript.filter((line) => line.startsWith("$ ")).length).toBeLessThanOrEqual(6);
  if (process.env.TRANSCRIPT)
    await writeFile(process.env.TRANSCRIPT, `${transcript.join("\n").replaceAll(url!, "http://127.0.0.1:3000")}\n`);
});

/** Runs a command line as a person would. Returns what it prints. */
function shell(cwd: string, line: string): Promise<string> {
  const env = { PATH: process.env.PATH, HOME: process.env.HOME };
  return new Promise((resolve, reject) =>
    execFile("sh", ["-c", line], { cwd, env }, (error, stdout, stderr) =>
      error ? reject(new Error(`${line}\n${stdout}${stderr}`)) : resolve(stdout),
    ),
  );
}
