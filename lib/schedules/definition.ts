import { fingerprintOf } from "../jobs/ids.ts";
import { PRIORITIES, type Priority } from "../queue/job.ts";
import { DEFAULT_MAX_RETRIES, type Tasks } from "../tasks.ts";
import { everyMsOf, taskNameOf } from "./check.ts";
import { cronOf } from "./cron.ts";
import { payloadText } from "./payload.ts";
import type { CatchUp, DeclaredSchedule, Overlap, Schedule, SlotRule } from "./schedule.ts";
import { isZone } from "./zone.ts";

/** A schedule as JSON in Redis, snake_case. `rev` is written first: the scripts compare how the text begins. */
interface Definition {
  name: string;
  source: Schedule["source"];
  task: string;
  /** JSON text. */
  payload?: string;
  cron?: string;
  time_zone?: string;
  every_ms?: number;
  catch_up: CatchUp;
  overlap: Overlap;
  jitter_ms?: number;
  /** Absent: normal. */
  priority?: Priority;
  max_retries: number;
  expires_ms?: number;
  sensitive?: true;
  paused?: true;
}

/**
 * Completes a schedule that `checkSchedule` found right. The task says how often its jobs are retried, when they expire, and
 * whether they are sensitive: a schedule whose task says otherwise is another revision.
 *
 * @throws Error where there is no such task
 */
export function scheduleOf(declared: DeclaredSchedule, tasks: Tasks, source: Schedule["source"] = "code"): Schedule {
  const { name, payload, catchUp = "last", overlap = "skip", jitterSeconds = 0, priority = "normal" } = declared;
  const task = tasks.get(taskNameOf(declared.task) ?? "");
  if (!task) throw new Error(`schedule ${name}: there is no task ${taskNameOf(declared.task)}`);
  const text = payloadText(payload);
  const schedule: Omit<Schedule, "rev"> = {
    name,
    source,
    task: task.name,
    ...(text === undefined ? {} : { payload: text }),
    rule: ruleOf(declared),
    catchUp,
    overlap,
    jitterMs: Math.round(jitterSeconds * 1_000),
    priority,
    maxRetries: task.maxRetries ?? DEFAULT_MAX_RETRIES,
    ...(task.expiresSeconds === undefined ? {} : { expiresMs: Math.max(1, Math.round(task.expiresSeconds * 1_000)) }),
    sensitive: task.sensitive ?? false,
    paused: declared.paused ?? false,
  };
  return { ...schedule, rev: fingerprintOf(definitionOf(schedule)) };
}

function ruleOf({ cron, every, timeZone = "UTC" }: DeclaredSchedule): SlotRule {
  return cron === undefined ? { everyMs: everyMsOf(every)! } : { cron: cron.trim(), timeZone };
}

/** Writes a schedule as Redis keeps it. It begins with `{"rev":"…",`: 22 characters that change with everything else in it. */
export function scheduleToJson({ rev, ...schedule }: Schedule): string {
  return JSON.stringify({ rev, ...definitionOf(schedule) });
}

function definitionOf(schedule: Omit<Schedule, "rev">): Definition {
  const { name, source, task, payload, rule, catchUp, overlap, jitterMs, priority, maxRetries, expiresMs } = schedule;
  return {
    name,
    source,
    task,
    ...(payload === undefined ? {} : { payload }),
    ...("cron" in rule ? { cron: rule.cron, time_zone: rule.timeZone } : { every_ms: rule.everyMs }),
    catch_up: catchUp,
    overlap,
    ...(jitterMs > 0 ? { jitter_ms: jitterMs } : {}),
    ...(priority === "normal" ? {} : { priority }),
    max_retries: maxRetries,
    ...(expiresMs === undefined ? {} : { expires_ms: expiresMs }),
    ...(schedule.sensitive ? { sensitive: true } : {}),
    ...(schedule.paused ? { paused: true } : {}),
  };
}

/** How a definition begins: the scripts compare just this. */
const BEGINS = /^{"rev":"([^"]*)"/;

/**
 * Reads a schedule. Undefined where the text is none, or where its rule cannot be read here: this Node does not know its zone,
 * or a later version wrote it.
 */
export function scheduleFromJson(json: string): Schedule | undefined {
  try {
    const read: unknown = JSON.parse(json);
    return isDefinition(read) && BEGINS.exec(json)?.[1] === read.rev ? completed(read) : undefined;
  } catch {
    return undefined;
  }
}

function completed(read: Definition & { rev: string }): Schedule {
  const { time_zone: timeZone = "UTC", every_ms: everyMs = 0, jitter_ms: jitterMs = 0, priority = "normal" } = read;
  return {
    name: read.name,
    rev: read.rev,
    source: read.source,
    task: read.task,
    ...(read.payload === undefined ? {} : { payload: read.payload }),
    rule: read.cron === undefined ? { everyMs } : { cron: read.cron, timeZone },
    catchUp: read.catch_up,
    overlap: read.overlap,
    jitterMs,
    priority,
    maxRetries: read.max_retries,
    ...(read.expires_ms === undefined ? {} : { expiresMs: read.expires_ms }),
    sensitive: read.sensitive ?? false,
    paused: read.paused ?? false,
  };
}

function isDefinition(read: unknown): read is Definition & { rev: string } {
  if (typeof read !== "object" || read === null) return false;
  const { rev, name, source, task, payload, priority, overlap, max_retries, jitter_ms, expires_ms, ...rest } =
    read as Record<string, unknown>;
  return (
    [rev, name, task, payload ?? ""].every((each) => typeof each === "string") &&
    (source === "code" || source === "api") &&
    (overlap === "skip" || overlap === "allow") &&
    (priority === undefined || PRIORITIES.includes(priority as Priority)) &&
    [max_retries, jitter_ms ?? 0, expires_ms ?? 0].every(isCount) &&
    isCatchUp(rest.catch_up) &&
    isRule(rest)
  );
}

const isCount = (value: unknown) => Number.isInteger(value) && Number(value) >= 0;

function isCatchUp(value: unknown): boolean {
  return value === "last" || value === "skip" || isCount((value as { all?: unknown } | undefined)?.all);
}

/** @throws RangeError where cron cannot be read */
function isRule({ cron, time_zone: zone, every_ms: everyMs }: Record<string, unknown>): boolean {
  if (cron === undefined) return isCount(everyMs) && Number(everyMs) > 0;
  return typeof cron === "string" && typeof zone === "string" && isZone(zone) && cronOf(cron) !== undefined;
}
