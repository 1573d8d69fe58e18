import type { Job, Status } from "./job.ts";
import type { Keys } from "./keys.ts";
import * as scripts from "./list-scripts.ts";
import { pausedTasksIn } from "./paused.ts";
import { parseJob } from "./record.ts";
import type { Redis } from "./redis.ts";
import { call, pairs, run } from "./script.ts";

/** How many ids one read delivers. It reads a few more, to know what follows. */
export const CHUNK = 100;
const READ = CHUNK + 3;
/** More jobs than this are never leased at once in a sound deployment; beyond it the listing is cut. */
const LEASED = 1_000;

/** An id with what changes when its job moves: since when it is ready, its score, or when it was claimed. Null: no record. */
type JobMark = [id: string, when: number | null];

/** Where to go on: behind the first of `after` that is where it was, else at the first such one of `next`. */
export interface PlaceMark {
  after: JobMark[];
  next: JobMark[];
}
/** The beginning of a place. */
export const START: PlaceMark = { after: [], next: [] };

/** Undefined: the id has no record. "unreadable": something else is in the record's place. */
type JobIfReadable = Job | "unreadable" | undefined;

/** An id that a place lists, with its job. */
export interface ListedJob {
  job: JobIfReadable;
  mark: JobMark;
}

/** A stretch of a place, as one read delivers it. */
interface Stretch {
  found: ListedJob[];
  /** There is more behind it. */
  more: boolean;
  /** How many bytes of records it took. */
  bytes: number;
}

const NOTHING: Stretch = { found: [], more: false, bytes: 0 };

/** A list or a zset of jobs with one status. */
export interface Place {
  status: Status;
  /** Reads what follows, newest first, as far as `bytes` of records reach. At most 3 commands, unless marks have left. */
  read(from: PlaceMark, bytes: number): Promise<Stretch>;
}

/** Gives the places of all jobs, in the order in which they are listed. */
export function placesOf(redis: Redis, keys: Keys): Place[] {
  const store = { redis, keys };
  const list = (key: string): Place => ({
    status: "pending",
    read: (from, bytes) => readList({ ...store, bytes }, key, from),
  });
  const zset = (status: Status, key: string): Place => ({
    status,
    read: (from, bytes) => readZset({ ...store, bytes }, key, from),
  });
  return [
    { status: "processing", read: (from, bytes) => readLeases({ ...store, bytes }, from) },
    ...[keys.high, keys.normal, keys.low, keys.suspects].map(list),
    { status: "pending", read: (from, bytes) => readParked({ ...store, bytes }, from) },
    zset("pending", keys.scheduled),
    zset("completed", keys.completed),
    zset("failed", keys.failed),
    zset("cancelled", keys.cancelled),
  ];
}

/** Where records are read, and how much. */
interface RecordStore {
  redis: Redis;
  keys: Keys;
  /** How many bytes of records may be read. */
  bytes: number;
}

/** How many more marks a list is searched for, where the first one has left. */
const SEARCHES = 2;

/**
 * Reads a list. New ids come in on the left and the oldest leave on the right: when a marked job was claimed, all that follow
 * it were claimed too. When it was cancelled they were not, and another mark stands in for it. A job that came back, at the left
 * end, is no mark any more.
 *
 * A search walks the list. So where the first mark has left, only those marks are searched for whose records say that they wait
 * where they did: a made-up cursor costs no more than one that we gave.
 */
async function readList(store: RecordStore, key: string, { after, next }: PlaceMark): Promise<Stretch> {
  const marks = [...after, ...next];
  if (marks.length === 0) return listed(store, key, 0);
  const behind = async (mark: JobMark, isPassed: boolean): Promise<Stretch | undefined> => {
    const at = await store.redis.lpos(key, mark[0]);
    if (at === null) return undefined;
    const { found, ...rest } = await listed(store, key, at);
    if (found[0]?.mark[0] !== mark[0] || found[0].mark[1] !== mark[1]) return undefined;
    return { found: isPassed ? found.slice(1) : found, ...rest };
  };
  const [first, ...others] = marks;
  const read = await behind(first!, after.length > 0);
  if (read) return read;
  const { entries } = await entriesOf(
    store,
    others.map(([id]) => id),
  );
  const waiting = others.filter(([, when], i) => when !== null && listedSince(store.keys, key, entries[i]) === when);
  for (const mark of waiting.slice(0, SEARCHES)) {
    const read = await behind(mark, after.includes(mark));
    if (read) return read;
  }
  return NOTHING;
}

/**
 * Reads the parked jobs of paused tasks, list by list, in the order of the tasks' names. The ids in its marks have the name of their
 * task in front, which tells the list that they were in.
 */
async function readParked(store: RecordStore, { after, next }: PlaceMark): Promise<Stretch> {
  const { redis, keys } = store;
  const [text = null] = await redis.mget(keys.paused_tasks);
  const from = (after[0] ?? next[0])?.[0].split(" ")[0] ?? "";
  const tasks = pausedTasksIn(text).sort();
  for (const [i, task] of tasks.entries()) {
    if (task < from) continue;
    const own = (marks: JobMark[]) =>
      marks.flatMap(([name, when]): JobMark[] =>
        name.startsWith(`${task} `) ? [[name.slice(task.length + 1), when]] : [],
      );
    const read = await readList(store, keys.parked + task, { after: own(after), next: own(next) });
    const found = read.found.map(({ job, mark: [id, when] }): ListedJob => ({ job, mark: [`${task} ${id}`, when] }));
    if (found.length > 0) return { ...read, found, more: read.more || i < tasks.length - 1 };
  }
  return NOTHING;
}

/** Says since when a job is ready; null where it is not. */
function readySince(entry: JobIfReadable): number | null {
  return typeof entry === "object" && entry.status === "pending" ? (entry.runAt ?? entry.createdAt) : null;
}

/** Says since when a job that belongs into this list is ready; null where it does not belong there. */
function listedSince(keys: Keys, key: string, entry: JobIfReadable): number | null {
  if (typeof entry !== "object") return null;
  const own = [entry.crashes ? keys.suspects : keys[entry.priority], keys.parked + entry.task];
  if (!own.includes(key)) return null;
  return readySince(entry);
}

async function listed(store: RecordStore, key: string, at: number): Promise<Stretch> {
  const ids = (await store.redis.lrange(key, at, at + READ - 1)) as string[];
  const { entries, bytes } = await entriesOf(store, ids);
  return {
    found: entries.map((job, i) => ({ job, mark: [ids[i]!, readySince(job)] })),
    more: ids.length === READ || entries.length < ids.length,
    bytes,
  };
}

/** Reads a zset, in order of score, then of id: so the last mark tells where to go on even when it is gone. */
async function readZset(store: RecordStore, key: string, { after: [mark] }: PlaceMark): Promise<Stretch> {
  const { redis } = store;
  const { rows, more } = mark ? await rowsBehind(redis, key, mark) : await rowsFrom(redis, key, 0);
  return foundIn(store, rows, more);
}

/** Reads the jobs that the rows name, as far as the bytes reach. */
async function foundIn(store: RecordStore, rows: readonly JobMark[], more: boolean): Promise<Stretch> {
  const ids = rows.map(([id]) => id);
  const { entries, bytes } = await entriesOf(store, ids);
  const found = entries.map((job, i) => ({ job, mark: rows[i]! }));
  return { found, more: more || entries.length < ids.length, bytes };
}

/** A member of a zset, with its score. */
type ZsetRow = [id: string, score: number];
interface ZsetRows {
  rows: ZsetRow[];
  more: boolean;
}

async function rowsBehind(redis: Redis, key: string, [id, when]: JobMark): Promise<ZsetRows> {
  const score = when ?? 0;
  const rank = await redis.zrevrank(key, id);
  if (rank !== null) {
    const { rows, more } = await rowsFrom(redis, key, rank);
    if (rows[0]?.[0] === id && rows[0][1] === score) return { rows: rows.slice(1), more };
  }
  const options = { byScore: true, rev: true, withScores: true, offset: 0, count: READ } as const;
  const { rows, more } = rowsOf(await redis.zrange(key, score, "-inf", options));
  const behind = rows.filter((row) => row[1] < score || row[0] < id);
  if (behind.length > 0 || !more) return { rows: behind, more };
  return rowsFrom(redis, key, await rankOf(redis, key, [id, score]));
}

/** Finds where a row would be among very many of one score, by halving: 17 commands for 100,000 of them. */
async function rankOf(redis: Redis, key: string, [id, score]: ZsetRow): Promise<number> {
  let from = await redis.zcount(key, `(${score}`, "+inf");
  let to = await redis.zcount(key, score, "+inf");
  while (from < to) {
    const middle = Math.floor((from + to) / 2);
    const [there] = (await redis.zrange(key, middle, middle, { rev: true })) as string[];
    if (there !== undefined && there >= id) from = middle + 1;
    else to = middle;
  }
  return from;
}

async function rowsFrom(redis: Redis, key: string, rank: number): Promise<ZsetRows> {
  return rowsOf(await redis.zrange(key, rank, rank + READ - 1, { rev: true, withScores: true }));
}

function rowsOf(flat: unknown[]): ZsetRows {
  const rows = Array.from(
    { length: flat.length / 2 },
    (_, i): ZsetRow => [String(flat[i * 2]), Number(flat[i * 2 + 1])],
  );
  return { rows, more: rows.length === READ };
}

/** Reads the leased jobs. A lease moves in its zset whenever it is extended, so they are ordered by when they were claimed. */
async function readLeases(store: RecordStore, { after: [mark] }: PlaceMark): Promise<Stretch> {
  const { redis, keys } = store;
  const [flat] = await run(redis, [call(scripts.leased, keys, { limit: LEASED })]);
  const leased = pairs(flat).map(([id, when]): JobMark => [id, Number(when)]);
  const rows = leased.sort(newestFirst);
  const rest = mark ? rows.filter((row) => newestFirst(mark, row) < 0) : rows;
  return foundIn(store, rest.slice(0, READ), rest.length > READ);
}

function newestFirst([a, whenA]: JobMark, [b, whenB]: JobMark): number {
  return (whenB ?? 0) - (whenA ?? 0) || (a < b ? 1 : a > b ? -1 : 0);
}

/** Reads the records of the first ids, as many as fit. */
async function entriesOf(
  { redis, keys, bytes: most }: RecordStore,
  ids: readonly string[],
): Promise<{ entries: JobIfReadable[]; bytes: number }> {
  if (ids.length === 0) return { entries: [], bytes: 0 };
  const [records] = await run(redis, [call(scripts.records, keys, { bytes: most }, ids)]);
  const entries = records.map(
    (record): JobIfReadable => (record === "" ? undefined : (parseJob(record) ?? "unreadable")),
  );
  return { entries, bytes: records.reduce((sum, record) => sum + Buffer.byteLength(record), 0) };
}
