import type { Config } from "../../lib/config/config.ts";
import { ScheduleStore } from "../../lib/queue/schedule-store.ts";
import { scheduleFromJson } from "../../lib/schedules/definition.ts";
import { cut } from "../../lib/text.ts";
import type { Database } from "./database.ts";
import type { DoctorWorld } from "./examine.ts";
import { type Finding, fail, ok, warn } from "./finding.ts";
import { refusal } from "./refusals.ts";

/** A tick comes every minute, so no worker fires the slots of a schedule that has been due for longer than this. */
const LATE_MS = 120_000;
/** The most schedules that are looked at: those with the first names. */
const LOOKED_AT = 1_000;
/** The most names that a finding lists. */
const NAMED = 3;

/** Checks that each schedule can make jobs: its task is known, its definition can be read, its next slot is not long past. */
export async function checkSchedules(
  database: Database,
  config: Config,
  { loadTasks }: Pick<DoctorWorld, "loadTasks">,
): Promise<Finding[]> {
  try {
    const { now, total, entries } = await new ScheduleStore(database.redis, config.queue).list({ limit: LOOKED_AT });
    database.spent.inScripts += entries.length === 0 ? AGENDA_COMMANDS.none : AGENDA_COMMANDS.some;
    if (total === 0) return [ok("schedules", "none")];
    const tasks = await loadTasks().catch(() => undefined); // a finding of its own
    const known = new Set(tasks?.map(({ name }) => name));
    const seen = entries.map((entry) => ({ ...entry, schedule: scheduleFromJson(entry.json) }));
    const strange = seen.filter(({ schedule }) => tasks && schedule && !known.has(schedule.task));
    const broken = seen.filter(({ schedule }) => !schedule);
    const late = seen.filter(({ next = now }) => now - next > LATE_MS);
    const findings = [
      ...(broken.length > 0 ? [fail("schedules", `${named(broken)}: the definition cannot be read`, BROKEN)] : []),
      ...(strange.length > 0 ? [fail("schedules", `${named(strange)}: no task of this name is known`, STRANGE)] : []),
      ...(late.length > 0 ? [warn("schedules", `${named(late)}: due for over 2 minutes`, LATE)] : []),
    ];
    const looked = total > entries.length ? `, of which ${entries.length} were looked at` : "";
    return findings.length > 0
      ? findings
      : [ok("schedules", `${total}${looked}: every task is known, and none is late`)];
  } catch (error) {
    const { said, fix } = refusal(error);
    return [fail("schedules", said, fix)];
  }
}

/** The commands within the script that lists schedules. */
const AGENDA_COMMANDS = { none: 2, some: 4 };

const BROKEN =
  "delete it and make it again: DELETE /schedules/NAME, then PUT; a later version of wakeq may have written it";
const STRANGE = "deploy a version that has the task, or delete the schedule";
const LATE =
  "check that the tick is on, and that a worker comes: its log says schedule_broken where it cannot fire one";

function named(found: readonly { name: string; schedule: { task: string } | undefined }[]): string {
  const names = found
    .slice(0, NAMED)
    .map(({ name, schedule }) => `${cut(name, 100)}${schedule ? ` (${cut(schedule.task, 64)})` : ""}`);
  return [...names, ...(found.length > NAMED ? [`${found.length - NAMED} more`] : [])].join(", ");
}
