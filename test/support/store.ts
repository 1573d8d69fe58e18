import type { RedisReply } from "../../packages/redis-rest-local/src/backend.ts";
import type { LocalRedis } from "../../packages/redis-rest-local/src/testing.ts";

/** Everything under one key prefix. Empty places are absent, so a test lists only what it expects. */
export interface Contents {
  /** Ids in the order in which they would be claimed. */
  high?: string[];
  normal?: string[];
  low?: string[];
  suspects?: string[];
  /** Id to score. */
  scheduled?: Record<string, number>;
  leases?: Record<string, number>;
  completed?: Record<string, number>;
  failed?: Record<string, number>;
  cancelled?: Record<string, number>;
  counters?: Record<string, number>;
  /** Field to value. */
  schedules?: Record<string, string>;
  wake?: string;
  /** Until when the queue is paused, and since when; and the same for tasks. */
  paused?: string;
  paused_tasks?: string;
  /** Task to the ids that are set aside while it is paused, in the order in which they would be claimed. */
  parked?: Record<string, string[]>;
  linger?: string;
  asleep?: string;
  /** Task to the ids that are offered to workers that know it, in the order in which they would be claimed. */
  offers?: Record<string, string[]>;
  /** Token to the ids that its claim took. */
  claims?: Record<string, string>;
  /** Hash of a unique key to how it is held, and the id of the job that holds it: "f:id". */
  uniques?: Record<string, string>;
  records?: Record<string, unknown>;
  payloads?: Record<string, string>;
  results?: Record<string, string>;
  errors?: Record<string, string>;
  firstErrors?: Record<string, string>;
  logs?: Record<string, string>;
  /** Keys that the queue should not have, or that should expire and do not, or the other way round. */
  strange?: Record<string, string>;
}

type Name = keyof Contents;

const LISTS = {
  "job_queue:high": "high",
  job_queue: "normal",
  "job_queue:low": "low",
  "job_queue:suspects": "suspects",
} as const;
const ZSETS = ["scheduled", "leases", "completed", "failed", "cancelled"] as const;

/** The keys beside a record, by the end of their names. */
export const PARTS = {
  ":payload": "payloads",
  ":result": "results",
  ":error": "errors",
  ":error:first": "firstErrors",
  ":log": "logs",
} as const;

const READ_ALL = `
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

/** Reads the whole store at one moment, not through the gateway or the queue. */
export async function readStore(
  local: Pick<LocalRedis, "backend">,
  root: string,
): Promise<Contents & { expiries: Record<string, number> }> {
  const rows = (await local.backend.send(["EVAL", READ_ALL, "0", root])) as RedisReply[][];
  const contents: Contents = {};
  const expiries: Record<string, number> = {};
  const put = (name: Name, key: string, value: unknown) => {
    contents[name] = { ...(contents[name] as object), [key]: value } as never;
  };
  for (const row of rows) {
    const [key, kind, ttl, value] = row as [Buffer, Buffer, number, RedisReply];
    const name = String(key);
    if (name.startsWith("job_queue:history:")) continue; // test/queue/history.test.ts
    if (ttl >= 0) expiries[name] = ttl;
    file(name, String(kind), ttl >= 0, value);
  }
  mustCountTimers();
  return { ...contents, expiries };

  /** The count of the members of `scheduled` that are no jobs is part of the store only where it is wrong. */
  function mustCountTimers() {
    const { timers = 0, ...counters } = contents.counters ?? {};
    const found = Object.keys(contents.scheduled ?? {}).filter((name) => name.includes(":")).length;
    if (timers !== found) put("strange", "timers", `${timers} in place of ${found}`);
    if (Object.keys(counters).length > 0) contents.counters = counters;
    else delete contents.counters;
  }

  function file(name: string, kind: string, expires: boolean, value: RedisReply) {
    const [, id, part] = /^job:([0-9a-f-]{36})(:payload|:result|:error|:error:first|:log)?$/.exec(name) ?? [];
    const zset = ZSETS.find((each) => name === `job_queue:${each}`);
    const token = /^job_queue:claim:(.+)$/.exec(name)?.[1];
    const task = /^job_queue:unknown:(.+)$/.exec(name)?.[1];
    const note = /^job_queue:(wake|linger|asleep)$/.exec(name)?.[1] as "wake" | "linger" | "asleep" | undefined;
    const hash = /^job_queue:unique:(.+)$/.exec(name)?.[1];
    const isTimed = hash !== undefined && String(value).startsWith("t:");
    const shortLived = (note ?? token ?? task) !== undefined || isTimed;
    const parked = /^job_queue:parked:(.+)$/.exec(name)?.[1];
    const isPause = name === "job_queue:paused" || (name === "job_queue:wake" && String(value) === "paused");
    // A pause may have no end, and with an injected clock its key does not expire.
    if (isPause) contents[name.slice("job_queue:".length) as "paused" | "wake"] = String(value);
    else if (name === "job_queue:paused_tasks" && !expires) contents.paused_tasks = String(value);
    else if (parked && kind === "list" && !expires) put("parked", parked, texts(value).reverse());
    else if (expires !== shortLived) put("strange", name, expires ? "expires" : "never expires");
    else if (name in LISTS && kind === "list") contents[LISTS[name as keyof typeof LISTS]] = texts(value).reverse();
    else if (zset && kind === "zset") contents[zset] = numbers(value);
    else if (name === "job_queue:counters" && kind === "hash") contents.counters = numbers(value);
    else if (name === "job_queue:schedules" && kind === "hash") contents.schedules = fields(value);
    else if (task && kind === "list") put("offers", task, texts(value).reverse());
    else if (kind !== "string") put("strange", name, kind);
    else if (hash) put("uniques", hash, String(value));
    else if (token) put("claims", token, String(value));
    else if (note) contents[note] = String(value);
    else if (id) put(part ? PARTS[part as keyof typeof PARTS] : "records", id, part ? String(value) : json(value));
    else put("strange", name, String(value));
  }
}

function texts(value: RedisReply): string[] {
  return (value as Buffer[]).map(String);
}

function numbers(value: RedisReply): Record<string, number> {
  return Object.fromEntries(Object.entries(fields(value)).map(([name, n]) => [name, Number(n)]));
}

function fields(value: RedisReply): Record<string, string> {
  const flat = texts(value);
  return Object.fromEntries(Array.from({ length: flat.length / 2 }, (_, i) => [flat[i * 2]!, flat[i * 2 + 1]!]));
}

function json(value: RedisReply): unknown {
  try {
    return JSON.parse(String(value));
  } catch {
    return String(value);
  }
}
