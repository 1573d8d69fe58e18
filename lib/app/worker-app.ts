import { type Config, readConfig, readTraces, showToTasks } from "../config/config.ts";
import { createSpanExporter, type SpanExporter } from "../observability/otlp.ts";
import { WorkerQueue } from "../queue/worker-queue.ts";
import { type App, createApp, type TaskSource, taskLoader } from "./app.ts";
import { keptApp } from "./kept.ts";
import { warnOfMisspelt } from "./unknown-settings.ts";

/** What a worker needs: an app whose queue has the worker's verbs too, and where the spans of its jobs go, if anywhere. */
export interface WorkerApp extends App<WorkerQueue> {
  exportSpans?: SpanExporter;
}

/** Gives the worker's app that the environment of this process describes: see `keptApp`. */
export function environmentWorker(source: TaskSource): () => Promise<WorkerApp> {
  const tasks = taskLoader(source);
  return keptApp((environment, freshToken): WorkerApp => {
    if (environment) showToTasks(environment);
    const made = createApp(readConfig(environment), tasks, { queueOf: WorkerQueue, freshToken });
    if (!made.config.isLocal) warnOfMisspelt(made.log); // npm start has said it
    const traces = readTraces(environment);
    const resource = { "deployment.environment.name": made.config.stage };
    return traces ? { ...made, exportSpans: createSpanExporter(traces, resource) } : made;
  });
}

/** Wires a worker's app from its settings and its tasks. */
export function createWorkerApp(config: Config, tasks: TaskSource): WorkerApp {
  return createApp(config, tasks, { queueOf: WorkerQueue });
}
