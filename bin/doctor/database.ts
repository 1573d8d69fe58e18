import type { Redis } from "@upstash/redis";
import type { Config } from "../../lib/config/config.ts";
import { redisCommands } from "../../lib/redis/commands.ts";
import { requester } from "../../lib/redis/redis.ts";

/** What the doctor itself cost, in commands. */
export interface Spent {
  sent: number;
  /** Of those: PING, INFO and CONFIG, which Upstash does not bill. */
  free: number;
  /** Run by the scripts that were sent. */
  inScripts: number;
}

/** The database under examination. Nothing is sent twice, and everything is counted. */
export interface Database {
  spent: Spent;
  /** For the queue. */
  redis: Redis;
  /** One command, to its result. @throws RedisError where no answer came; Error with Redis' own words where it refused */
  send(...command: (string | number)[]): Promise<unknown>;
}

const FREE = new Set(["PING", "INFO", "CONFIG"]);

/** Adds to `spent` what it sends. A try takes at most `timeoutMs`. */
export function openDatabase({ redis: { url, token } }: Config, timeoutMs: number, spent: Spent): Database {
  const transport = requester({ url, token, timeoutMs, resends: 0 });
  const counting: typeof transport = {
    request(request) {
      const body = request.body as unknown[];
      const commands = (Array.isArray(body[0]) ? body : [body]) as unknown[][];
      spent.sent += commands.length;
      spent.free += commands.filter(([name]) => FREE.has(String(name).toUpperCase())).length;
      return transport.request(request);
    },
  };
  return {
    ...{ spent, redis: redisCommands(counting) },
    async send(...command) {
      const { result, error } = await counting.request<unknown>({ body: command });
      if (error !== undefined) throw new Error(error);
      return result;
    },
  };
}
