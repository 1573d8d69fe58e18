import { setTimeout as sleep } from "node:timers/promises";
import type { Stack } from "../../../local/stack.ts";
import { removeData, startTestStack, type TestStack } from "../stack.ts";

/** What a test file asks for: variables of the functions, besides those of every test stack. `REDIS_URL`: its store. */
export type Wanted = Record<string, string>;

/** A running stack, as far as it is told to a test file. */
export type Shared = Pick<TestStack, "url" | "lambdaUrl" | "rest" | "redis" | "dataDir" | "service">;

/** What a test file hears, a line of JSON each: first the stack, then what that prints, or why there is none. */
export type Said = { stack: Shared } | { line: string } | { failed: string };

interface Kept {
  wanted: string;
  stack: Promise<TestStack>;
  /** `returning`: it is emptied, which `returned` waits for. */
  is: "free" | "lent" | "returning";
  returned?: Promise<void>;
  /** Gets each line that it prints. */
  hear: (line: string) => void;
}

const POLL_MS = 50;
/** How many keys say that a worker runs, is on its way or waits for a job. */
const BUSY = 'return redis.call("EXISTS", "job_queue:leases", "job_queue:linger", "job_queue:wake")';
const EMPTY = 'for _, key in ipairs(redis.call("KEYS", "*")) do redis.call("DEL", key) end';

/**
 * Stacks that are lent to one test file at a time, and emptied before the next. One starts when none is free. `quietMs`: how
 * long one that was given back may still work.
 */
export class Stacks {
  readonly #kept = new Set<Kept>();
  readonly #startStack: typeof startTestStack;
  readonly #quietMs: number;

  constructor({ start = startTestStack, quietMs = 5_000 } = {}) {
    this.#startStack = start;
    this.#quietMs = quietMs;
  }

  /** Lends a stack. `hear` gets each line that it prints meanwhile. */
  async lend(wanted: Wanted, hear: (line: string) => void): Promise<{ stack: Shared; giveBack(): Promise<void> }> {
    const kept = await this.#take(wanted);
    kept.hear = hear;
    try {
      const { url, lambdaUrl, rest, redis, dataDir, service } = await kept.stack;
      const stack = { url, lambdaUrl, rest, dataDir, service, ...(redis && { redis }) };
      return { stack, giveBack: () => (kept.returned = this.#takeBack(kept)) };
    } catch (error) {
      this.#kept.delete(kept);
      throw error;
    }
  }

  /** Ends every stack. */
  async end(): Promise<void> {
    await Promise.all([...this.#kept].map((each) => this.#end(each)));
  }

  /** Takes one that is free, or will be in a moment, else starts one. */
  async #take(wanted: Wanted): Promise<Kept> {
    for (;;) {
      const fitting = [...this.#kept].filter((each) => each.wanted === textOf(wanted));
      const free = fitting.find(({ is }) => is === "free");
      if (free) return Object.assign(free, { is: "lent" as const });
      const returning = fitting.find(({ is }) => is === "returning");
      if (!returning) return this.#start(wanted);
      await returning.returned;
    }
  }

  #start(wanted: Wanted): Kept {
    const hear = (line: string) => kept.hear(line);
    const { REDIS_URL: redisUrl, ...environment } = wanted;
    const stack = this.#startStack({ environment, hear, ...(redisUrl === undefined ? {} : { redisUrl }) });
    const kept: Kept = { wanted: textOf(wanted), stack, is: "lent", hear: () => {} };
    this.#kept.add(kept);
    return kept;
  }

  /** Empties the store once nothing works on it. A stack that does not come to rest is ended. */
  async #takeBack(kept: Kept): Promise<void> {
    Object.assign(kept, { is: "returning", hear: () => {} });
    try {
      const { rest } = await kept.stack;
      const timeUp = Date.now() + this.#quietMs;
      while ((await evaluate(rest, BUSY)) !== 0) {
        if (Date.now() > timeUp) throw new Error("a worker still runs");
        await sleep(POLL_MS);
      }
      await evaluate(rest, EMPTY);
      kept.is = "free";
    } catch {
      await this.#end(kept);
    }
  }

  async #end(kept: Kept): Promise<void> {
    this.#kept.delete(kept);
    await removeData(await kept.stack.catch(() => undefined));
  }
}

function textOf(wanted: Wanted): string {
  return JSON.stringify(Object.entries(wanted).sort());
}

/** Through the gateway, which stands before Redis and before the embedded store alike. */
async function evaluate({ url, token }: Stack["rest"], script: string): Promise<unknown> {
  const headers = { authorization: `Bearer ${token}` };
  const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(["EVAL", script, "0"]) });
  const { result, error } = (await response.json()) as { result?: unknown; error?: string };
  if (error !== undefined) throw new Error(error);
  return result;
}
