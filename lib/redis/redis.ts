import { RedisError } from "../errors.ts";
import { exchange, type HttpReply, httpFor } from "../exchange.ts";
import type { Redis, Requester, UpstashRequest, UpstashResponse } from "../queue/redis.ts";
import { redisCommands } from "./commands.ts";

/** How to reach the database over Upstash's REST protocol. */
export interface RedisSettings {
  /** http(s)://host[:port] */
  url: string;
  token: string;
  /** Reads the token again, when the database refuses the one at hand. Never rejects; undefined: unknown. */
  freshToken?: () => Promise<string | undefined>;
  /** How long one try may take before it counts as lost. Default 10,000. */
  timeoutMs?: number;
  /** How often a request whose reply was lost is sent again. Default 2. */
  resends?: number;
}

/** Statuses that say "not now": a proxy without its server, an overload. The command may or may not have run. */
const PASSING_STATUSES = new Set([408, 429, 500, 502, 503, 504]);

const ASK_AGAIN_MS = 10_000;

/**
 * Makes the queue's Redis client over a transport of our own, keep-alive `node:http(s)`: a quarter of the CPU of `fetch`, 35 ms
 * less at cold start, with time limits and resends that we decide.
 */
export function connectRedis(settings: RedisSettings): Redis {
  return redisCommands(requester(settings));
}

/**
 * Makes a transport for one database. A request whose reply is lost is sent again, `resends` times, after about 50 and 200 ms:
 * the caller's commands must allow that. Rejects with a `RedisError` (`unreachable`) after the last try.
 */
export function requester(settings: RedisSettings): Requester {
  const { timeoutMs = 10_000, resends = 2 } = settings;
  const base = new URL(settings.url);
  const agent = new (httpFor(base).Agent)({ keepAlive: true, maxSockets: 64, scheduling: "lifo" });
  const root = base.pathname.replace(/\/$/, "");
  let syncToken = "";
  let { token } = settings;
  let askedAt = Number.NEGATIVE_INFINITY;
  let asking: Promise<void> | undefined;

  /** Asks for the token again, at most once in a while: a wrong one must not cost a call each time. */
  function askForToken(freshToken: NonNullable<RedisSettings["freshToken"]>): Promise<void> | undefined {
    if (asking === undefined && performance.now() - askedAt > ASK_AGAIN_MS) {
      askedAt = performance.now();
      asking = freshToken().then((fresh) => {
        token = fresh ?? token;
        asking = undefined;
      });
    }
    return asking;
  }

  async function attempt(request: UpstashRequest): Promise<UpstashResponse<unknown>> {
    const body = JSON.stringify(request.body);
    const used = token;
    const headers: Record<string, string | number> = {
      authorization: `Bearer ${used}`,
      "content-type": "application/json",
      "content-length": Buffer.byteLength(body),
    };
    if (syncToken) headers["upstash-sync-token"] = syncToken;
    const path = `${root}/${(request.path ?? []).join("/")}`;
    const reply = await exchange(base, { path, headers, body }, timeoutMs, agent).catch((cause: Error) => {
      throw lost(cause.message, cause);
    });
    syncToken = reply.headers["upstash-sync-token"] ?? syncToken;
    if (reply.status === 401 && settings.freshToken) {
      await askForToken(settings.freshToken);
      if (token !== used) return attempt(request); // refused, so it has not run
    }
    if (PASSING_STATUSES.has(reply.status)) throw lost(`it answered ${reply.status}`);
    const answer = parsed(reply);
    // A pipeline is answered command by command, unless it is refused as a whole.
    if (request.path?.[0] === "pipeline" && !Array.isArray(answer)) {
      if (answer.error === undefined) throw lost(`it answered ${reply.status} with an unexpected value`);
      throw new RedisError(`Redis refused: ${answer.error}`, { unreachable: false });
    }
    return answer;
  }

  return {
    async request<T>(request: UpstashRequest): Promise<UpstashResponse<T>> {
      for (let sent = 1; ; sent++) {
        try {
          return (await attempt(request)) as UpstashResponse<T>;
        } catch (error) {
          if (!(error instanceof RedisError && error.unreachable) || sent > resends) throw error;
          await pause(50 * 4 ** (sent - 1) * (0.5 + Math.random() / 2));
        }
      }
    },
  };
}

function parsed({ status, text }: HttpReply): UpstashResponse<unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw lost(`it answered ${status} with something that is not JSON`, cause);
  }
  if (status === 401)
    throw new RedisError("Redis refused the token: check UPSTASH_REDIS_REST_TOKEN", { unreachable: false });
  if (typeof value !== "object" || value === null) throw lost(`it answered ${status} with an unexpected value`);
  return value as UpstashResponse<unknown>;
}

function lost(what: string, cause?: unknown): RedisError {
  return new RedisError(`Redis is out of reach: ${what}`, { unreachable: true, cause });
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
