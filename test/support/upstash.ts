import { Redis, type Requester } from "@upstash/redis";
import { type RedisSettings, requester } from "../../lib/redis/redis.ts";

/** The client of `@upstash/redis`, every command of it, over our transport: for tests that look into the store or upset it. */
export function upstashRedis(settings: RedisSettings): Redis {
  return upstashOver(requester(settings));
}

/** Replies untouched and one request a call, as the queue's own client has it. */
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
