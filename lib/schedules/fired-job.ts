import { slotIdOf } from "../jobs/ids.ts";
import type { NewJob } from "../queue/job.ts";
import type { Schedule } from "./schedule.ts";

/**
 * Makes the job of a slot. Its id follows from the schedule's name and the slot, so that the slot makes one job, however
 * often it is fired; the jitter follows from the id.
 */
export function firedJob(schedule: Schedule, slot: number, nowMs: number): NewJob {
  const id = slotIdOf(schedule.name, slot);
  const at = slot + jitterOf(id, schedule.jitterMs);
  return { ...jobOf(schedule, id, nowMs), slot, ...(at > nowMs ? { when: { at } } : {}) };
}

/** Makes a job of a schedule, without a slot and without jitter. */
export function jobOf(schedule: Schedule, id: string, nowMs: number): NewJob {
  const { name, task, payload, priority, maxRetries, expiresMs, sensitive } = schedule;
  return {
    id,
    task,
    priority,
    maxRetries,
    createdAt: nowMs,
    ...(payload === undefined ? {} : { payload }),
    ...(expiresMs === undefined ? {} : { expires: { afterMs: expiresMs, from: "run" } }),
    ...(sensitive ? { sensitive } : {}),
    schedule: name,
  };
}

/** Gives 0 to `mostMs`, evenly spread over ids. */
function jitterOf(id: string, mostMs: number): number {
  const hex = id.replaceAll("-", "");
  return Math.floor((Number.parseInt(hex.slice(0, 8), 16) / 2 ** 32) * (mostMs + 1));
}
