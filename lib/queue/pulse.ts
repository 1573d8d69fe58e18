import { createHash } from "node:crypto";
import { RedisError } from "../errors.ts";
import type { Keys } from "./keys.ts";
import type { Redis } from "./redis.ts";

/** More leases than this are not looked at. */
const LEASED = 1_000;

/** What a pulse looks at: each looks at what the one before does, too, for one command more. */
export const LOOKS = ["keys", "totals", "all"] as const;

/**
 * Makes a tag that changes when the queue does: the cheapest way to learn whether to look again. `keys` asks how many keys there are:
 * a submit adds one, a pause too, a delete takes some. `totals` also asks for the all-time totals: jobs that end or are cancelled,
 * retried or deleted count there, and so does a schedule that gets a slot. `all` also asks which jobs are leased until when: a claim,
 * an extension with progress. Only a job that waits and is moved without having been counted, such as by a run now, may leave all of
 * them as they are. A shared database changes the number of keys more often.
 *
 * @throws RedisError when Redis is out of reach or refuses
 */
export async function pulseOf(redis: Redis, keys: Keys, look: (typeof LOOKS)[number]): Promise<string> {
  try {
    const seen = await Promise.all([
      redis.dbsize(),
      look === "keys" ? [] : redis.hvals(keys.counters),
      look === "all" ? redis.zrange(keys.leases, 0, LEASED - 1, { withScores: true }) : [],
    ]);
    return createHash("sha256").update(JSON.stringify(seen)).digest("base64url").slice(0, 22);
  } catch (error) {
    if (error instanceof RedisError || !(error instanceof Error)) throw error;
    throw new RedisError(`Redis refused: ${error.message}`, { unreachable: false });
  }
}
