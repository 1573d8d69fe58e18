import { type Fault, Problem } from "../errors.ts";
import { newJob } from "../jobs/new-job.ts";
import type { ScheduleRequest } from "../jobs/schedule-request.ts";
import type { Log } from "../observability/log.ts";
import { checkSchedule } from "../schedules/check.ts";
import type { DeclaredSchedule } from "../schedules/schedule.ts";
import { invalid } from "../schema/check.ts";
import type { Tasks } from "../tasks.ts";
import { allFit } from "./submission.ts";

/** The fields whose names differ on the wire. */
const ON_THE_WIRE: Record<string, string> = {
  timeZone: "time_zone",
  catchUp: "catch_up",
  jitterSeconds: "jitter_seconds",
};

/**
 * Reads the schedule that a request declares, and checks it.
 *
 * @throws Problem `invalid_request`, `unknown_task`, `payload_too_large`, `schema_timeout`, with every fault that was found
 */
export async function declaredBy(
  name: string,
  request: ScheduleRequest,
  tasks: Tasks,
  log: Log,
): Promise<DeclaredSchedule> {
  const { time_zone: timeZone, catch_up: catchUp, jitter_seconds: jitterSeconds, ...same } = request;
  const given = Object.entries({ ...same, name, timeZone, catchUp, jitterSeconds });
  const declared = Object.fromEntries(given.filter(([, value]) => value !== undefined)) as unknown as DeclaredSchedule;
  const faults = checkSchedule(declared).map(onTheWire);
  const { task, payload } = request;
  const job = await newJob("", { task, payload }, tasks, "");
  if (faults.length > 0) throw invalid("invalid_request", together(faults, job));
  allFit([job], [request], tasks, log);
  return declared;
}

function onTheWire({ pointer, detail }: Fault): Fault {
  const [, field = "", ...rest] = pointer.split("/");
  return { pointer: ["", ON_THE_WIRE[field] ?? field, ...rest].join("/"), detail };
}

/** Lists the faults of a schedule and those of its jobs. A payload that is too large is so for both. */
function together(faults: Fault[], job: unknown): Fault[] {
  const ofJob = job instanceof Problem && job.code !== "payload_too_large" ? job.faults : [];
  return [...faults, ...ofJob];
}
