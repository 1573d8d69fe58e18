import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Backend, RedisReply } from "../../../packages/redis-rest-local/src/backend.ts";

/** One key of Redis. A zset and a hash are members and scores, fields and values in turn. */
interface StoredKey {
  type: "string" | "list" | "zset" | "hash";
  value: string | string[];
  /** What is left of its life, ms. Absent: it does not expire. */
  ttl_ms?: number;
}
export type StoredKeys = Record<string, StoredKey>;

/** A whole store, and the job in it that the case is about. */
export interface FormatCase {
  name: string;
  job: string;
  status: string;
  /** The list or zset that holds the job. */
  place: string;
  /** Its clock, ms since the epoch. */
  now: number;
  keys: StoredKeys;
}

/** A script as a deployed function sends it: without comments and indentation. */
export interface FormatScript {
  /** The names of its KEYS and of its first ARGV, in order. */
  keys: string[];
  args: string[];
  text: string[];
}

export interface Format {
  version: string;
  cases: FormatCase[];
  scripts: Record<string, FormatScript>;
}

export const FORMAT_FILE = join(import.meta.dirname, "../../fixtures/format-1.json");

export function readFormat(): Format {
  return JSON.parse(readFileSync(FORMAT_FILE, "utf8")) as Format;
}

const DUMP = `
  local all = {}
  for i, key in ipairs(redis.call("KEYS", ARGV[1] .. "*")) do
    local kind, value = redis.call("TYPE", key).ok, ""
    if kind == "string" then value = redis.call("GET", key)
    elseif kind == "list" then value = redis.call("LRANGE", key, 0, -1)
    elseif kind == "zset" then value = redis.call("ZRANGE", key, 0, -1, "WITHSCORES")
    elseif kind == "hash" then value = redis.call("HGETALL", key) end
    all[i] = { key:sub(#ARGV[1] + 1), kind, redis.call("PTTL", key), value }
  end
  return all`;

/** Reads every key that begins with `root`, without it, in the order of their names. */
export async function dump(store: Backend, root = ""): Promise<StoredKeys> {
  const rows = (await store.send(["EVAL", DUMP, "0", root])) as RedisReply[][];
  const ours = rows.filter(([key]) => !String(key).startsWith("job_queue:history:")); // bytes, and of no job
  const keys = ours.map((row): [string, StoredKey] => {
    const [key, type, ttl, value] = row as [Buffer, Buffer, number, RedisReply];
    const text = Array.isArray(value) ? (value as Buffer[]).map(String) : String(value);
    const stored = { type: String(type) as StoredKey["type"], value: String(type) === "hash" ? sorted(text) : text };
    return [String(key), ttl >= 0 ? { ...stored, ttl_ms: ttl } : stored];
  });
  return Object.fromEntries(keys.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** A hash has no order. */
function sorted(flat: string | string[]): string[] {
  const pairs = Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i]!, flat[2 * i + 1]!] as const);
  return pairs.sort(([a], [b]) => (a < b ? -1 : 1)).flat();
}

const WRITE = { string: "SET", list: "RPUSH", hash: "HSET", zset: "ZADD" } as const;

/** Writes these keys, each behind `root`. What expires lives a hundred times as long, so that a slow machine changes nothing. */
export async function load(store: Backend, keys: StoredKeys, root: string): Promise<void> {
  const commands = Object.entries(keys).flatMap(([name, { type, value, ttl_ms }]) => {
    const key = root + name;
    const values = typeof value === "string" ? [value] : type === "zset" ? scoresFirst(value) : value;
    const write = [WRITE[type], key, ...values];
    return ttl_ms === undefined ? [write] : [write, ["PEXPIRE", key, String(ttl_ms * 100)]];
  });
  const replies = await Promise.all(commands.map((command) => store.send(command)));
  const refused = replies.find((reply) => typeof reply === "object" && reply !== null && "message" in reply);
  if (refused) throw new Error(`the store refused the fixture: ${String((refused as { message: string }).message)}`);
}

function scoresFirst(flat: readonly string[]): string[] {
  return Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i + 1]!, flat[2 * i]!]).flat();
}
