import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { WorkerQueue } from "../../lib/queue/worker-queue.ts";
import { connectRedis } from "../../lib/redis/redis.ts";
import type { JobView } from "../../lib/routes/described/job-view.ts";
import { job } from "../support/redis.ts";
import { temporaryService } from "../support/service-copy.ts";
import { start } from "../support/start.ts";
import { until } from "../support/worker.ts";

const LONG = { task: "wait", payload: { ms: 30_000 } };

/** The stack's API, once it is ready. */
async function ready(started: Awaited<ReturnType<typeof start>>) {
  const startedAt = Date.now();
  const [, url] = await started.prints(/API +(http:\S+)/);
  const status = async (id: string) => (await (await fetch(`${url}/job-status/${id}`)).json()) as JobView;
  return {
    status,
    async submit(body: unknown): Promise<string> {
      const response = await fetch(`${url}/submit-job`, { method: "POST", body: JSON.stringify(body) });
      return ((await response.json()) as { job_id: string }).job_id;
    },
    /** Resolves when this stack, and no other, runs the job. */
    runs: (id: string) =>
      until(async () => {
        const { status: is, started_at } = await status(id);
        return is === "processing" && Date.parse(started_at!) >= startedAt;
      }),
  };
}

test("Ctrl-C and SIGTERM give running jobs back unspent for the next start; a second Ctrl-C ends everything immediately", async () => {
  const { folder: service, remove } = await temporaryService();
  onTestFinished(remove);
  const first = await start({}, service, true);
  const { submit, runs } = await ready(first);
  const ids = [await submit(LONG), await submit(LONG)];
  for (const id of ids) await runs(id);
  first.press();
  expect(await first.exited).toBe(0);
  expect(first.output.match(/released +job/g)).toHaveLength(2);

  const second = await start({ LOCAL_DATA_DIR: first.dataDir }, service, true);
  const again = await ready(second);
  for (const id of ids) {
    await again.runs(id); // nothing is submitted: the stack looks for jobs as it starts
    expect(await again.status(id)).toMatchObject({ retries: 0, attempts: [] });
  }
  second.child.kill("SIGTERM");
  expect(await second.exited).toBe(0);

  const third = await start({ LOCAL_DATA_DIR: first.dataDir, SHUTDOWN_GRACE_SECONDS: "600" }, service, true);
  const last = await ready(third);
  for (const id of ids) {
    await last.runs(id);
    expect(await last.status(id)).toMatchObject({ retries: 0, attempts: [] });
  }
  third.press();
  await third.prints(/again to end immediately/);
  await until(() => !third.press());
  expect(await third.exited).toBe(130);
}, 180_000);

test("sls invoke local gives running jobs back, and changed code takes over a running job, with no attempt spent", async () => {
  const { folder: service, remove } = await temporaryService();
  onTestFinished(remove);
  const started = await start({}, service);
  const [, rest, token] = await started.prints(/Redis +(http:\S+) +token (\S+)/);
  const queue = new WorkerQueue(connectRedis({ url: rest!, token: token! }), { prefix: "apart" });
  const one = job({ task: "wait", payload: '{"ms":30000}' });
  await queue.submit([one]);
  const serverless = join(service, "node_modules/serverless/bin/serverless.js");
  const invoked = spawn(process.execPath, [serverless, "invoke", "local", "-f", "worker", "-d", "{}"], {
    cwd: service,
    stdio: ["ignore", "pipe", "ignore"],
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      SLS_WORK_DIR: ".esbuild-invoke",
      KEY_PREFIX: "apart",
      LOCAL_DATA_DIR: started.dataDir,
      SHUTDOWN_GRACE_SECONDS: "0", // beside a stack it needs no database settings
    },
  });
  let output = "";
  invoked.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  const exited = once(invoked, "close");
  onTestFinished(() => void invoked.kill("SIGKILL"));
  await until(async () => (await queue.status(one.id))!.job.status === "processing");
  invoked.kill("SIGTERM");
  expect(await exited).toEqual([0, null]);
  expect(JSON.parse(output)).toMatchObject({ claimed: 1, released: 1, stopped: "shutdown" });
  expect((await queue.status(one.id))!.job).toMatchObject({ status: "pending", retries: 0, attempts: [] });

  const { submit, runs, status } = await ready(started);
  const id = await submit(LONG);
  await runs(id);
  const file = join(service, "tasks/index.ts");
  const code = await readFile(file, "utf8");
  await writeFile(file, code.replace("await sleep(ms, undefined, { signal });", 'return "by the new code";'));
  await started.prints(/reloaded in/);
  await until(async () => (await status(id)).status === "completed");
  const result = { result: "by the new code", retries: 0, attempts: [{ outcome: "completed" }] };
  expect(await status(id)).toMatchObject(result);
}, 90_000);
