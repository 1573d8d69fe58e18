import * as z from "zod/mini";
import type { App } from "../app/app.ts";
import { Problem } from "../errors.ts";
import { instant } from "../jobs/when.ts";
import { isJobId } from "../queue/job.ts";
import { type FinishedMark, finishedJobs } from "../queue/selecting.ts";
import { withWords } from "../schema/with-words.ts";
import { fingerprintFor } from "./failure-groups.ts";

/** The most jobs that one request changes. */
const MOST_JOBS = 100;
/** How many ids one request looks at while it searches for the jobs of a failure. */
const SEARCHED = 500;

/** Makes the schema of which finished jobs to change. */
export function selectionOf<const Statuses extends readonly ("failed" | "cancelled" | "completed")[]>(
  statuses: Statuses,
) {
  return z.strictObject({
    status: withWords(z.enum(statuses), "The status that they have"),
    task: withWords(z.optional(z.string()), "Only jobs of this task"),
    fingerprint: withWords(z.optional(z.string()), "Only jobs that failed in this way, as `GET /failures` names it"),
    since: withWords(
      z.optional(instant()),
      "Only jobs that finished from then on, such as `2030-01-31T06:00:00Z`: the `since` of `GET /failures`",
    ),
    ids: withWords(
      z.optional(z.array(z.string()).check(z.minLength(1), z.maxLength(MOST_JOBS))),
      "These jobs, in place of all; with it no other filter is looked at",
    ),
    limit: withWords(
      z.optional(z.int().check(z.gte(1), z.lte(MOST_JOBS))),
      `The most jobs to change now; ${MOST_JOBS} where it is absent`,
    ),
    cursor: withWords(z.optional(z.string()), "As the answer before gave it: goes on behind it"),
  });
}

/** Which finished jobs to change. */
export interface SelectedJobs {
  status: "failed" | "cancelled" | "completed";
  task?: string | undefined;
  fingerprint?: string | undefined;
  since?: string | undefined;
  ids?: string[] | undefined;
  limit?: number | undefined;
  cursor?: string | undefined;
}

/** What one step of a change did. */
export interface StepDone {
  done: number;
  /** Those that it found but did not change: they had changed meanwhile, or another job holds their unique key. */
  skipped: number;
  /** Whether there are others behind. */
  left: boolean;
  /** Where to go on. Absent where nothing is left. */
  cursor?: string;
}

/**
 * Changes some of the selected jobs, the newest first. `change` gives true for each that it changed.
 *
 * @throws Problem `invalid_request` for an id that is none, or a cursor that is none
 */
export async function changeSome(
  { redis, keys }: App,
  { status, task, fingerprint, since, ids, limit = MOST_JOBS, cursor }: SelectedJobs,
  change: (ids: readonly string[]) => Promise<boolean[]>,
): Promise<StepDone> {
  if (ids) {
    const known = ids.map((id) => id.toLowerCase());
    const wrong = known.findIndex((id) => !isJobId(id));
    if (wrong >= 0) throw fault(`/ids/${wrong}`, "expected a UUID, as POST /submit-job answered it");
    return { ...counted(await change([...new Set(known)])), left: false };
  }
  const behind = cursor === undefined ? undefined : markIn(cursor);
  const count = task === undefined && fingerprint === undefined ? limit : SEARCHED;
  const found = await finishedJobs(redis, keys, { status, task, count, behind });
  const sinceMs = since === undefined ? 0 : Date.parse(since);
  const fitting = found.jobs.filter(
    ({ job, mark: [finishedAt] }) =>
      finishedAt >= sinceMs && (fingerprint === undefined || fingerprintFor(job) === fingerprint),
  );
  const chosen = fitting.filter((_, i) => i < limit);
  const done = chosen.length > 0 ? counted(await change(chosen.map(({ job }) => job.id))) : { done: 0, skipped: 0 };
  const isCut = chosen.length < fitting.length;
  const isPast = found.last !== undefined && found.last[0] < sinceMs; // all that follow are older, too
  if (!isCut && (!found.more || isPast)) return { ...done, left: false };
  const last = isCut ? chosen.at(-1)!.mark : found.last!;
  return { ...done, left: true, cursor: Buffer.from(JSON.stringify(last)).toString("base64url") };
}

function counted(changed: readonly boolean[]): { done: number; skipped: number } {
  const done = changed.filter(Boolean).length;
  return { done, skipped: changed.length - done };
}

const Mark = z.tuple([z.number(), z.string().check(z.maxLength(1_000))]);

function markIn(cursor: string): FinishedMark {
  try {
    return z.parse(Mark, JSON.parse(Buffer.from(cursor, "base64url").toString()));
  } catch {
    throw fault("/cursor", "not a cursor that this route gave: leave it out to begin again");
  }
}

function fault(pointer: string, detail: string): Problem {
  return new Problem("invalid_request", `${pointer}: ${detail}`, { faults: [{ pointer, detail }] });
}
