import { RedisError } from "../errors.ts";
import { decode, encode, type ListPosition, positionBehind, written } from "./cursor.ts";
import { isJobId, type Job, type Priority, unreadableJob } from "./job.ts";
import type { Keys } from "./keys.ts";
import * as scripts from "./list-scripts.ts";
import { type MergedRow, merged, type PlaceRows } from "./merge.ts";
import { parkedTasks } from "./parked-tasks.ts";
import { type JobState, type ListedAs, type PlaceName, placesWith, stateIn, statusIn } from "./places.ts";
import { parseJob } from "./record.ts";
import type { Redis } from "./redis.ts";
import { call, pairs, run } from "./script.ts";

/** Which jobs to list. Absent: any. */
export interface ListRequest {
  status?: ListedAs | undefined;
  task?: string | undefined;
  priority?: Priority | undefined;
  /** The beginning of the job's id. */
  id?: string | undefined;
  /** As an earlier page gave it. */
  cursor?: string | undefined;
  limit: number;
}

/** A job in a list. */
interface StatedJob {
  job: Job;
  state: JobState;
}

/** A page of a list of jobs. */
export interface JobPage {
  jobs: StatedJob[];
  /** The cursor of the next page. Absent on the last one. */
  next?: string;
}

/** The most bytes of records in a page: the answers of Redis and of Lambda stay far below their limits. */
const PAGE_BYTES = 2_000_000;
/** How many ids of each place a page looks at while it searches for the few that fit a filter. */
const SEARCHED = 300;
/** More jobs than this are never leased at once in a sound deployment; beyond it the list is cut. */
const LEASED = 1_000;

/**
 * Lists a page of jobs, those first that changed last: when they were queued, claimed, or finished. A scheduled job stands as far
 * behind the present as its time lies ahead, so the next one comes first. Every read is bounded, by count and by bytes: at most 20
 * commands a page, unless very many jobs have the same instant. Jobs that stay where they are appear once; one that changes its
 * place between two pages may appear in both or in none.
 *
 * @returns "bad_cursor" where the cursor is not one that this request gave
 * @throws RedisError when Redis is out of reach or refuses
 */
export async function listJobs(
  redis: Redis,
  keys: Keys,
  request: ListRequest,
  now: () => number | "" = () => "",
): Promise<JobPage | "bad_cursor"> {
  const query = queryOf(request);
  const position = request.cursor === undefined ? undefined : decode(request.cursor, query);
  if (request.cursor !== undefined && !position) return "bad_cursor";
  try {
    const tasks = position?.tasks ?? (await parkedTasks(redis, keys, request));
    const names = placesWith(request.status, tasks);
    if (position && position.places.length !== names.length) return "bad_cursor";
    const list = { redis, keys, request, names, now };
    const heads = await headsOf(list, position);
    const rows = merged(heads.places);
    const { jobs, looked } = await jobsOf(list, rows);
    const places = heads.positions.map((was, i) => {
      const count = rows.slice(0, looked).filter(({ place }) => place === i).length;
      return positionBehind(names[i]!, was, heads.places[i]!, count);
    });
    const isLast = places.every((each) => each === "end");
    return isLast ? { jobs } : { jobs, next: encode({ began: heads.began, places, tasks }, query) };
  } catch (error) {
    if (error instanceof RedisError || !(error instanceof Error)) throw error;
    throw new RedisError(`Redis refused: ${error.message}`, { unreachable: false });
  }
}

interface JobList {
  redis: Redis;
  keys: Keys;
  request: ListRequest;
  names: readonly PlaceName[];
  now(): number | "";
}

/** Reads what comes next in each place that has not been read to its end. */
async function headsOf({ redis, keys, request, names, now }: JobList, from: ListPosition | undefined) {
  const positions = from?.places ?? names.map(() => "start" as const);
  const wanted = names.flatMap((name, i) => (positions[i] === "end" ? [] : [name, written(name, positions[i]!)]));
  const count = isFiltered(request) ? SEARCHED : request.limit + 3; // what follows the page's end marks it, too
  const [[clock, ...found]] = await run(redis, [
    call(scripts.heads, keys, { now: from?.began ?? now(), count, leased: LEASED }, wanted),
  ]);
  const began = Number(clock![0]);
  const places = names.map((name, i): PlaceRows => {
    if (positions[i] === "end") return { rows: [], more: false, recency: Number };
    const [more, ...flat] = found.shift()!;
    const rows = pairs(flat).map(([id, when]) => ({ id, when: when === "" ? undefined : Number(when) }));
    if (name === "scheduled") return { rows, more: more === "1", recency: (when) => 2 * began - when };
    return { rows: name === "leases" ? leasedBehind(rows, positions[i]!) : rows, more: more === "1", recency: Number };
  });
  return { began, positions, places };
}

/** Orders leased jobs by when they were claimed: a lease moves in its zset whenever it is extended. */
function leasedBehind(
  rows: readonly { id: string; when: number | undefined }[],
  position: ListPosition["places"][number],
) {
  const sorted = [...rows].sort(newestFirst);
  const [mark] = typeof position === "string" ? [] : position.after;
  return mark ? sorted.filter((row) => newestFirst({ id: mark[0], when: mark[1] }, row) < 0) : sorted;
}

type Dated = Pick<MergedRow, "id" | "when">;
function newestFirst({ id: a, when: whenA = 0 }: Dated, { id: b, when: whenB = 0 }: Dated): number {
  return whenB - whenA || (a < b ? 1 : a > b ? -1 : 0);
}

/** Reads the jobs of the rows that fit the request. `looked`: how many rows that took. */
async function jobsOf({ redis, keys, request, names }: JobList, rows: readonly MergedRow[]) {
  const { id: beginning = "", task, priority, status, limit } = request;
  const numbered = [...rows.entries()].filter(([, { id }]) => id.startsWith(beginning));
  if (numbered.length === 0) return { jobs: [], looked: rows.length };
  const asked = isFiltered(request) ? numbered : numbered.slice(0, limit);
  const retries = status === "scheduled" ? "0" : status === "retrying" ? "1" : "";
  const filter = { task: task === undefined ? "" : JSON.stringify(task), priority: priority ?? "", retries };
  const ids = asked.map(([, { id }]) => id);
  const [[scanned, ...found]] = await run(redis, [
    call(scripts.records, keys, { bytes: PAGE_BYTES, limit, ...filter }, ids),
  ]);
  const jobs: StatedJob[] = pairs(found).flatMap(([n, record]) => {
    const [, { id, place }] = asked[Number(n) - 1]!;
    const name = names[place]!;
    const job =
      parseJob(record) ?? (isJobId(id) && !isFiltered(request) ? unreadableJob(id, statusIn(name)) : undefined);
    if (job?.status !== statusIn(name) || (task !== undefined && job.task !== task)) return [];
    return [{ job, state: stateIn(name, job.retries) }];
  });
  const isAll = Number(scanned) === numbered.length;
  return { jobs, looked: isAll ? rows.length : asked[Number(scanned) - 1]![0] + 1 };
}

/** Tells whether not every job of the places is wanted. */
function isFiltered({ task, priority, id, status }: ListRequest): boolean {
  return [task, priority, id].some((each) => each !== undefined) || status === "scheduled" || status === "retrying";
}

function queryOf({ status, priority, id, task }: ListRequest): string {
  return [status, priority, id, task].map((each) => each ?? "").join(" ");
}
