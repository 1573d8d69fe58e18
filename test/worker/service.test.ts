import { afterEach, expect, test, vi } from "vitest";
import { startService } from "../../lib/adapters/service.ts";
import { createWorkerApp, type WorkerApp } from "../../lib/app/worker-app.ts";
import { readConfig } from "../../lib/config/config.ts";
import { indexTasks, type Task } from "../../lib/tasks.ts";
import { keptIn, type Line } from "../support/log.ts";
import { job } from "../support/redis.ts";
import { gate, task, until, useWorkers } from "../support/worker.ts";

const workers = useWorkers();
const endings: (() => Promise<void>)[] = [];
afterEach(async () => {
  vi.useRealTimers();
  for (const end of endings.splice(0)) await end();
});

/** A service on a new queue. It wakes no other worker unless the options say how. */
async function service(tasks: readonly Task[], wake: WorkerApp["wake"] = async () => undefined) {
  const queue = workers.queue();
  const config = readConfig({
    UPSTASH_REDIS_REST_URL: workers.faults.url,
    UPSTASH_REDIS_REST_TOKEN: workers.redis.local.token,
    KEY_PREFIX: queue.prefix,
    WORKER_PORT: "0",
  });
  const lines: Line[] = [];
  const shutdown = new AbortController();
  const app: WorkerApp = {
    ...createWorkerApp(config, indexTasks(tasks)),
    log: keptIn(lines),
    wake,
  };
  const start = async () => {
    const { url, ended } = await startService(app, shutdown.signal);
    endings.push(async () => {
      shutdown.abort();
      await ended;
    });
    return { url, wake: async () => (await fetch(`${url}/x/invocations`, { method: "POST" })).status };
  };
  const drains = () => lines.filter(({ event }) => event === "drain");
  return { ...queue, start, shutdown, lines, drains };
}
const echo = task("echo", () => undefined);

test("wake-ups during a drain start no second drain, and their jobs run", async () => {
  const [begun, end] = [gate(), gate()];
  const slow = task("slow", async () => {
    begun.open();
    await end.opened;
  });
  const { client, start, drains } = await service([slow, echo]);
  const { wake } = await start();
  await until(() => drains().length === 1);
  await client.submit([job({ task: "slow" })]);
  await wake();
  await begun.opened;
  await client.submit([job({ task: "echo" }), job({ task: "echo" })]);
  expect(await Promise.all([wake(), wake(), wake()])).toEqual([202, 202, 202]);
  await until(async () => (await client.stats()).completed === 2);
  end.open();
  await until(() => drains().length === 2);
  expect(drains()[1]).toMatchObject({ claimed: 3, completed: 3, stopped: "empty" });
});

test("a wake-up is not lost if its job was submitted between the last claim and its answer", async () => {
  const { client, start, drains } = await service([echo]);
  const { wake } = await start();
  await until(() => drains().length === 1);
  const [taken, go] = [gate(), gate()];
  workers.faults.when(({ verbs }) => {
    if (!verbs.includes("claim")) return undefined;
    taken.open();
    return { after: go.opened };
  });
  await wake();
  await taken.opened;
  await client.submit([job({ task: "echo" })]);
  await wake();
  go.open();
  await until(async () => (await client.stats()).completed === 1);
});

test("a wake-up that arrives after the drain, while the invocation still trims, is not lost", async () => {
  vi.useFakeTimers({ toFake: ["performance"] });
  const { client, start } = await service([echo]);
  vi.advanceTimersByTime(120_000);
  const [trimming, go] = [gate(), gate()];
  workers.faults.when(({ verbs }) => {
    if (!verbs.includes("trim")) return undefined;
    trimming.open();
    return { after: go.opened };
  });
  const { wake } = await start();
  await trimming.opened;
  await client.submit([job({ task: "echo" })]);
  await wake();
  go.open();
  await until(async () => (await client.stats()).completed === 1);
});

test("a wake-up that arrives while a tick asks whether there is work is not lost", async () => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  const { client, start, drains } = await service([echo]);
  const { wake } = await start();
  await until(() => drains().length === 1);
  const [asked, go] = [gate(), gate()];
  workers.faults.when(({ verbs: [verb] }) => {
    if (verb !== "exists") return undefined;
    asked.open();
    return { after: go.opened };
  });
  vi.advanceTimersByTime(60_000);
  await asked.opened;
  await client.submit([job({ task: "echo" })]);
  await wake();
  go.open();
  await until(async () => (await client.stats()).completed === 1);
});

test("the tick finds a job for which no worker was woken", async () => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  const { client, start, drains } = await service([echo]);
  await start();
  await until(() => drains().length === 1);
  await client.submit([job({ task: "echo" })]);
  vi.advanceTimersByTime(60_000);
  await until(() => drains().length === 2);
  expect(drains()[1]).toMatchObject({ source: "tick", completed: 1 });
});

test("a service that is asked to end before it has begun ends", async () => {
  const { start, shutdown, lines } = await service([echo]);
  shutdown.abort();
  await start();
  await until(() => lines.some(({ event }) => event === "worker_ended"));
  expect(lines.map(({ event }) => event)).not.toContain("drain");
});

test("a service with a backlog does not wake itself at every batch", async () => {
  let wakes = 0;
  let wakeItself: () => Promise<unknown> = async () => undefined;
  const { client, start } = await service([echo], async () => {
    wakes++;
    await wakeItself();
  });
  wakeItself = (await start()).wake;
  await client.submit(Array.from({ length: 400 }, () => job({ task: "echo" })));
  await wakeItself();
  await until(async () => (await client.stats()).completed === 400);
  expect(wakes).toBeLessThan(10);
});
