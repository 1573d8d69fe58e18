import { RedisError } from "../errors.ts";
import type { Job } from "./job.ts";
import type { Keys } from "./keys.ts";
import * as scripts from "./list-scripts.ts";
import { parseJob } from "./record.ts";
import type { Redis } from "./redis.ts";
import { call, pairs, run } from "./script.ts";

/** Jobs that have finished in one way, the newest first. */
export interface Finished {
  status: "completed" | "failed" | "cancelled";
  /** Only jobs of this task. */
  task?: string | undefined;
  /** How many ids to look at, at most. */
  count: number;
  /** Goes on behind this one: its score and its id. */
  behind?: FinishedMark | undefined;
}

/** The score and the id of a finished job. */
export type FinishedMark = [when: number, id: string];

/** Finished jobs as one read finds them. */
export interface FinishedJobs {
  jobs: { job: Job; mark: FinishedMark }[];
  /** How many ids it looked at. */
  looked: number;
  /** The last id that it looked at. Absent: there was none. */
  last?: FinishedMark;
  more: boolean;
}

const MOST_BYTES = 2_000_000;

/**
 * Reads finished jobs, the newest first, as far as 2 MB of records reach. Four commands.
 *
 * @throws RedisError when Redis is out of reach or refuses
 */
export async function finishedJobs(
  redis: Redis,
  keys: Keys,
  { status, task, count, behind }: Finished,
): Promise<FinishedJobs> {
  const position = behind === undefined ? "" : `${behind[0]} ${behind[1]}`;
  const heads = call(scripts.heads, keys, { now: 0, count, leased: 0 }, [status, position]);
  const [[, found = []]] = await run(redis, [heads]);
  const [more, ...flat] = found;
  const marks = pairs(flat).map(([id, when]): FinishedMark => [Number(when), id]);
  if (marks.length === 0) return { jobs: [], looked: 0, more: false };
  const filter = { task: task === undefined ? "" : JSON.stringify(task), priority: "", retries: "" };
  const ids = marks.map(([, id]) => id);
  const [[scanned, ...texts]] = await run(redis, [
    call(scripts.records, keys, { bytes: MOST_BYTES, limit: count, ...filter }, ids),
  ]);
  const looked = Number(scanned);
  const jobs = pairs(texts).flatMap(([n, text]) => {
    const job = parseJob(text);
    const fits = job?.status === status && (task === undefined || job.task === task);
    return fits ? [{ job, mark: marks[Number(n) - 1]! }] : [];
  });
  if (!Number.isInteger(looked)) throw new RedisError("records answered without a number", { unreachable: false });
  return { jobs, looked, last: marks[looked - 1]!, more: more === "1" || looked < marks.length };
}
