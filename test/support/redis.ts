import { randomUUID } from "node:crypto";
import type { Redis } from "@upstash/redis";
import { afterAll, beforeAll, beforeEach } from "vitest";
import type { Job, NewJob } from "../../lib/queue/job.ts";
import { keysOf } from "../../lib/queue/keys.ts";
import { uniqueOf } from "../../lib/queue/unique-key.ts";
import { type QueueSettings, WorkerQueue } from "../../lib/queue/worker-queue.ts";
import { type LocalRedis, startLocalEmbedded, startLocalRedis } from "../../packages/redis-rest-local/src/testing.ts";
import { type Contents, readStore } from "./store.ts";
import { upstashRedis } from "./upstash.ts";

/** The time at which every test begins. */
export const START = 1_800_000_000_000;

/**
 * A private Redis behind the gateway for one test file, or the embedded store (`TEST_STORE=embedded`), with a clock that
 * tests can move.
 */
export function useRedis() {
  let local: Omit<LocalRedis, "redis">;
  let redis: Redis;
  const clock = { now: START };

  beforeAll(async () => {
    local = await (process.env.TEST_STORE === "embedded" ? startLocalEmbedded() : startLocalRedis());
    redis = upstashRedis({ url: local.url, token: local.token });
  });
  beforeEach(() => {
    clock.now = START;
  });
  afterAll(async () => {
    await local?.stop();
  });

  return {
    clock,
    get local() {
      return local;
    },
    get redis() {
      return redis;
    },
    /** Counts the commands that Redis runs during the work, including those inside scripts. Uses `INFO commandstats`. */
    async commandsOf(work: () => Promise<unknown>): Promise<Record<string, number>> {
      await local.backend.send(["CONFIG", "RESETSTAT"]);
      await work();
      const info = String(await local.backend.send(["INFO", "commandstats"]));
      const counted = [...info.matchAll(/cmdstat_([\w|]+):calls=(\d+)/g)].map(([, name, n]) => [name!, Number(n)]);
      return Object.fromEntries(counted.filter(([name]) => !/^(config|info)\b/.test(String(name))));
    },
    /** A new queue under a new key prefix, on the test's clock. */
    queue(settings: QueueSettings = {}) {
      const prefix = `t${randomUUID().slice(0, 8)}`;
      const queue = new WorkerQueue(redis, { prefix, now: () => clock.now, ...settings });
      return { queue, prefix, keys: keysOf(prefix), store: storeOf(redis, () => local, prefix) };
    },
  };
}

/** Adds up what `commandsOf` returns. */
export function total(commands: Record<string, number>): number {
  return Object.values(commands).reduce((sum, n) => sum + n, 0);
}

export function job(more: Partial<NewJob> = {}): NewJob {
  return {
    id: randomUUID(),
    task: "note",
    priority: "normal",
    maxRetries: 3,
    createdAt: START,
    ...more,
  };
}

/** A record as Redis has it. */
export interface StoredRecord {
  v: number;
  status: string;
  retries: number;
  run_at?: number | undefined;
  started_at?: number | undefined;
  finished_at?: number | undefined;
  token?: string | undefined;
  redrive?: string | undefined;
  held_until?: number | undefined;
  crashes?: number | undefined;
  alone?: boolean | undefined;
  snoozed?: number | undefined;
  unknown_since?: number | undefined;
  unknown_tries?: number | undefined;
  expires_at?: number | undefined;
  unique?: string | undefined;
  progress?: number | undefined;
  note?: string | undefined;
  job_id: string;
  payload_bytes?: number | undefined;
  task: string;
  priority?: string | undefined;
  max_retries: number;
  created_at: number;
  schedule?: string | undefined;
  slot?: number | undefined;
  fingerprint?: string | undefined;
  traceparent?: string | undefined;
  payload?: string | undefined;
  attempts?: StoredAttempt[] | undefined;
}

export interface StoredAttempt {
  attempt: number;
  outcome: string;
  started_at: number;
  ended_at: number;
  worker: string;
  counted?: boolean;
  alone?: boolean;
  error?: string | undefined;
  message?: string | undefined;
}

/** A payload with more bytes than this has its own key. */
export const INLINE_BYTES = 512;

/** The record of a job as Redis has it: as submitted, apart from the given fields. */
export function record(of: NewJob, more: Partial<StoredRecord> = {}): StoredRecord {
  const bytes = Buffer.byteLength(of.payload ?? "");
  return {
    v: 1,
    status: "pending",
    retries: 0,
    ...(of.unique === undefined ? {} : { unique: uniqueOf(of.unique) }),
    job_id: of.id,
    task: of.task,
    ...(of.priority === "normal" ? {} : { priority: of.priority }),
    max_retries: of.maxRetries,
    created_at: of.createdAt,
    ...(of.payload === undefined ? {} : bytes > INLINE_BYTES ? { payload_bytes: bytes } : { payload: of.payload }),
    ...(of.fingerprint === undefined ? {} : { fingerprint: of.fingerprint }),
    ...(of.traceparent === undefined ? {} : { traceparent: of.traceparent }),
    ...more,
  };
}

/** The job that the queue returns for such a record. */
export function jobOf({ v: _, job_id: id, priority = "normal", payload, attempts = [], ...rest }: StoredRecord): Job {
  const { snoozed, ...record } = rest;
  const bytes = payload === undefined ? {} : { payloadBytes: Buffer.byteLength(payload) };
  return {
    ...camelCase(record),
    ...(snoozed === undefined ? {} : { snoozedMs: snoozed }),
    ...bytes,
    id,
    priority,
    attempts: attempts.map(camelCase),
  } as unknown as Job;
}

function camelCase(fields: object): object {
  const camel = (name: string) => name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [camel(name), value]));
}

/** Reads the store directly, not through the queue: what a test asserts after a verb. */
function storeOf(redis: Redis, local: () => Pick<LocalRedis, "backend">, prefix: string) {
  const keys = keysOf(prefix);
  const lists = { high: keys.high, normal: keys.normal, low: keys.low, suspects: keys.suspects };
  const zsets = {
    scheduled: keys.scheduled,
    leases: keys.leases,
    completed: keys.completed,
    failed: keys.failed,
    cancelled: keys.cancelled,
  };
  return {
    /** Everything in it, at one moment. */
    async all(): Promise<Contents> {
      const { expiries, ...contents } = await readStore(local(), `{${prefix}}:`);
      return contents;
    },
    /** Key (without the prefix) to the ms until it expires, for keys that do. */
    async expiries(): Promise<Record<string, number>> {
      return (await readStore(local(), `{${prefix}}:`)).expiries;
    },
    /** The places that hold the id. By rule 4 there is exactly one. */
    async places(id: string): Promise<string[]> {
      const found: string[] = [];
      for (const [name, key] of Object.entries(lists)) {
        if (((await redis.lrange(key, 0, -1)) as string[]).includes(id)) found.push(name);
      }
      for (const [name, key] of Object.entries(zsets)) {
        if ((await redis.zscore(key, id)) !== null) found.push(name);
      }
      return found;
    },
    async record(id: string): Promise<Record<string, unknown> | undefined> {
      const text = await redis.get<string>(keys.jobPrefix + id);
      return text === null ? undefined : (JSON.parse(text) as Record<string, unknown>);
    },
    async score(zset: keyof typeof zsets, id: string): Promise<number | undefined> {
      const score = await redis.zscore(zsets[zset], id);
      return score === null ? undefined : Number(score);
    },
    async keys(): Promise<string[]> {
      return ((await redis.keys(`{${prefix}}:*`)) as string[])
        .map((key) => key.slice(prefix.length + 3))
        .filter((key) => !key.startsWith("job_queue:history:")) // test/queue/history.test.ts
        .sort();
    },
    /** Ids in the order in which they would be claimed. */
    async ready(priority: keyof typeof lists = "normal"): Promise<string[]> {
      return ((await redis.lrange(lists[priority], 0, -1)) as string[]).reverse();
    },
  };
}
