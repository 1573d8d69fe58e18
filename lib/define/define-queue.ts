import { clientOver } from "../../client/client.ts";
import type { KeyOptions, SubmitOptions, WaitOptions } from "../../client/options.ts";
import { type Core, createCore, withCore } from "../app/core.ts";
import type { DrainOptions, QueueOptions } from "../app/options.ts";
import type { WorkerApp } from "../app/worker-app.ts";
import { describe } from "../errors.ts";
import { once } from "../once.ts";
import type { Task } from "../tasks.ts";
import { inProcess } from "./in-process.ts";
import { KEY_OPTIONS, mustBeKnown } from "./known-options.ts";
import { nameOf } from "./named-task.ts";
import type { Queue, QueueVerbs } from "./queue-types.ts";
import { scheduleVerbs } from "./schedule-verbs.ts";
import { wrongSchedules } from "./wrong-schedules.ts";

/**
 * Makes a queue of tasks. It reads no setting and opens no connection before it is used, so a build step may import it.
 *
 * @throws ConfigError naming every option that is wrong; Error where two tasks have the same name
 */
export function defineQueue<const Tasks extends readonly Task[]>(options: QueueOptions<Tasks>): Queue<Tasks> {
  const core = createCore(options, wrongSchedules);
  const send = inProcess(core);
  const client = clientOver<Tasks>(send);
  const drain = drainOf(core);
  core.drain = drain;

  const verbs = {
    async submit(task: string | { name: string }, payload?: unknown, more: SubmitOptions = {}) {
      mustBeKnown("submit", more, [...JOB_OPTIONS, ...KEY_OPTIONS]);
      const { jobId: id, ...rest } = await client.submit(nameOf(task), ...([payload, more] as never));
      return { id, ...rest };
    },
    async submitMany(jobs: readonly { task: string | { name: string } }[], more: KeyOptions = {}) {
      for (const job of jobs) mustBeKnown("submitMany", job, ["task", "payload", ...JOB_OPTIONS]);
      mustBeKnown("submitMany", more, KEY_OPTIONS);
      const named = jobs.map((job) => ({ ...job, task: nameOf(job.task) }));
      const { jobIds: ids, ...rest } = await client.submitMany(named as never, more);
      return { ids, ...rest };
    },
    async run(task: string | { name: string }, payload?: unknown, more: SubmitOptions & WaitOptions = {}) {
      mustBeKnown("run", more, [...JOB_OPTIONS, ...KEY_OPTIONS, ...WAIT_OPTIONS]);
      return client.run(nameOf(task), ...([payload, more] as never));
    },
    status: client.status,
    wait: client.waitFor,
    cancel: client.cancel,
    retry: client.retry,
    runNow: client.runNow,
    delete: client.delete,
    async pause(options: OfTask & { until?: Date | string } = {}) {
      mustBeKnown("pause", options, ["task", "schedule", "until", "signal"]);
      return client.pause(named(options));
    },
    async resume(options: OfTask = {}) {
      mustBeKnown("resume", options, ["task", "schedule", "signal"]);
      return client.resume(named(options));
    },
    retryMany: client.retryMany,
    deleteMany: client.deleteMany,
    failures: client.failures,
    pulse: client.pulse,
    list: client.list,
    stats: client.stats,
    schedules: scheduleVerbs(client.schedules),
    history: client.history,
    drain: (options: DrainOptions = {}) => drain({ source: "drain", depth: 0 }, { graceSeconds: 0, ...options }),
    async fetch(request: Request) {
      const { fetchOf } = await import("../adapters/web.ts");
      return fetchOf(core)(request);
    },
  };
  return withCore(core, verbs as unknown as QueueVerbs<Tasks>);
}

const JOB_OPTIONS = ["priority", "delaySeconds", "runAt", "expiresSeconds", "maxRetries", "unique"];
const WAIT_OPTIONS = ["onProgress", "timeoutMs"];

interface OfTask {
  task?: string | { name: string };
  schedule?: string;
}

/** Names the task. @throws TypeError where one was given that is undefined: without it, the whole queue would be meant */
function named<Options extends OfTask>(options: Options): Omit<Options, "task"> & { task?: string } {
  const { task, ...more } = options;
  return "task" in options ? { ...more, task: nameOf(task) } : more;
}

/** Makes the function that runs jobs in this process. The worker's modules are loaded when it is first called. */
function drainOf(core: Core): NonNullable<Core["drain"]> {
  const loading = once(async () => {
    const [{ createWorker }, { invocation }] = await Promise.all([
      import("../app/worker-app.ts"),
      import("../adapters/invocation.ts"),
    ]);
    return { workerApp: createWorker(core.tasks, core.given), invocation };
  });
  return async (why, { signal, graceSeconds, maxSeconds = Number.POSITIVE_INFINITY } = {}) => {
    const until = performance.now() + maxSeconds * 1_000;
    const { workerApp, invocation } = await loading();
    const app: WorkerApp = await workerApp().catch((error: unknown) => {
      core.deployment().log()("error", "drain_failed", { source: why.source, depth: why.depth, ...describe(error) });
      throw error;
    });
    return invocation(app, why, {
      remainingMs: () => until - performance.now(),
      graceMs: graceSeconds === undefined ? app.config.worker.graceMs : graceSeconds * 1_000,
      ...(signal ? { shutdown: signal } : {}),
    });
  };
}
