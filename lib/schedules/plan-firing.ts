import type { DueSchedule, Firing } from "../queue/firing.ts";
import { scheduleFromJson } from "./definition.ts";
import { firedJob } from "./fired-job.ts";
import { MOST_SLOTS, makesUp, planOf } from "./plan.ts";

export { MOST_SLOTS };

/** What is planned for a schedule with a due slot. */
export interface PlannedFiring {
  firing: Firing;
  /** Slots before this were missed, and are not fired. Absent: none. */
  missedBefore?: number;
}

/** Plans which slots of a due schedule to fire, `mostSlots` at most, and makes their jobs. @throws where its definition is broken */
export function planFiring({ name, slot, json }: DueSchedule, nowMs: number, mostSlots: number): PlannedFiring {
  const schedule = scheduleFromJson(json);
  if (!schedule)
    throw new Error(
      "its definition cannot be read here: a later version wrote it, or this Node does not know its zone",
    );
  const { slots, next, missedBefore } = planOf(schedule, slot, nowMs, mostSlots);
  const { rev } = schedule;
  const overlap = makesUp(schedule, slot, nowMs) ? "allow" : schedule.overlap;
  const jobs = slots.map((at) => ({ at, job: firedJob(schedule, at, nowMs) }));
  return {
    firing: { name, slot, rev, next, overlap, slots: jobs },
    ...(missedBefore === undefined ? {} : { missedBefore }),
  };
}
