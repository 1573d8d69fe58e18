import { MOST_PARKED } from "./cursor.ts";
import type { Keys } from "./keys.ts";
import { pausedTasksIn } from "./paused.ts";
import { type ListedAs, mayBeParked } from "./places.ts";
import type { Redis } from "./redis.ts";

/** How many tasks one EXISTS tells apart: each key is named twice as often as the one before, and the answer is the sum. */
const TOLD_APART = 8;
/** The most paused tasks that a page searches for parked jobs: two EXISTS in place of 16 LLEN, as a page has 20 commands. */
const SEARCHED = 16;

/** Finds the paused tasks whose parked jobs a list shows: the one that is asked for, or the first by name that have some. */
export async function parkedTasks(
  redis: Redis,
  keys: Keys,
  { status, task }: { status?: ListedAs | undefined; task?: string | undefined },
): Promise<string[]> {
  if (!mayBeParked(status)) return [];
  const [text] = await redis.mget(keys.paused_tasks);
  const paused = pausedTasksIn(text ?? null).sort();
  if (task !== undefined) return paused.filter((each) => each === task);
  if (paused.length <= MOST_PARKED) return paused;
  const searched = paused.slice(0, SEARCHED);
  const found: string[] = [];
  for (let from = 0; from < searched.length && found.length < MOST_PARKED; from += TOLD_APART)
    found.push(...(await withParkedJobs(redis, keys, searched.slice(from, from + TOLD_APART))));
  return found.slice(0, MOST_PARKED);
}

/** Finds which of at most eight tasks have parked jobs, by one command: EXISTS counts a key as often as it is named. */
async function withParkedJobs(redis: Redis, keys: Keys, tasks: readonly string[]): Promise<string[]> {
  const named = tasks.flatMap((task, i) => Array<string>(2 ** i).fill(keys.parked + task));
  const sum = await redis.exists(...named);
  return tasks.filter((_, i) => (sum >> i) % 2 === 1);
}
