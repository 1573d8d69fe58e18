import type { Config } from "../../lib/config/config.ts";
import type { Redis } from "../../lib/queue/redis.ts";
import { redisCommands } from "../../lib/redis/commands.ts";
import { requester } from "../../lib/redis/redis.ts";

/** The Redis commands that the doctor itself has cost. */
export interface CommandsSpent {
  sent: number;
  /** Those among `sent` that Upstash does not bill: PING, INFO and CONFIG. */
  free: number;
  /** Commands that the scripts ran. */
  inScripts: number;
}

/** The database that is being checked. Nothing is sent twice, and everything is counted. */
export interface Database {
  spent: CommandsSpent;
  /** The Redis client that the queue uses. */
  redis: Redis;
  /** Sends one command. Returns its result. @throws RedisError if no answer came; Error with Redis' own words if it refused */
  send(...command: (string | number)[]): Promise<unknown>;
}

const FREE = new Set(["PING", "INFO", "CONFIG"]);

/** Opens a database and adds to `spent` what is sent to it. A try takes at most `timeoutMs`. */
export function openDatabase({ redis: { url, token } }: Config, timeoutMs: number, spent: CommandsSpent): Database {
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
    spent,
    redis: redisCommands(counting),
    async send(...command) {
      const { result, error } = await counting.request<unknown>({ body: command });
      if (error !== undefined) throw new Error(error);
      return result;
    },
  };
}
