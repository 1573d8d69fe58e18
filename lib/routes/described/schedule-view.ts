import * as z from "zod/mini";
import { components } from "../../http/described.ts";
import { PRIORITIES } from "../../queue/job.ts";
import { withWords } from "../../schema/with-words.ts";

/** What a client sees of a schedule. */
export const ScheduleView = z
  .object({
    name: z.string(),
    task: withWords(z.string(), "What its jobs run"),
    payload: withWords(
      z.optional(z.unknown()),
      "What each job gets. For a sensitive task, only keys with the scope `admin` see it",
    ),
    cron: withWords(z.optional(z.string()), "When its slots are, on the clock of `time_zone`"),
    time_zone: z.optional(z.string()),
    every_seconds: withWords(z.optional(z.number()), "In place of `cron`: its slots are the multiples since the epoch"),
    catch_up: withWords(
      z.union([z.enum(["last", "skip"]), z.object({ all: z.int() })]),
      "What becomes of slots that were missed, because no worker ran",
    ),
    overlap: withWords(
      z.enum(["skip", "allow"]),
      "What a slot does while the job of an earlier one has not finished. A missed one that `all` makes up for always makes its job",
    ),
    jitter_seconds: withWords(z.number(), "Spreads jobs over this many seconds after their slot"),
    priority: z.enum(PRIORITIES),
    paused: z.boolean(),
    paused_until: withWords(z.optional(z.iso.datetime()), "When the pause ends by itself"),
    source: withWords(
      z.enum(["code", "api"]),
      "`code`: the application declares it, and only its code can change it. `api`: it was made at run time",
    ),
    next_runs: withWords(
      z.array(z.iso.datetime()),
      "The next three slots. Fewer if no more slots follow, none while it is paused without end. The first is past where no worker has fired it yet",
    ),
    last_run: withWords(
      z.optional(z.object({ slot: z.iso.datetime(), job_id: z.uuid() })),
      "The newest slot that made a job, and that job. Absent: none has",
    ),
    unreadable: withWords(
      z.optional(z.literal(true)),
      "Its definition cannot be read, because it is damaged or of a later version: delete it, or make it again",
    ),
  })
  .register(components, { id: "Schedule" });
export type ScheduleView = z.infer<typeof ScheduleView>;

/** A schedule in examples. */
export const nightly: ScheduleView = {
  name: "nightly-report",
  task: "send_email",
  payload: { to: "ada@example.com" },
  cron: "30 2 * * mon-fri",
  time_zone: "Europe/Berlin",
  catch_up: "last",
  overlap: "skip",
  jitter_seconds: 0,
  priority: "normal",
  paused: false,
  source: "api",
  next_runs: ["2030-01-31T01:30:00.000Z", "2030-02-01T01:30:00.000Z", "2030-02-04T01:30:00.000Z"],
  last_run: { slot: "2030-01-30T01:30:00.000Z", job_id: "b0c1d2e3-f405-8617-a829-3a4b5c6d7e8f" },
};

/** The same, made just now. */
export const made: ScheduleView = (({ last_run: _, ...rest }) => rest)(nightly);
