import fc from "fast-check";
import type { Words } from "./grammar.ts";

/** Enough elements that every collection leaves Redis' compact encodings and fills more than one of our chunks. */
const NAMES = 900;

const key = fc.constantFrom("k1", "k2");
const name = fc.nat({ max: NAMES }).map((number) => `m${number}`);
const score = fc.integer({ min: -200, max: 200 }).map((number) => String(number / 4));
const rank = fc.integer({ min: -NAMES, max: NAMES }).map(String);
const bound = fc.oneof(
  score,
  score.map((text) => `(${text}`),
  fc.constantFrom("-inf", "+inf"),
);
const size = fc.nat({ max: 700 });

/** Many names for one command, starting at a random one. */
function run(command: string, each: (name: string, at: number) => string[]): fc.Arbitrary<Words> {
  return fc.tuple(key, fc.nat({ max: NAMES }), size).map(([chosen, from, length]) => {
    const names = Array.from({ length: length + 1 }, (_, at) => each(`m${(from + 7 * at) % NAMES}`, at));
    return [command, chosen, ...names.flat()];
  });
}

function words(...parts: (string | fc.Arbitrary<string>)[]): fc.Arbitrary<Words> {
  return fc.tuple(...parts.map((part) => (typeof part === "string" ? fc.constant(part) : part)));
}

const sortedSets = [
  run("ZADD", (member, at) => [String((at * 37) % 101), member]),
  run("ZREM", (member) => [member]),
  words("ZADD", key, score, name),
  words("ZADD", key, "GT", "CH", score, name),
  words("ZINCRBY", key, score, name),
  words("ZRANK", key, name),
  words("ZREVRANK", key, name),
  words("ZRANGE", key, rank, rank),
  words("ZRANGE", key, rank, rank, "REV", "WITHSCORES"),
  words("ZRANGE", key, bound, bound, "BYSCORE", "LIMIT", rank, rank),
  words("ZREVRANGEBYSCORE", key, bound, bound, "WITHSCORES"),
  words("ZCOUNT", key, bound, bound),
  words("ZREMRANGEBYRANK", key, rank, rank),
  words("ZREMRANGEBYSCORE", key, bound, bound),
  words("ZPOPMIN", key, size.map(String)),
  words("ZPOPMAX", key, size.map(String)),
  words("ZUNIONSTORE", key, "2", key, key),
  words("ZINTERSTORE", key, "2", key, key, "AGGREGATE", "MIN"),
];

/** Ranges by name only make sense for members of equal score. */
const sortedNames = [
  run("ZADD", (member) => ["0", member]),
  run("ZREM", (member) => [member]),
  ...["ZRANGEBYLEX", "ZREVRANGEBYLEX", "ZLEXCOUNT", "ZREMRANGEBYLEX"].map((command) =>
    words(
      command,
      key,
      name.map((member) => `[${member}`),
      fc.oneof(
        name.map((member) => `(${member}`),
        fc.constantFrom("-", "+"),
      ),
    ),
  ),
];

const lists = [
  run("RPUSH", (item) => [item]),
  run("LPUSH", (item) => [item]),
  words("LPOP", key, size.map(String)),
  words("RPOP", key, size.map(String)),
  words("LRANGE", key, rank, rank),
  words("LTRIM", key, rank, rank),
  words("LINDEX", key, rank),
  words("LSET", key, rank, name),
  words("LREM", key, rank, name),
  words("LPOS", key, name, "RANK", rank, "COUNT", "0"),
  words("LINSERT", key, "AFTER", name, name),
  words("LMOVE", key, key, "LEFT", "RIGHT"),
];

const hashes = [
  run("HSET", (field, at) => [field, `value ${at}`]),
  run("HDEL", (field) => [field]),
  run("HMGET", (field) => [field]),
  words("HGETALL", key),
  words("HLEN", key),
  words("HSCAN", key, "0", "COUNT", "10000"),
  words("HINCRBY", key, name, "5"),
];

const sets = [
  run("SADD", (member) => [member]),
  run("SREM", (member) => [member]),
  run("SMISMEMBER", (member) => [member]),
  words("SMEMBERS", key),
  words("SINTER", key, key),
  words("SDIFFSTORE", key, key, key),
  words("SMOVE", key, key, name),
  words("SSCAN", key, "0", "COUNT", "10000"),
];

/** Commands on large collections, each of a single type. */
export const bulkFamilies: readonly fc.Arbitrary<Words>[] = [sortedSets, sortedNames, lists, hashes, sets].map(
  (family) => fc.oneof(...family),
);
