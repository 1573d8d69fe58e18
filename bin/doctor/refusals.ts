import { describe } from "../../lib/errors.ts";
import { cut } from "../../lib/text.ts";

/** What Redis and Upstash refuse with, what it means, and what to do (https://upstash.com/docs/redis/troubleshooting). */
const KNOWN: [words: RegExp, means: string, mend: string][] = [
  [
    /NOPERM/,
    "the token may not do that",
    "take the standard token, not the read-only one, or give its ACL user all commands and keys",
  ],
  [
    /max (daily )?requests? limit exceeded/i,
    "the plan's commands are used up",
    "wait for the next period, or console.upstash.com → your database → Upgrade",
  ],
  [
    /capacity quota exceeded|^OOM|OOM command not allowed/,
    "the database is full, so that it refuses every submit",
    "shorten KEEP_COMPLETED_HOURS and KEEP_FAILED_HOURS, or take a larger plan (maxmemory, in a Redis of your own)",
  ],
  [/max single record size exceeded/i, "a key is as large as the plan allows", "console.upstash.com → Upgrade"],
  [
    /max request size exceeded/i,
    "a request may not be as large as the queue's largest",
    "a plan with requests of 10 MB or more",
  ],
  [
    /Command is not available|unknown command/i,
    "this Redis lacks a command",
    "Redis 7 or later, Valkey, or a database of Upstash's",
  ],
  [
    /CROSSSLOT|non local key/,
    "this is a cluster, and the queue's keys lie in several slots",
    "set KEY_PREFIX: then all of them share one",
  ],
  [/READONLY/, "this is a replica", "point UPSTASH_REDIS_REST_URL at the primary"],
  [/MISCONF/, "Redis cannot write to its disk", "see its log: disk full, or no right to write there"],
  [
    /\bBUSY /,
    "a script runs on and on, and meanwhile Redis answers nothing else",
    "SCRIPT KILL ends it, unless it has written: then restart Redis",
  ],
  [/LOADING/, "Redis is still loading its data", "try again in a moment"],
  [/WRONGTYPE/, "a key of the queue holds something else", "set KEY_PREFIX, or use a database of the queue's own"],
];

/** Of anything thrown: what was said, in short, and what to do about it. */
export function refusal(thrown: unknown): { said: string; mend: string } {
  // The client puts the whole command behind the words of Redis, a script's text among it.
  const words = cut(describe(thrown).message.split(", command was:")[0]!, 300);
  const known = KNOWN.find(([pattern]) => pattern.test(words));
  if (!known) return { said: words, mend: "these are the database's own words: look for them in its documentation" };
  return { said: `${known[1]}: ${words}`, mend: known[2] };
}
