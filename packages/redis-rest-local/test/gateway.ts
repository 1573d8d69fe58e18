import { afterAll, beforeAll, beforeEach } from "vitest";
import type { GatewayOptions } from "../src/gateway.ts";
import { type LocalRedis, startLocalRedis } from "../src/testing.ts";
import { type Ask, asking } from "./ask.ts";

export const POST = { method: "POST" };
export const BASE64 = { headers: { "upstash-encoding": "base64" } };
export const RESP2 = { headers: { "upstash-response-format": "resp2" } };
/** What the gateway says of a command that Redis does not know, with the version of Redis left out. */
export const MISSING =
  "Redis does not have this command: put a newer Redis behind the gateway, or use a database at Upstash";

export const ok = (body: string) => ({ status: 200, body });
export const bad = (error: string) => ({ status: 400, body: JSON.stringify({ error }) });

/** A Redis with its gateway for one test file, empty before each test. */
export function useGateway(options: Pick<GatewayOptions, "readOnlyToken"> = {}) {
  let local: LocalRedis;
  beforeAll(async () => {
    local = await startLocalRedis(options);
  });
  afterAll(() => local?.stop());
  beforeEach(() => local.backend.send(["FLUSHALL"]));

  const ask: Ask = (path, init) => asking(local)(path, init);
  return {
    get local() {
      return local;
    },
    ask,
    /** Asks, and keeps the status and the body of the answer, without the version of Redis. */
    async answer(...question: Parameters<Ask>): Promise<{ status: number; body: string }> {
      const { status, body } = await ask(...question);
      return { status, body: body.replace(/'\. (Redis|Valkey) [\d.]+ does/g, "'. Redis does") };
    },
  };
}
