import type { QueueOptions } from "../app/options.ts";
import { checkSchedules } from "../schedules/check.ts";
import { indexTasks } from "../tasks.ts";

/**
 * Finds what is wrong with the schedules of a queue. Not a part of `settingsOf`: the service declares none, and its functions would
 * load the check for nothing. Tasks that are loaded later are checked by the worker.
 */
export function wrongSchedules({ schedules, tasks }: QueueOptions): string[] {
  if (schedules === undefined) return [];
  return checkSchedules(schedules, Array.isArray(tasks) ? indexTasks(tasks) : undefined);
}
