import { type Core, coreOf, type Served } from "../app/core.ts";
import { createWorker, type WorkerApp } from "../app/worker-app.ts";
import { environmentWith, mustBeOurs } from "../config/config.ts";
import { ConfigError } from "../errors.ts";
import type { Tasks } from "../tasks.ts";
import { apiOf } from "./queue-api.ts";
import { startResident } from "./resident.ts";
import { startServer } from "./server.ts";
import { endOnSignals } from "./signals.ts";

/** The options of `startWorker`. */
export interface StartWorkerOptions {
  /** Ends it when it aborts. Without one, SIGTERM and Ctrl-C end it, and then the process. */
  signal?: AbortSignal;
}

/** The options of `serve`. */
export interface ServeOptions extends StartWorkerOptions {
  /** 0: any free one. Default: `PORT`, else 3000. */
  port?: number;
  /** The address to listen at. Default: `API_HOST`, else 127.0.0.1, which this machine alone reaches. */
  host?: string;
  /** Whether jobs run in this process. Default true. Without, give `wake`, or they wait for the next tick of a worker. */
  worker?: boolean;
}

/** What runs until it is stopped. */
export interface Running {
  /** Resolves when it has ended, everything answered, settled or given back. */
  ended: Promise<void>;
  /** Ends it, and resolves with `ended`. Jobs and requests may go on for `SHUTDOWN_GRACE_SECONDS`. */
  stop(): Promise<void>;
}

/** A queue that is served. */
export interface Serving extends Running {
  /** Where it listens, without the queue's `basePath`: `http://127.0.0.1:3000`. */
  url: string;
}

/**
 * Serves a queue in this process: the HTTP API, the dashboard, and a worker that hears of each submit without a hop. A task
 * whose error nobody catches ends the process with 1, after the other jobs are given back: let something restart it.
 *
 * @throws ConfigError naming each setting that is wrong; Error where it cannot listen, or where the tasks do not load
 */
export async function serve(queue: Served, options: ServeOptions = {}): Promise<Serving> {
  const core = coreOf(queue);
  const { config, log } = await core.deployment().app();
  const { host = config.api.host, port = config.api.port, signal, worker = true } = options;
  if (!(Number.isInteger(port) && port >= 0 && port <= 65_535))
    throw new ConfigError(`port: expected a number from 0 to 65535, got ${port}`);
  mustBeOurs(host, environmentWith(core.settings));
  const runs = worker ? await workerOf(core) : undefined;

  const shutdown = new AbortController();
  const server = await startServer(apiOf(core), { host, port, graceMs: config.api.graceMs }, log, shutdown.signal);
  core.worksElsewhere = !worker;
  const parts = [{ ended: server.ended }, ...(runs ? [runs(shutdown.signal)] : [])];
  return { url: server.url, ...running(parts, shutdown, signal) };
}

/**
 * Runs a queue's jobs in this process, beside an application that serves the API itself. Submits of this process wake it
 * without a hop, and each minute it looks for jobs of which it was not told.
 *
 * @throws ConfigError naming each setting that is wrong; Error where the tasks do not load
 */
export async function startWorker(queue: Served, { signal }: StartWorkerOptions = {}): Promise<Running> {
  const runs = await workerOf(coreOf(queue));
  const shutdown = new AbortController();
  return running([runs(shutdown.signal)], shutdown, signal);
}

/** Makes what starts the worker of a queue, all loaded. */
async function workerOf(core: Core): Promise<(shutdown: AbortSignal) => RunningPart> {
  const app = await createWorker(core.tasks, core.given)();
  const tasks = await app.tasks();
  return (shutdown) => runIn(core, app, tasks, shutdown);
}

/** Runs the worker of a queue, which every submit of this process wakes from now on. */
function runIn(core: Core, app: WorkerApp, tasks: Tasks, shutdown: AbortSignal): RunningPart {
  const resident = startResident(app, shutdown);
  const wake = ({ source }: { source: string }) => resident.wake(source);
  core.residents.add(wake);
  app.log("info", "worker_started", { tasks: [...tasks.keys()] });
  const ended = aborted(shutdown).then(() => resident.end());
  const forget = () => {
    core.residents.delete(wake);
    core.worksElsewhere = true; // a process that ends starts nothing in the background
  };
  return { ended, forget };
}

/** Something that ends after the shutdown, and what is to be done when all has ended. */
interface RunningPart {
  ended: Promise<void>;
  forget?(): void;
}

function running(parts: RunningPart[], shutdown: AbortController, signal?: AbortSignal): Running {
  const ended = Promise.all(parts.map((part) => part.ended)).then(() => {
    // Until now a late submit wakes the worker that is leaving, in vain: the next one to start finds the job.
    for (const { forget } of parts) forget?.();
  });
  const end = () => shutdown.abort();
  if (signal) void aborted(signal).then(end);
  else endOnSignals(shutdown, ended);
  return {
    ended,
    stop() {
      end();
      return ended;
    },
  };
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
