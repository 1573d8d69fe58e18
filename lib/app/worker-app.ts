import { type Config, readConfig, readTraces, showToTasks } from "../config/config.ts";
import { createSpanExporter, type SpanExporter } from "../observability/otlp.ts";
import { Queue } from "../queue/queue.ts";
import { type App, createApp, keptApp } from "./app.ts";
import { warnOfMisspelt } from "./unknown-settings.ts";

/** What a worker needs: the same, with the queue's other half, and where the spans of its jobs go, if anywhere. */
export interface WorkerApp extends App<Queue> {
  exportSpans?: SpanExporter;
}

/** The worker's app of this process: see `app`. */
export const workerApp = keptApp((environment, freshToken): WorkerApp => {
  if (environment) showToTasks(environment);
  const made = createApp(readConfig(environment), Queue, freshToken);
  if (!made.config.isLocal) warnOfMisspelt(made.log); // npm start has said it
  const traces = readTraces(environment);
  const resource = { "deployment.environment.name": made.config.stage };
  return traces ? { ...made, exportSpans: createSpanExporter(traces, resource) } : made;
});

export function createWorkerApp(config: Config): WorkerApp {
  return createApp(config, Queue);
}
