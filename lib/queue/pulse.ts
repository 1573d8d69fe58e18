import { createHash } from "node:crypto";
import { RedisError } from "../errors.ts";
import type { Keys } from "./keys.ts";
import type { Redis } from "./redis.ts";

/** More leases than this are not looked at. */
const LEASED = 1_000;

/**
 * Makes a tag that changes when the queue does: the cheapest way to learn whether to look again. Two commands: how many keys there are
 * (a submit adds one, a delete takes some), and which jobs are leased until when (a claim, an extension with progress, the end of an
 * attempt). Without `running`, the first of them alone, which is enough where nothing waits or runs. A waiting job that is cancelled, put
 * back or hastened may leave it as it is, and a shared database changes it more often.
 *
 * @throws RedisError when Redis is out of reach or refuses
 */
export async function pulseOf(redis: Redis, keys: Keys, running: boolean): Promise<string> {
  try {
    const [size, leased] = await Promise.all([
      redis.dbsize(),
      running ? redis.zrange(keys.leases, 0, LEASED - 1, { withScores: true }) : [],
    ]);
    return createHash("sha256")
      .update(JSON.stringify([size, leased]))
      .digest("base64url")
      .slice(0, 22);
  } catch (error) {
    if (error instanceof RedisError || !(error instanceof Error)) throw error;
    throw new RedisError(`Redis refused: ${error.message}`, { unreachable: false });
  }
}
