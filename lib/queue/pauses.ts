import { randomUUID } from "node:crypto";
import type { Keys } from "./keys.ts";
import * as scripts from "./pause-scripts.ts";
import type { Redis } from "./redis.ts";
import { call, run } from "./script.ts";

/** How the queue is reached, and by which clock. */
export interface PauseSettings {
  redis: Redis;
  keys: Keys;
  /** How long a wake-up may be in flight, in ms. Default 5,000. */
  wakeMs?: number;
  /** A clock in place of the server's, in ms since the epoch. For tests. */
  now?: () => number;
}

/** What to pause: the whole queue, or the jobs of one task. Instants are ms since the epoch. */
export interface PauseRequest {
  task?: string | undefined;
  /** Absent: until it is resumed. */
  until?: number | undefined;
}

/** `past` and `too_far`: `until` is not within a year from now. `full`: too many tasks are paused already. */
export type PauseOutcome = "paused" | "past" | "too_far" | "full";

/**
 * Pauses the queue or a task: no claim takes a job of it, while running jobs end, submits go on and wake nobody, and the jobs of
 * crashed workers are taken back.
 *
 * @throws RedisError when Redis is out of reach or refuses
 */
export async function pause({ redis, keys, now }: PauseSettings, { task = "", until }: PauseRequest) {
  const args = { now: now?.() ?? "", task, until: until === undefined ? "-" : Math.round(until) };
  const [outcome] = await run(redis, [call(scripts.pause, keys, args)]);
  return outcome satisfies PauseOutcome;
}

/**
 * Ends a pause. `wake`: a worker must be woken.
 *
 * @throws RedisError when Redis is out of reach or refuses
 */
export async function resume(
  { redis, keys, now, wakeMs = 5_000 }: PauseSettings,
  { task = "" }: { task?: string | undefined } = {},
  request: string = randomUUID(),
): Promise<{ outcome: "resumed" | "not_paused"; wake: boolean }> {
  const [[outcome, wake]] = await run(redis, [
    call(scripts.resume, keys, { now: now?.() ?? "", task, request, wakeMs }),
  ]);
  return { outcome, wake };
}
