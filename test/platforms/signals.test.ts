import { expect, test } from "vitest";
import { defineQueue } from "../../lib/index.ts";
import { useProcesses } from "../support/process.ts";
import { useRedis } from "../support/redis.ts";
import { task, until } from "../support/worker.ts";

const redis = useRedis();
const processes = useProcesses();
const tasks = [task("hold", () => {}), task("crash", () => {})] as const;

/** An application that serves a queue, and the queue as another process has it, which runs nothing. */
async function application(more: Record<string, string> = {}) {
  const { url, token } = redis.local;
  const { prefix } = redis.queue();
  const app = processes.start("test/platforms/serving.ts", {
    ...{ UPSTASH_REDIS_REST_URL: url, UPSTASH_REDIS_REST_TOKEN: token, KEY_PREFIX: prefix, IS_LOCAL: "true" },
    ...{ PORT: "0", SHUTDOWN_GRACE_SECONDS: "0", ...more },
  });
  const queue = defineQueue({ tasks, redis: { url, token }, prefix, log: "silent", wake: () => {} });
  const base = await app.url();
  async function submit(name: string): Promise<string> {
    const answer = await fetch(`${base}/submit-job`, { method: "POST", body: JSON.stringify({ task: name }) });
    return ((await answer.json()) as { job_id: string }).job_id;
  }
  const runs = (id: string) => until(async () => (await queue.status(id)).status === "processing");
  return { app, queue, submit, runs };
}

test.each(["SIGTERM", "SIGINT"] as const)(
  "%s: the running job is given back, its attempt unspent, and the process exits with 0",
  async (signal) => {
    const { app, queue, submit, runs } = await application();
    const id = await submit("hold");
    await runs(id);
    app.kill(signal);
    expect(await app.exited).toEqual({ code: 0, signal: null });
    expect(await queue.status(id)).toMatchObject({ status: "pending", retries: 0 });
    const ended = app.lines.map(({ event }) => event).filter((event) => /_ended$/.test(event));
    expect(ended.sort()).toEqual(["api_ended", "worker_ended", "worker_ended"]);
  },
);

test("a second signal ends the process immediately, though a job runs", async () => {
  const { app, submit, runs } = await application({ SHUTDOWN_GRACE_SECONDS: "60" });
  await runs(await submit("hold"));
  app.kill("SIGTERM");
  await until(() => app.lines.some(({ event }) => event === "api_ended"));
  app.kill("SIGINT");
  expect(await app.exited).toEqual({ code: null, signal: "SIGINT" });
});

test.each(["on", "once"])(
  "where the application listens for the signal (%s), it is the one that exits",
  async (listen) => {
    const { app, queue, submit, runs } = await application({ OWN_LISTENER: listen });
    const id = await submit("hold");
    await runs(id);
    app.kill("SIGTERM");
    expect(await app.exited).toEqual({ code: 7, signal: null });
    expect(await queue.status(id)).toMatchObject({ status: "pending", retries: 0 });
  },
);

test("a task's error that nobody catches ends the process with 1, and gives the other job back", async () => {
  const { app, queue, submit, runs } = await application();
  const held = await submit("hold");
  await runs(held);
  const fatal = await submit("crash");
  expect(await app.exited).toEqual({ code: 1, signal: null });
  expect(await queue.status(fatal)).toMatchObject({ status: "failed" });
  expect(await queue.status(held)).toMatchObject({ status: "pending", retries: 0 });
});
