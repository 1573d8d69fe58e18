import { afterEach, expect, test, vi } from "vitest";
import { invocation } from "../../lib/adapters/invocation.ts";
import type { WakeEvent } from "../../lib/app/wake.ts";
import { createWorkerApp, type WorkerApp } from "../../lib/app/worker-app.ts";
import { readConfig } from "../../lib/config/config.ts";
import { indexTasks } from "../../lib/tasks.ts";
import { keptIn, type Line } from "../support/log.ts";
import { job } from "../support/redis.ts";
import { summary, task, useWorkers } from "../support/worker.ts";

const workers = useWorkers();
afterEach(() => void vi.useRealTimers());
const tasks = indexTasks([task("echo", () => undefined)]);
const HOUR = { remainingMs: () => 3_600_000 };
const verbs = () => workers.faults.seen.flatMap((request) => request.verbs);

function setUp() {
  const queue = workers.queue();
  const lines: Line[] = [];
  const wakes: WakeEvent[] = [];
  const app: WorkerApp = {
    ...createWorkerApp(
      readConfig({
        UPSTASH_REDIS_REST_URL: workers.faults.url,
        UPSTASH_REDIS_REST_TOKEN: workers.redis.local.token,
        KEY_PREFIX: queue.prefix,
      }),
      tasks,
    ),
    log: keptIn(lines),
    wake: async (event) => void wakes.push(event),
  };
  return { ...queue, app, lines, wakes };
}

test("a tick with nothing to do costs one command", async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: new Date("2030-01-01T10:30:00Z") });
  const { app } = setUp();
  expect(await invocation(app, { source: "tick" }, HOUR)).toEqual(summary({}));
  expect(verbs()).toEqual(["exists"]);
});

test("ticks cost one command while a job waits for a later day, but for the first one", async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: new Date("2030-01-01T10:30:00Z") });
  const { app, client } = setUp();
  const tick = () => invocation(app, { source: "tick" }, HOUR);
  await client.submit([job({ task: "echo", when: { delayMs: 30 * 86_400_000 } })]);
  expect(await tick()).toEqual(summary({}));
  expect(verbs()).toEqual(["exists", "claim"]);
  for (let i = 0; i < 3; i++) expect(await tick()).toEqual(summary({}));
  expect(verbs().slice(2)).toEqual(["exists", "exists", "exists"]);
});

test("only a tick's drain lets ticks sleep", async () => {
  const { app, client, store } = setUp();
  await client.submit([job({ task: "echo", when: { delayMs: 30 * 86_400_000 } })]);
  await invocation(app, { source: "submit" }, HOUR);
  expect(await store.all()).not.toHaveProperty("asleep");
  await invocation(app, { source: "tick" }, HOUR);
  expect(await store.all()).toHaveProperty("asleep");
});

test("a tick with nothing to do removes old jobs on the hour", async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: new Date("2030-01-01T10:00:30Z") });
  const { app } = setUp();
  expect(await invocation(app, { source: "tick" }, HOUR)).toEqual(summary({}));
  expect(verbs()).toEqual(["exists", "trim", "roll"]);
});

test("a tick that finds work drains the queue", async () => {
  const { app, client } = setUp();
  await client.submit([job({ task: "echo" })]);
  expect(await invocation(app, { source: "tick" }, HOUR)).toEqual(summary({ claimed: 1, completed: 1 }));
});

test.each([[undefined], [null], ["text"], [{}], [{ source: 7, depth: "9" }], [{ depth: -1 }], [{ depth: 0.5 }]])(
  "an event that says nothing (%j) drains at depth 0",
  async (event) => {
    const { app, lines } = setUp();
    await invocation(app, event, HOUR);
    expect(lines).toContainEqual(expect.objectContaining({ event: "drain", source: "invoke", depth: 0 }));
  },
);

test("an invocation starts others one level deeper than itself", async () => {
  const { app, client, wakes } = setUp();
  await client.submit([job({ task: "echo" })]);
  await invocation(app, { source: "hand_over", depth: 4 }, { remainingMs: () => 100 });
  expect(wakes).toEqual([{ source: "hand_over", depth: 5 }]);
});

test("an invocation never throws, and logs what goes wrong", async () => {
  const { app, lines } = setUp();
  workers.faults.when(() => ({ answer: 503 }));
  expect(await invocation(app, { source: "tick" }, HOUR)).toEqual(summary({ stopped: "unreachable" }));
  expect(lines).toMatchObject([{ level: "error", event: "drain_failed", source: "tick", name: "RedisError" }]);
});

test("a failed trim does not change the summary of the drain", async () => {
  vi.useFakeTimers({ toFake: ["performance"] });
  vi.advanceTimersByTime(120_000);
  const { app, client, lines } = setUp();
  await client.submit([job({ task: "echo" })]);
  workers.faults.when(({ verbs: [verb] }) => (verb === "trim" ? { answer: 503 } : undefined));
  expect(await invocation(app, {}, HOUR)).toEqual(summary({ claimed: 1, completed: 1 }));
  expect(lines.at(-1)).toMatchObject({ level: "warn", event: "trim_failed" });
});
