import { type Config, currentTrace, type Environment } from "../config/config.ts";
import { describe } from "../errors.ts";
import type { Log } from "../observability/log.ts";
import { once } from "../once.ts";
import { indexTasks } from "../tasks.ts";
import type { DrainSummary } from "../worker/drain.ts";
import { type TaskSource, taskLoader } from "./app.ts";
import { createDeployment, type Deployment, type Given } from "./deployment.ts";
import { type DrainOptions, isAddress, type OptionCheck, type QueueOptions, settingsOf } from "./options.ts";
import { transportOf } from "./upstash-client.ts";
import { createWake, isOfCaller, MAX_DEPTH, type Wake, type WakeEvent } from "./wake.ts";

/** What a queue is made of, for the adapters that serve it. Nothing is read or connected before it is asked for. */
export interface Core {
  tasks: TaskSource;
  settings: Environment;
  /** What the API and the worker get in place of what the environment says. */
  given: Given;
  /** Gives the deployment that requests are answered for. */
  deployment(): Deployment;
  /** Where the API is mounted; "" for nowhere. */
  basePath: string;
  /** Starts a worker in place of the default. An adapter sets it where the options do not. */
  start: QueueOptions["wake"];
  /** Wake the workers that stay in this process. While there is one, nothing else is woken. */
  residents: Set<(why: WakeEvent) => void>;
  /** Whether the workers are other processes, or this one's has ended, so that no job runs here by itself. */
  worksElsewhere: boolean;
  /** Runs jobs in this process until none is ready. Absent where only an API is served. */
  drain?: (why: { source: string; depth: number }, options?: DrainOptions) => Promise<DrainSummary>;
}

/** Where a queue keeps its core. A symbol of the registry: two copies of the package understand each other. */
const CORE = Symbol.for("wakeq.core");

/** What has a core: a queue made by `defineQueue`. What is in its core, only the package knows. */
export interface Cored {
  readonly [CORE]: object;
}

/** A queue as the adapters take it: made by `defineQueue`, or the options for one. */
export type Served = Cored | QueueOptions;

/** Puts a core into a queue. */
export function withCore<Verbs extends object>(core: Core, verbs: Verbs): Verbs & Cored {
  return Object.defineProperty(verbs, CORE, { value: core }) as Verbs & Cored;
}

/** Tells whether something is a queue made by `defineQueue`. */
export function isQueue(value: unknown): value is Served {
  return typeof value === "object" && value !== null && CORE in value;
}

/** Gives the core of a queue, or makes one of options. @throws TypeError for anything else */
export function coreOf(served: Served): Core {
  if (typeof served !== "object" || served === null)
    throw new TypeError(`expected a queue made by defineQueue, got ${served === null ? "null" : typeof served}`);
  if (CORE in served) return served[CORE] as Core;
  if ("tasks" in served) return createCore(served);
  throw new TypeError("expected a queue made by defineQueue: export it, and pass the export itself");
}

/** Stands for the database's address where the transport needs none. */
export const NO_ADDRESS = {
  UPSTASH_REDIS_REST_URL: "https://the-client-knows.invalid",
  UPSTASH_REDIS_REST_TOKEN: "the client knows it",
};

/** Makes a core. @throws ConfigError naming every option that is wrong; Error where two tasks have one name */
export function createCore(options: QueueOptions, wrongBesides?: OptionCheck): Core {
  const { tasks: list, schedules, redis, authorize, log, basePath = "" } = options;
  if (!Array.isArray(list) && typeof list !== "function")
    throw new TypeError("tasks: expected a list of tasks, or a function that loads one");
  const tasks: TaskSource = typeof list === "function" ? async () => indexTasks(await list()) : indexTasks(list);
  const given = settingsOf(options, wrongBesides);
  const transport = redis && !isAddress(redis) ? transportOf(redis) : undefined;
  const settings = { ...(transport ? NO_ADDRESS : {}), ...given };
  const core: Core = {
    tasks: typeof tasks === "function" ? taskLoader(tasks) : tasks,
    settings,
    given: {
      settings,
      authorize,
      log: typeof log === "function" ? log : undefined,
      transport,
      schedules,
      wakeOf: (config, said) => wakeOf(core, config, said),
    },
    deployment: once(() => createDeployment(core.tasks, core.given)),
    basePath,
    start: options.wake,
    residents: new Set(),
    worksElsewhere: false,
  };
  return core;
}

/** Wakes the worker that stays here, else as the options or the adapter say, else with an Invoke call, else in this process. */
function wakeOf(core: Core, config: Config, log: Log): Wake {
  const invoke = createWake(config.lambda, log, currentTrace);
  return async (event, said = log) => {
    const { start, drain, residents } = core;
    const isElsewhere = core.worksElsewhere || config.lambda.functionName !== undefined;
    if (residents.size > 0) {
      for (const each of residents) each(event);
      return said("debug", "wake", { ...event });
    }
    if (!drain || (!start && isElsewhere)) return invoke(event, said);
    if (event.depth > MAX_DEPTH || (!start && !isOfCaller(event))) return;
    try {
      await (start ?? inBackground)((options) => drain(event, options), event);
      said("debug", "wake", { ...event });
    } catch (error) {
      said("warn", "wake_failed", { ...event, ...describe(error) });
    }
  };
}

function inBackground(drain: () => Promise<DrainSummary>): void {
  drain().catch(() => {}); // it has logged why
}
