import { createHash } from "node:crypto";
import type { NewJob } from "../queue/job.ts";
import type { Schedule } from "./schedule.ts";

export function firedJob(schedule: Schedule, slot: number, nowMs: number): NewJob {
  const hex = createHash("sha256").update(`${schedule.name} ${slot}`).digest("hex");
  const id = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
  return {
    id,
    task: schedule.task,
    priority: schedule.priority,
    maxRetries: schedule.maxRetries,
    createdAt: nowMs,
    ...(schedule.payload === undefined ? {} : { payload: schedule.payload }),
  };
}

export function scheduleFromJson(name: string, json: string): Schedule {
  const { cron, everyMs, timeZone, ...rest } = JSON.parse(json) as Schedule & Record<string, unknown>;
  return { ...rest, name, rule: everyMs ? { everyMs } : { cron, timeZone } } as Schedule;
}

export function scheduleToJson({ name: _, rev: __, source, rule, ...rest }: Schedule): string {
  const body = JSON.stringify({ source, ...rest, ...rule });
  const rev = createHash("sha256").update(body).digest("base64url").slice(0, 22);
  return `{"rev":"${rev}",${body.slice(1)}`;
}
