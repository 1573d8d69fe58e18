import { type App, createApp } from "../lib/app/app.ts";
import { type Core, NO_ADDRESS } from "../lib/app/core.ts";
import { declareSchedules, schedulesOf, storeOf } from "../lib/app/declare-schedules.ts";
import { type Environment, readConfig } from "../lib/config/config.ts";
import { createLog } from "../lib/observability/log.ts";
import type { Redis } from "../lib/queue/redis.ts";
import { type QueueSettings, WorkerQueue } from "../lib/queue/worker-queue.ts";
import { createEmbedded } from "../packages/redis-rest-local/src/embedded/embedded.ts";
import { inProcess } from "../packages/redis-rest-local/src/requester.ts";

/** An app over a database in memory, and what frees it. */
export interface KitApp {
  app: App<WorkerQueue>;
  close(): Promise<void>;
}

/** Wires a queue's app over a database in memory, on a clock of its own. Nobody is woken: the kit runs the jobs. */
export async function createKitApp(core: Core, environment: Environment, now: () => number): Promise<KitApp> {
  const config = readConfig({ LOG_LEVEL: "error", ...environment, ...NO_ADDRESS });
  const store = await createEmbedded({ now });
  const { schedules } = core.given;
  const app = createApp(config, core.tasks, {
    authorize: core.given.authorize,
    log: core.given.log,
    declaredSchedules: schedules && (async (tasks) => schedulesOf(schedules, tasks)),
    transport: inProcess(store),
    wakeOf: () => async () => {},
    queueOf: class extends WorkerQueue {
      constructor(redis: Redis, settings: QueueSettings) {
        super(redis, { ...settings, lingerMs: 0, now });
      }
    },
  });
  await declare(app);
  return { app, close: () => store.close() };
}

/** Makes the schedules of the queue's options, as a worker does when it first runs. @throws ConfigError naming all that is wrong with them */
async function declare({ declaredSchedules, tasks, redis, config }: App<WorkerQueue>): Promise<void> {
  const declared = await declaredSchedules?.(await tasks());
  if (declared) await declareSchedules(storeOf({ redis, config }), declared, createLog("silent"));
}
