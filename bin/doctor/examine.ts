import type { Environment } from "../../lib/config/config.ts";
import { describe } from "../../lib/errors.ts";
import { isUndescribed } from "../../lib/openapi/payloads.ts";
import type { Task } from "../../lib/tasks.ts";
import type { Addresses } from "../../local/stack-file.ts";
import { type CommandsSpent, openDatabase } from "./database.ts";
import { type Finding, fail, ok, warn } from "./finding.ts";
import { checkNeighbours, checkQueue } from "./keys.ts";
import { checkLife } from "./life.ts";
import { checkReach } from "./reach.ts";
import { hiding } from "./report.ts";
import { checkSchedules } from "./schedules.ts";
import { checkClock, checkKeeping, checkLatency, checkRequestSize } from "./server.ts";
import { checkSettings } from "./settings.ts";
import { checkWakeUp } from "./wake-up.ts";

/** Everything that the doctor looks at. */
export interface DoctorWorld {
  environment: Environment;
  /** Node's version, as `process.versions.node` has it. */
  nodeVersion: string;
  /** Returns this machine's time, ms since the epoch. */
  now(): number;
  /** Where the tasks are. Default: tasks/index.ts. */
  tasksFile?: string;
  /** Whether what accepts jobs also runs them, where no `WORKER_FUNCTION_NAME` is set. */
  runsItsJobs?: boolean;
  /** Loads the tasks. */
  loadTasks(): Promise<readonly Task[]>;
  /** Finds the local stack that runs beside the doctor, if there is one. */
  findStack(): Promise<Addresses | undefined>;
  /** Stops the examination early, with everything cleaned up. */
  stopped?: AbortSignal;
}

/** The longest wait for an answer. A person waits for it, so it is shorter than a worker's; REDIS_TIMEOUT_MS may shorten it. */
const TIMEOUT_MS = 5_000;
/** The longest wait for an answer of megabytes over a slow line. */
const LARGE_TIMEOUT_MS = 30_000;

/** Checks everything, each thing after those that it needs. Changes nothing but its own keys. */
export async function* examine(world: DoctorWorld, spent: CommandsSpent): AsyncGenerator<Finding> {
  const secrets: string[] = [];
  for await (const finding of checks(world, spent, secrets)) yield hiding(secrets, finding);
}

async function* checks(world: DoctorWorld, spent: CommandsSpent, secrets: string[]): AsyncGenerator<Finding> {
  yield checkNode(world.nodeVersion);
  yield* await checkTasks(world);
  const { config, isLocalStack, findings, secrets: known } = await checkSettings(world.environment, world.findStack);
  secrets.push(...known);
  yield* findings;
  if (!config || findings.some(({ check, state }) => check === "token" && state === "FAIL")) return;

  const database = openDatabase(config, Math.min(TIMEOUT_MS, config.redis.timeoutMs), spent);
  const reached = await checkReach(database, config, isLocalStack);
  yield* reached;
  if (reached.every(({ state }) => state === "ok")) {
    const life = await checkLife(database, world.stopped);
    yield* life;
    yield* await checkKeeping(database);
    if (life[0]!.state === "ok") {
      yield await checkClock(database, world.now);
      yield await checkLatency(database);
      yield await checkRequestSize(openDatabase(config, LARGE_TIMEOUT_MS, spent));
      yield* await checkQueue(database, config);
      yield* await checkSchedules(database, config, world);
      yield await checkNeighbours(database, config);
    }
  }
  yield world.runsItsJobs && config.lambda.functionName === undefined
    ? ok("wake-up", "what accepts jobs runs them as well: no WORKER_FUNCTION_NAME is set")
    : await checkWakeUp(config, isLocalStack);
}

function checkNode(version: string): Finding {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return ok("Node", version);
  return fail("Node", `${version} is too old`, "install Node 20.19 or later; AWS runs 24");
}

async function checkTasks({ loadTasks, tasksFile = "tasks/index.ts" }: DoctorWorld): Promise<Finding[]> {
  try {
    const tasks = await loadTasks();
    return [ok("tasks", tasks.map(({ name }) => name).join(", ")), ...checkPayloads(tasks)];
  } catch (error) {
    return [
      fail("tasks", `${tasksFile} does not load: ${describe(error).message}`, "fix that file, then run npm run check"),
    ];
  }
}

function checkPayloads(tasks: readonly Task[]): Finding[] {
  const unknown = tasks.filter(isUndescribed).map(({ name }) => name);
  if (unknown.length === 0) return [];
  const seen = `the API's description knows nothing of what these tasks take: ${unknown.join(", ")}`;
  return [warn("payloads", seen, "give each a jsonSchema, as @valibot/to-json-schema makes one")];
}
