import {
  type Config,
  type Environment,
  environmentWith,
  readConfig,
  readTraces,
  showToTasks,
} from "../config/config.ts";
import { createSpanExporter, type SpanExporter } from "../observability/otlp.ts";
import { WorkerQueue } from "../queue/worker-queue.ts";
import type { RedisSettings } from "../redis/redis.ts";
import type { Tasks } from "../tasks.ts";
import { type App, createApp, type TaskSource, taskLoader } from "./app.ts";
import type { Given } from "./deployment.ts";
import { keptApp } from "./kept.ts";
import { warnOfMisspelt } from "./unknown-settings.ts";

/** What a worker needs: an app whose queue has the worker's verbs too, and where the spans of its jobs go, if anywhere. */
export interface WorkerApp extends App<WorkerQueue> {
  exportSpans?: SpanExporter;
  /** The same in all apps that a process makes as its secrets change. */
  origin?: object;
}

/** Makes what gives the worker's app that the environment of this process describes, but for what is given: see `keptApp`. */
export function createWorker(source: TaskSource, given: Given = {}): () => Promise<WorkerApp> {
  const { settings = {}, standIn: _, schedules, ...provided } = given;
  const tasks = taskLoader(source);
  const origin = {};
  const create = (environment: Environment, freshToken?: RedisSettings["freshToken"]): WorkerApp => {
    showToTasks(environment);
    const declaredSchedules =
      schedules && (async (known: Tasks) => (await import("./declare-schedules.ts")).schedulesOf(schedules, known));
    const wiring = { ...provided, declaredSchedules, queueOf: WorkerQueue, freshToken };
    const made = createApp(readConfig(environment), tasks, wiring);
    if (!made.config.isLocal) warnOfMisspelt(made.log); // npm start has said it
    const traces = readTraces(environment);
    const resource = { "deployment.environment.name": made.config.stage };
    return { ...made, origin, ...(traces ? { exportSpans: createSpanExporter(traces, resource) } : {}) };
  };
  const app = keptApp(create, () => environmentWith(settings));
  return () => (given.standIn ?? app)();
}

/** Wires a worker's app from its settings and its tasks. */
export function createWorkerApp(config: Config, tasks: TaskSource): WorkerApp {
  return createApp(config, tasks, { queueOf: WorkerQueue });
}
