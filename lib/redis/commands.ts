import type { Redis, Requester, UpstashResponse, ZrangeOptions } from "../queue/redis.ts";

type CommandArgument = string | number;

/** The commands that the queue sends: from a call's arguments to the words of the request. */
const COMMANDS = {
  eval: (text: string, keys: CommandArgument[], args: CommandArgument[] = []) => [
    "eval",
    text,
    keys.length,
    ...keys,
    ...args,
  ],
  evalsha: (sha: string, keys: CommandArgument[], args: CommandArgument[] = []) => [
    "evalsha",
    sha,
    keys.length,
    ...keys,
    ...args,
  ],
  dbsize: () => ["dbsize"],
  exists: (...keys: string[]) => ["exists", ...keys],
  hget: (key: string, field: string) => ["hget", key, field],
  hvals: (key: string) => ["hvals", key],
  mget: (...keys: string[]) => ["mget", ...keys],
  zrange: (key: string, min: CommandArgument, max: CommandArgument, options: ZrangeOptions = {}) => {
    const { byScore, rev, offset, count, withScores } = options;
    const words: CommandArgument[] = ["zrange", key, min, max];
    if (byScore) words.push("byscore");
    if (rev) words.push("rev");
    if (offset !== undefined && count !== undefined) words.push("limit", offset, count);
    if (withScores) words.push("withscores");
    return words;
  },
} satisfies Partial<Record<keyof Redis, (...args: never[]) => CommandArgument[]>>;

/**
 * Makes a Redis client with the commands that the queue sends and no others. It stands in for `Redis` of `@upstash/redis`: the same
 * calls make the same requests (a test compares them byte by byte), and replies stay untouched. The original has a class
 * for each of Redis' 160 commands, which a bundler cannot leave out: 80 kB of every function and 5 ms of each cold start.
 */
export function redisCommands(transport: Requester): Redis {
  const commands = methods(async (words) => {
    const { result, error } = await transport.request<unknown>({ body: words });
    if (error) throw new Error(error);
    if (result === undefined) throw new TypeError("the reply has no result");
    return result;
  });
  return Object.assign(commands, { pipeline: () => pipeline(transport) }) as unknown as Redis;
}

/** Collects commands, and sends them as one request. `exec` resolves with an answer for each: a result, or its error. */
function pipeline(transport: Requester) {
  const sent: CommandArgument[][] = [];
  const chain = methods((words) => {
    sent.push(words);
    return chain;
  });
  const exec = async () =>
    (await transport.request({ path: ["pipeline"], body: sent })) as unknown as UpstashResponse<unknown>[];
  return Object.assign(chain, { exec });
}

/** Makes a method for each command, which hands the words of its request to `send`. */
function methods(send: (words: CommandArgument[]) => unknown): Record<string, (...args: never[]) => unknown> {
  const entries = Object.entries(COMMANDS) as [string, (...args: never[]) => CommandArgument[]][];
  return Object.fromEntries(entries.map(([name, words]) => [name, (...args: never[]) => send(words(...args))]));
}
