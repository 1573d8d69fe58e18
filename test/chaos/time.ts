import { keysOf } from "../../lib/queue/keys.ts";
import type { Redis } from "../../lib/queue/redis.ts";
import { ScheduleStore } from "../../lib/queue/schedule-store.ts";
import { type ClientParts, type Order, orderOf, submit } from "./clients.ts";
import { Pauser } from "./pauses.ts";
import { Keeper } from "./schedules.ts";
import { sure } from "./sure.ts";

export interface TimeParts extends Omit<ClientParts, "finished"> {
  redis: Redis;
  /** Gets an order for each schedule that is run by hand. */
  byHand: Order[];
}

/** Makes and changes schedules, and pauses and resumes, until `end`. */
export function startTime({ redis, byHand, ...parts }: TimeParts) {
  const { random, wake, signal } = parts;
  const over = new AbortController();
  const keeper = new Keeper({
    store: new ScheduleStore(redis),
    random,
    signal,
    async submit(job) {
      const order = orderOf([job]);
      byHand.push(order);
      await sure(() => submit(order, parts), signal);
    },
  });
  const pauser = new Pauser({ queue: { redis, keys: keysOf() }, random, wake, signal });
  const kept = Promise.all([keeper.keep(over.signal), pauser.keep(over.signal)]);
  kept.catch(() => undefined); // `end` says it
  return {
    keeper,
    pauser,
    /** Resumes everything, waits until every slot so far is fired, and removes all schedules. */
    async end(): Promise<void> {
      over.abort();
      await kept;
      await pauser.end();
      await keeper.end();
    },
  };
}
