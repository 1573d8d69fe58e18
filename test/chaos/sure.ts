import { setTimeout as sleep } from "node:timers/promises";
import { RedisError } from "../../lib/errors.ts";

/** Asks until there is an answer. */
export async function sure<T>(ask: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof RedisError)) throw error;
      await sleep(50 + Math.random() * 200, undefined, { signal });
    }
  }
}
