import * as z from "zod/mini";
import { components } from "../../http/described.ts";
import { PRIORITIES, STATUSES } from "../../queue/job.ts";
import { STATES } from "../../queue/places.ts";
import { UNTILS } from "../../queue/unique-key.ts";
import { withWords } from "../../schema/with-words.ts";
import { PARTS } from "../details.ts";
import { AttemptView, LogLineView } from "./attempt-view.ts";

/** What a client sees of a job. */
export const JobView = z
  .object({
    job_id: z.uuid(),
    task: withWords(z.string(), "What it runs"),
    status: z.enum(STATUSES),
    retries: withWords(z.int(), "Attempts after the first"),
    max_retries: z.int(),
    priority: z.enum(PRIORITIES),
    created_at: z.iso.datetime(),
    schedule: withWords(z.optional(z.string()), "The name of the schedule that made it"),
    slot: withWords(
      z.optional(z.iso.datetime()),
      "The slot of the schedule that it is the job of. Absent where the schedule was run by hand",
    ),
    run_at: withWords(
      z.optional(z.iso.datetime()),
      "When it may run, or since when it waits again. Absent: immediately",
    ),
    started_at: withWords(z.optional(z.iso.datetime()), "When the attempt that runs, or ran last, began"),
    finished_at: z.optional(z.iso.datetime()),
    progress: withWords(z.optional(z.number()), "Percent, as the task reports it"),
    note: withWords(z.optional(z.string()), "What the task says it is doing"),
    snoozed_seconds: withWords(
      z.optional(z.number()),
      "How long its attempts have asked to run later, in all. Such an attempt is not counted",
    ),
    unknown_since: withWords(z.optional(z.iso.datetime()), "Since when it has waited for a worker that knows its task"),
    expires_at: withWords(
      z.optional(z.iso.datetime()),
      "If no attempt has begun by then, it fails with `Expired` and never runs. Absent once one has begun",
    ),
    expired: withWords(
      z.optional(z.literal(true)),
      "It is past `expires_at` and has not failed yet, because no worker has looked at it since",
    ),
    trace_id: withWords(z.optional(z.string()), "The trace of the request that submitted it, where that named one"),
    unique: withWords(
      z.optional(z.enum(UNTILS)),
      "Until when it holds its unique key: its first attempt begins, it has finished, or some time is over. Absent: it has none",
    ),
    error: withWords(z.optional(z.string()), "The error of the last attempt that failed"),
    payload: withWords(
      z.optional(z.unknown()),
      "What it was given, unchanged. Only `GET /job-status` and `Prefer: wait` show it",
    ),
    result: withWords(z.optional(z.unknown()), "What the task returned: any JSON"),
    log: withWords(
      z.optional(z.array(LogLineView)),
      "The last 20 lines that its newest attempt logged, at most 8 KB. Shown where the payload is",
    ),
    unreadable: withWords(
      z.optional(z.array(z.enum(PARTS))),
      "What of it cannot be read, because it is damaged or somebody else wrote it. With `record`, all but `job_id` and `status` is empty",
    ),
    attempts: withWords(z.array(AttemptView), "The attempts that have ended: the first and the last few"),
  })
  .register(components, { id: "Job" });
export type JobView = z.infer<typeof JobView>;

/** What a client sees of a job in a list. */
export const ListedJobView = z
  .extend(JobView, {
    state: withWords(
      z.enum(STATES),
      "What it is doing: a pending job is `waiting` for a worker, `paused` with its task, `scheduled`, or `retrying`",
    ),
    changed_at: withWords(
      z.iso.datetime(),
      "When it was queued, claimed, or finished; of a job that waits for its time, submitted or last tried",
    ),
  })
  .register(components, { id: "ListedJob" });
export type ListedJobView = z.infer<typeof ListedJobView>;

/** What a caller sees of its job that may submit but not read. */
const OutcomeView = z
  .object({ job_id: z.uuid(), status: z.enum(STATUSES), result: z.optional(z.unknown()) })
  .register(components, { id: "JobOutcome" });

/** Either of them. */
export const FinishedView = z.union([JobView, OutcomeView]).register(components, { id: "FinishedJob" });
