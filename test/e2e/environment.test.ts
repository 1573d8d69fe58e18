import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { WorkerQueue } from "../../lib/queue/worker-queue.ts";
import { connectRedis } from "../../lib/redis/redis.ts";
import { job } from "../support/redis.ts";
import { temporaryService, withTestTasks } from "../support/service-copy.ts";
import { start } from "../support/start.ts";
import { until } from "../support/worker.ts";

const TASKS = "    tasks: &tasks\n";
/** Tasks as a person who follows docs/deploy.md would write them. */
const LINES = `      MY_URL: https://deployed.example.com
      MY_SECRET: ssm:/mine/secret
      MY_OTHER_SECRET: ssm:/mine/other
`;
const DOTENV = "MY_KEY=from .env, and not used\nMY_FILE_KEY=from .env\n";
const SHELL = { MY_KEY: "from the shell", MY_OTHER_SECRET: "for development", LOG_LEVEL: "info" };
const SEEN = {
  MY_KEY: "from the shell",
  MY_FILE_KEY: "from .env",
  MY_OTHER_SECRET: "for development",
  NO_SUCH_KEY: null,
};
const names = [...Object.keys(SEEN), "MY_URL", "MY_SECRET"];

test("a task sees the environment of the shell and of .env under npm start, npm run worker and sls invoke local", async () => {
  const { folder: service, remove } = await temporaryService(async (folder) => {
    await withTestTasks(folder);
    const yml = await readFile(join(folder, "serverless.yml"), "utf8");
    await writeFile(join(folder, "serverless.yml"), yml.replace(TASKS, TASKS + LINES));
    await writeFile(join(folder, ".env"), DOTENV);
  });
  onTestFinished(remove);
  const started = await start(SHELL, service);
  const [, url] = await started.prints(/API +(http:\S+)/);
  const [, rest, token] = await started.prints(/Redis +(http:\S+) +token (\S+)/);

  const body = JSON.stringify({ task: "variables", payload: { names } });
  const { job_id } = (await (await fetch(`${url}/submit-job`, { method: "POST", body })).json()) as { job_id: string };
  const done = await (await fetch(`${url}/job-status/${job_id}?wait=25`)).json();
  expect(done).toMatchObject({
    status: "completed",
    result: { ...SEEN, MY_SECRET: null, MY_URL: "https://deployed.example.com" },
  });

  /** Submits a job under its own key prefix, for a worker that is given that prefix. */
  async function submitted(KEY_PREFIX: string) {
    const queue = new WorkerQueue(connectRedis({ url: rest!, token: token! }), { prefix: KEY_PREFIX });
    const one = job({ task: "variables", payload: JSON.stringify({ names }) });
    await queue.submit([one]);
    const environment = { PATH: process.env.PATH, HOME: process.env.HOME, ...SHELL, KEY_PREFIX };
    return {
      environment: { ...environment, UPSTASH_REDIS_REST_URL: rest!, UPSTASH_REDIS_REST_TOKEN: token! },
      result: async () => JSON.parse((await queue.status(one.id))?.result ?? "null") as unknown,
    };
  }

  const forWorker = await submitted("worker");
  const command = ["--import", "tsx", "--import", "./local/text-assets.mjs", "bin/worker.ts"];
  const worker = spawn(process.execPath, command, {
    cwd: service,
    stdio: "ignore",
    env: { ...forWorker.environment, WORKER_PORT: "0" },
  });
  onTestFinished(async () => {
    worker.kill("SIGKILL");
    if (worker.exitCode === null && worker.signalCode === null) await once(worker, "close");
  });
  await until(async () => (await forWorker.result()) !== null);
  expect(await forWorker.result()).toEqual({ ...SEEN, MY_SECRET: null, MY_URL: null });

  const forInvoke = await submitted("invoke");
  const serverless = join(service, "node_modules/serverless/bin/serverless.js");
  const invoke = [serverless, "invoke", "local", "-f", "worker", "-d", "{}"];
  const env = { ...forInvoke.environment, SLS_WORK_DIR: ".esbuild-invoke", LINGER_SECONDS: "1" };
  await promisify(execFile)(process.execPath, invoke, { cwd: service, env });
  expect(await forInvoke.result()).toEqual({ ...SEEN, MY_SECRET: null, MY_URL: "https://deployed.example.com" });
}, 120_000);
