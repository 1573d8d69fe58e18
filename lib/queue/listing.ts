import * as z from "zod/mini";
import { RedisError } from "../errors.ts";
import { isJobId, type Job, type Status, unreadableJob } from "./job.ts";
import type { Keys } from "./keys.ts";
import { CHUNK, type ListedJob, type PlaceMark, placesOf, START } from "./places.ts";
import type { Redis } from "./redis.ts";

/** Which jobs to list. */
export interface ListRequest {
  status?: Status | undefined;
  task?: string | undefined;
  /** As an earlier page gave it. */
  cursor?: string | undefined;
  limit: number;
}

/** A page of a list of jobs. */
export interface JobPage {
  jobs: Job[];
  /** The cursor of the next page. Absent on the last one. */
  next?: string;
}

/** How many full reads one page may take while it searches for a task. */
const LOOKS = 5;

/** The most bytes of records in a page: the answers of Redis and of Lambda stay far below their limits. */
const PAGE_BYTES = 2_000_000;

/** The least room for a read: two of the longest records, the one where it begins, which may have been shown, and a new one. */
const READ_BYTES = 600_000;

/** Where a page ended: in which place, and behind what. */
interface ListPosition {
  place: number;
  from: PlaceMark;
}

/**
 * Lists a page of jobs: status by status (processing, pending, completed, failed, cancelled), and within one the newest first:
 * by when it was claimed, was queued, will run, or finished. Every read is bounded, by count and by bytes. Jobs that stay
 * where they are appear once; one that changes its place between two pages may appear in both or in none.
 *
 * @returns "bad_cursor" where the cursor is not one that this request gave
 * @throws RedisError when Redis is out of reach or refuses
 */
export async function listJobs(redis: Redis, keys: Keys, request: ListRequest): Promise<JobPage | "bad_cursor"> {
  const position = request.cursor === undefined ? { place: 0, from: START } : decode(request.cursor, request);
  if (!position) return "bad_cursor";
  try {
    return await pageFrom(position, redis, keys, request);
  } catch (error) {
    if (error instanceof RedisError || !(error instanceof Error)) throw error;
    throw new RedisError(`Redis refused: ${error.message}`, { unreachable: false });
  }
}

async function pageFrom(
  { place, from }: ListPosition,
  redis: Redis,
  keys: Keys,
  request: ListRequest,
): Promise<JobPage> {
  const places = placesOf(redis, keys).filter(({ status }) => (request.status ?? status) === status);
  const jobs: Job[] = [];
  const pageEndingAt = (at: ListPosition): JobPage =>
    at.place < places.length ? { jobs, next: encode(at, request) } : { jobs };
  let room = PAGE_BYTES;
  for (let looks = 0; looks < LOOKS && place < places.length && room > READ_BYTES; ) {
    const { status, read } = places[place]!;
    const { found, more, bytes } = await read(from, room);
    room -= bytes;
    const behind = (i: number): ListPosition =>
      i < found.length - 1 || more ? { place, from: fromBehind(found, i) } : { place: place + 1, from: START };
    for (const [i, { job: entry, mark }] of found.slice(0, CHUNK).entries()) {
      const id = mark[0].split(" ").at(-1)!; // in front of it, the task of a parked job
      const job = entry === "unreadable" && isJobId(id) ? unreadableJob(id, status) : entry;
      if (typeof job !== "object" || job.status !== status || (request.task !== undefined && job.task !== request.task))
        continue;
      jobs.push(job);
      if (jobs.length === request.limit) return pageEndingAt(behind(i));
    }
    if (more) looks++;
    ({ place, from } = behind(Math.min(found.length, CHUNK) - 1));
  }
  return pageEndingAt({ place, from });
}

/** Marks both sides of the page's end: whichever mark is still there tells where to go on. */
function fromBehind(found: readonly ListedJob[], i: number): PlaceMark {
  const marks = found.map(({ mark }) => mark);
  return { after: marks.slice(Math.max(0, i - 2), i + 1).reverse(), next: marks.slice(i + 1, i + 4) };
}

const Marks = z.array(z.tuple([z.string(), z.nullable(z.number())])).check(z.maxLength(3));
const Cursor = z.tuple([z.string(), z.string(), z.int().check(z.gte(0), z.lte(9)), Marks, Marks]);

function encode({ place, from }: ListPosition, { status, task }: ListRequest): string {
  const cursor: z.infer<typeof Cursor> = [status ?? "", task ?? "", place, from.after, from.next];
  return Buffer.from(JSON.stringify(cursor)).toString("base64url");
}

function decode(cursor: string, { status, task }: ListRequest): ListPosition | undefined {
  const parsed = z.safeParse(Cursor, parsedJson(Buffer.from(cursor, "base64url").toString()));
  if (!parsed.success) return undefined;
  const [forStatus, forTask, place, after, next] = parsed.data;
  return forStatus === (status ?? "") && forTask === (task ?? "") ? { place, from: { after, next } } : undefined;
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
