import type { Redis } from "@upstash/redis";
import type { Job, Status } from "./job.ts";
import type { Keys } from "./keys.ts";
import { parseJob } from "./record.ts";

/** How many ids one read delivers. It reads a few more, to know what comes next. */
export const CHUNK = 100;
const READ = CHUNK + 3;
/** More jobs than this are never leased at once in a sound deployment; beyond it the listing is cut. */
const LEASED = 1_000;

/** An id with what changes when its job moves: since when it is ready, its score, when it was claimed. Null: no such record. */
export type Mark = [id: string, when: number | null];

/** Where to go on: behind the first of `after` that is where it was, else at the first such one of `next`. */
export interface From {
  after: Mark[];
  next: Mark[];
}
export const START: From = { after: [], next: [] };

export interface Found {
  job: Job | undefined;
  mark: Mark;
}

export interface Place {
  status: Status;
  /** What follows, newest first. `more`: and there is more behind it. At most 3 commands, but where marks have left. */
  read(from: From): Promise<{ found: Found[]; more: boolean }>;
}

/** The places of all jobs, in the order in which they are listed. */
export function placesOf(redis: Redis, keys: Keys): Place[] {
  const list = (key: string): Place => ({ status: "pending", read: (from) => readList(redis, keys, key, from) });
  const zset = (status: Status, key: string): Place => ({
    status,
    read: (from) => readZset(redis, keys, key, from),
  });
  return [
    { status: "processing", read: (from) => readLeases(redis, keys, from) },
    ...[keys.high, keys.normal, keys.low, keys.suspects].map(list),
    zset("pending", keys.scheduled),
    zset("completed", keys.completed),
    zset("failed", keys.failed),
    zset("cancelled", keys.cancelled),
  ];
}

/**
 * New ids come in on the left. The oldest leave on the right, so a mark that was claimed took all that follows along; one
 * that was cancelled did not, and then another mark stands for it. One that came back, to the left end, is none any more.
 */
async function readList(redis: Redis, keys: Keys, key: string, { after, next }: From) {
  if (after.length + next.length === 0) return listed(redis, keys, key, 0);
  for (const [i, mark] of [...after, ...next].entries()) {
    const at = await redis.lpos<number | null>(key, mark[0]);
    if (at === null) continue;
    const { found, more } = await listed(redis, keys, key, at);
    if (found[0]?.mark[0] !== mark[0] || found[0].mark[1] !== mark[1]) continue;
    return { found: i < after.length ? found.slice(1) : found, more };
  }
  return { found: [], more: false };
}

async function listed(redis: Redis, keys: Keys, key: string, at: number) {
  const ids = (await redis.lrange(key, at, at + READ - 1)) as string[];
  const jobs = await jobsOf(redis, keys, ids);
  const since = (job: Job | undefined) => (job?.status === "pending" ? (job.runAt ?? job.createdAt) : null);
  return {
    found: ids.map((id, i) => ({ job: jobs[i], mark: [id, since(jobs[i])] as Mark })),
    more: ids.length === READ,
  };
}

/** In order of score, then of id: so the last mark tells where to go on even when it is gone. */
async function readZset(redis: Redis, keys: Keys, key: string, { after: [mark] }: From) {
  const { rows, more } = mark ? await rowsBehind(redis, key, mark) : await rowsFrom(redis, key, 0);
  const ids = rows.map(([id]) => id);
  const jobs = await jobsOf(redis, keys, ids);
  return { found: rows.map((row, i) => ({ job: jobs[i], mark: row as Mark })), more };
}

type Row = [id: string, score: number];
interface Rows {
  rows: Row[];
  more: boolean;
}

async function rowsBehind(redis: Redis, key: string, [id, when]: Mark): Promise<Rows> {
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

/** Where the row would be, among very many of one score: halving, 17 commands for 100,000 of them. */
async function rankOf(redis: Redis, key: string, [id, score]: Row): Promise<number> {
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

async function rowsFrom(redis: Redis, key: string, rank: number): Promise<Rows> {
  return rowsOf(await redis.zrange(key, rank, rank + READ - 1, { rev: true, withScores: true }));
}

function rowsOf(flat: unknown[]): Rows {
  const rows = Array.from({ length: flat.length / 2 }, (_, i): Row => [String(flat[i * 2]), Number(flat[i * 2 + 1])]);
  return { rows, more: rows.length === READ };
}

/** Leases move in their zset whenever they are extended, so these few are put in order by what does not move. */
async function readLeases(redis: Redis, keys: Keys, { after: [mark] }: From) {
  const ids = (await redis.zrange(keys.leases, 0, LEASED - 1)) as string[];
  const jobs = (await jobsOf(redis, keys, ids)).filter((job) => job !== undefined);
  const found = jobs.map((job) => ({ job, mark: [job.id, job.startedAt ?? 0] as Mark })).sort(newestFirst);
  const rest = mark ? found.filter((each) => newestFirst({ mark }, each) < 0) : found;
  return { found: rest.slice(0, READ), more: rest.length > READ };
}

function newestFirst({ mark: [a, whenA] }: Pick<Found, "mark">, { mark: [b, whenB] }: Pick<Found, "mark">): number {
  return (whenB ?? 0) - (whenA ?? 0) || (a < b ? 1 : a > b ? -1 : 0);
}

async function jobsOf(redis: Redis, keys: Keys, ids: readonly string[]): Promise<(Job | undefined)[]> {
  if (ids.length === 0) return [];
  const records = await redis.mget<(string | null)[]>(...ids.map((id) => keys.jobPrefix + id));
  return records.map(parseJob);
}
