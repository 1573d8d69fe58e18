import { expect, test } from "vitest";
import { fromWire } from "../../client/answer.ts";
import { parseJob, recordOf } from "../../lib/queue/record.ts";
import { viewOf } from "../../lib/routes/view.ts";
import { scheduleOf } from "../../lib/schedules/definition.ts";
import { firedJob, jobOf } from "../../lib/schedules/fired-job.ts";
import { indexTasks } from "../../lib/tasks.ts";
import type { HeldAttempt } from "../../lib/worker/attempt.ts";
import { RunContext } from "../../lib/worker/context.ts";
import { note } from "../support/tasks.ts";

const TASKS = indexTasks([note]);
const SCHEDULE = scheduleOf({ name: "nightly", task: note, cron: "0 3 * * *" }, TASKS);
const SLOT = Date.UTC(2026, 5, 1, 3);

const fired = firedJob(SCHEDULE, SLOT, SLOT + 5);
const byHand = jobOf(SCHEDULE, fired.id, SLOT);
const kept = (job: typeof fired) => parseJob(recordOf(job))!;

test("a job shows its schedule, and its slot where it has one", () => {
  expect(viewOf(kept(fired))).toMatchObject({ schedule: "nightly", slot: "2026-06-01T03:00:00.000Z" });
  expect(viewOf(kept(byHand))).toMatchObject({ schedule: "nightly" });
  expect(viewOf(kept(byHand))).not.toHaveProperty("slot");
  const { schedule: _, slot: __, ...plain } = fired;
  expect(viewOf(kept(plain))).not.toHaveProperty("schedule");
});

test("the client reads a slot as a date", () => {
  expect(fromWire(viewOf(kept(fired)))).toMatchObject({ schedule: "nightly", slot: new Date(SLOT) });
});

test("a run knows the schedule and the slot that it is for", () => {
  const runOf = (job: typeof fired) => new RunContext({ claimed: { job: kept(job) } } as HeldAttempt, {}, TASKS).job;
  expect(runOf(fired).schedule).toEqual({ name: "nightly", slot: new Date(SLOT) });
  expect(runOf(byHand).schedule).toEqual({ name: "nightly" });
  const { schedule: _, slot: __, ...plain } = fired;
  expect(runOf(plain)).not.toHaveProperty("schedule");
});
