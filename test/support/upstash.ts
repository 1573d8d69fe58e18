import { Redis, type Requester } from "@upstash/redis";
import { type RedisSettings, requester } from "../../lib/redis/redis.ts";

/** The whole client of `@upstash/redis` over our transport: for tests that look into the store or corrupt it. */
export function upstashRedis(settings: RedisSettings): Redis {
  return upstashOver(requester(settings));
}

/** Leaves replies unchanged and sends one request for each call, as the queue's own client does. */
export function upstashOver(transport: Requester): Redis {
  return new UntouchedRedis(transport);
}

class UntouchedRedis extends Redis {
  constructor(transport: Requester) {
    super(transport);
    // This constructor form takes no options; they are protected fields of the base class.
    this.opts = { automaticDeserialization: false };
    this.enableAutoPipelining = false;
  }
}
