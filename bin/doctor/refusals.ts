import { describe } from "../../lib/errors.ts";
import { cut } from "../../lib/text.ts";

/** The errors of Redis and Upstash, what each means, and what to do (https://upstash.com/docs/redis/troubleshooting). */
const KNOWN: [words: RegExp, means: string, fix: string][] = [
  [
    /NOPERM/,
    "the token may not do that",
    "take the standard token, not the read-only one, or allow its ACL user all commands and keys",
  ],
  [
    /max (daily )?requests? limit exceeded/i,
    "the plan's commands are used up",
    "wait for the next period, or upgrade: console.upstash.com → your database → Upgrade",
  ],
  [
    /capacity quota exceeded|^OOM|OOM command not allowed/,
    "the database is full, so that it refuses every submit",
    "shorten KEEP_COMPLETED_HOURS and KEEP_FAILED_HOURS, or take a larger plan (maxmemory, in a Redis of your own)",
  ],
  [
    /max single record size exceeded/i,
    "a key is as large as the plan allows",
    "upgrade: console.upstash.com → Upgrade",
  ],
  [
    /max request size exceeded/i,
    "a request may not be as large as the queue's largest",
    "choose a plan with requests of 10 MB or more",
  ],
  [
    /Command is not available|unknown command/i,
    "this Redis lacks a command",
    "use Redis 7 or later, Valkey, or a database at Upstash",
  ],
  [
    /CROSSSLOT|non local key/,
    "this is a cluster, and the queue's keys are in several slots",
    "set KEY_PREFIX, so that all of them share one slot",
  ],
  [/READONLY/, "this is a replica", "point UPSTASH_REDIS_REST_URL at the primary"],
  [/MISCONF/, "Redis cannot write to its disk", "see its log: the disk is full, or Redis may not write there"],
  [
    /\bBUSY /,
    "a script does not end, and Redis answers nothing else meanwhile",
    "end it with SCRIPT KILL; if it has written already, restart Redis",
  ],
  [/LOADING/, "Redis is still loading its data", "try again in a moment"],
  [/WRONGTYPE/, "a key of the queue holds something else", "set KEY_PREFIX, or use a database of the queue's own"],
];

/** Returns a short description of an error, and what to do about it. */
export function refusal(thrown: unknown): { said: string; fix: string } {
  // The Redis client appends the whole command to Redis' words, including the script's text.
  const words = cut(describe(thrown).message.split(", command was:")[0]!, 300);
  const known = KNOWN.find(([pattern]) => pattern.test(words));
  if (!known) return { said: words, fix: "this is the database's own message: look for it in its documentation" };
  return { said: `${known[1]}: ${words}`, fix: known[2] };
}
