import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod/mini";
import { startService } from "../../lib/adapters/service.ts";
import { createWorkerApp } from "../../lib/app/worker-app.ts";
import { readConfig } from "../../lib/config/config.ts";
import { defineTask, indexTasks } from "../../lib/tasks.ts";

/** `bin/worker.ts` with harmful tasks, and with a clock that is wrong by CLOCK_OFFSET_MS. */
const offset = Number(process.env.CLOCK_OFFSET_MS ?? 0);
const now = Date.now;
Date.now = () => now() + offset;

const circle: Record<string, unknown> = {};
circle.self = circle;

const harm: Record<string, (attempt: number) => unknown> = {
  echo: () => "well",
  moody(attempt) {
    if (attempt === 1) throw new Error("as planned");
  },
  long: () => sleep(1_500 * Number(process.env.LEASE_SECONDS)),
  ends_its_process: () => process.exit(7),
  kills_its_process: () => process.kill(process.pid, "SIGKILL"),
  takes_a_while: () => sleep(200),
  exhausts_its_memory() {
    for (const held: unknown[] = []; ; ) held.push(new Array(1_000_000).fill(held.length));
  },
  blocks() {
    for (const end = performance.now() + 4_000; performance.now() < end; );
  },
  never_ends: () => new Promise(() => {}),
  ignores_its_signal: () => sleep(600_000),
  throws_a_number() {
    throw 42;
  },
  throws_null() {
    throw null;
  },
  leaves_a_promise_that_rejects() {
    void Promise.reject(new Error("nobody waits for this"));
    return new Promise(() => {});
  },
  throws_in_a_timer() {
    setTimeout(() => {
      throw new RangeError("in a timer");
    }, 5);
    return new Promise(() => {});
  },
  returns_a_bigint: () => 1n,
  returns_an_object_with_a_map_inside: () => [{ totals: new Map([[1, 2]]) }],
  returns_a_circular_object: () => circle,
  returns_10_megabytes: () => "x".repeat(10_000_000),
};

const tasks = Object.entries(harm).map(([name, run]) =>
  defineTask({
    name,
    input: z.unknown(),
    ...(name.startsWith("never") || name.startsWith("ignores") ? { timeoutMs: 500 } : {}),
    backoff: { baseMs: 300, factor: 1, maxMs: 300 },
    run: ({ job: { attempt } }) => run(attempt),
  }),
);

const shutdown = new AbortController();
process.once("SIGTERM", () => shutdown.abort());
const { ended } = await startService(createWorkerApp(readConfig(), indexTasks(tasks)), shutdown.signal);
await ended;
process.exit(0);
