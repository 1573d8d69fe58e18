import { describe, RedisError } from "../errors.ts";
import type { Requester, UpstashRequest, UpstashResponse } from "../queue/redis.ts";
import type { UpstashClient } from "./options.ts";

/**
 * Sends requests through an application's own client of `@upstash/redis`, with its retries and its agent. The client keeps
 * its transport in `client`, which its types hide: there commands go out, and replies come back, as they are.
 */
export function transportOf(client: UpstashClient): Requester {
  const { client: transport } = client as unknown as { client: Requester };
  return {
    async request<T>(request: UpstashRequest): Promise<UpstashResponse<T>> {
      try {
        return await transport.request<T>(request);
      } catch (error) {
        const message = describe(error).message.replace(/, command was: .*$/s, ""); // which has the payloads
        // An answer of Redis begins with a word in capitals: the command was refused.
        if (/^[A-Z]+ /.test(message)) return { error: message } as UpstashResponse<T>;
        throw new RedisError(`Redis is out of reach: ${message}`, { unreachable: true, cause: error });
      }
    },
  };
}
