import * as z from "zod/mini";
import { component } from "../../http/component.ts";
import { once } from "../../once.ts";
import { PRIORITIES, STATUSES } from "../../queue/job.ts";
import { PARTS } from "../details.ts";
import { AttemptView, LogLineView } from "./attempt-view.ts";

const instant = once(() => z.iso.datetime());

/** What a client sees of a job. */
export const JobView = component("Job", () =>
  z.object({
    job_id: z.uuid(),
    task: z.string(),
    status: z.enum(STATUSES),
    /** Attempts after the first. */
    retries: z.int(),
    max_retries: z.int(),
    priority: z.enum(PRIORITIES),
    created_at: instant(),
    /** When it may run, or since when it waits again. Absent: immediately. */
    run_at: z.optional(instant()),
    started_at: z.optional(instant()),
    finished_at: z.optional(instant()),
    /** 0 to 100. */
    progress: z.optional(z.number()),
    note: z.optional(z.string()),
    snoozed_seconds: z.optional(z.number()),
    unknown_since: z.optional(instant()),
    /** The error of the last attempt that failed. */
    error: z.optional(z.string()),
    /** Unchanged. Lists leave it out, and so do answers about a change. */
    payload: z.optional(z.unknown()),
    result: z.optional(z.unknown()),
    /** The last lines that its newest attempt logged; left out as the payload is. */
    log: z.optional(z.array(LogLineView())),
    /** The parts of it that cannot be read. */
    unreadable: z.optional(z.array(z.enum(PARTS))),
    attempts: z.array(AttemptView()),
  }),
);
export type JobView = z.infer<ReturnType<typeof JobView>>;

/** What a caller sees of its job that may submit but not read. */
const OutcomeView = component("JobOutcome", () =>
  z.object({ job_id: z.uuid(), status: z.enum(STATUSES), result: z.optional(z.unknown()) }),
);
/** Either of them. */
export const FinishedView = component("FinishedJob", () => z.union([JobView(), OutcomeView()]));
