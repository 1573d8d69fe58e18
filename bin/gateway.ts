import { join, resolve } from "node:path";
import { ALLOWED_HOSTS, doorAt } from "../lib/config/door-settings.ts";
import { valuesOf } from "../lib/config/variable.ts";
import { printableLines } from "../local/printable.ts";
import type { Backend } from "../packages/redis-rest-local/src/backend.ts";
import { readDurability } from "../packages/redis-rest-local/src/durability.ts";
import { startGateway } from "../packages/redis-rest-local/src/gateway.ts";
import { connectBackend } from "../packages/redis-rest-local/src/server-backend.ts";
import { whenAskedToEnd } from "./asked-to-end.ts";
import { outliveOutput } from "./outlive-output.ts";

const DEFAULT_PORT = 8079;

/**
 * Runs the REST gateway as a long-running process, in front of the Redis or the embedded store that `REDIS_URL` names. It
 * accepts `UPSTASH_REDIS_REST_TOKEN`, which its callers have in their settings too, and `REDIS_REST_READ_ONLY_TOKEN` for
 * reads.
 */
async function main(): Promise<void> {
  outliveOutput();
  const { REDIS_URL: url, UPSTASH_REDIS_REST_TOKEN: token, REDIS_REST_READ_ONLY_TOKEN: readOnlyToken } = process.env;
  const { REDIS_REST_PORT: port } = process.env;
  const host = process.env.REDIS_REST_HOST || "127.0.0.1";
  const { hosts } = doorAt(host, valuesOf({ ALLOWED_HOSTS }, process.env).ALLOWED_HOSTS);
  if (!url || !token)
    throw new Error(
      "set REDIS_URL (redis://host:port, rediss://…, unix:///path or embedded:) and UPSTASH_REDIS_REST_TOKEN",
    );
  if (token === readOnlyToken)
    throw new Error(
      "REDIS_REST_READ_ONLY_TOKEN is the same as UPSTASH_REDIS_REST_TOKEN, which may write: choose another one",
    );
  const asked = new Promise<void>(whenAskedToEnd);
  const backend = await openBackend(url);
  const gateway = await startGateway({
    backend,
    token,
    hosts,
    host,
    port: portOf(port),
    ...(readOnlyToken ? { readOnlyToken } : {}),
  });
  say("gateway_started", { url: gateway.url });
  await asked;
  await gateway.close();
  await backend.close();
}

async function openBackend(url: string): Promise<Backend> {
  if (url !== "embedded:") return connectBackend({ url });
  // Loaded where it is asked for only: it brings Lua along.
  const { createEmbedded } = await import("../packages/redis-rest-local/src/embedded/embedded.ts");
  const dir = resolve(join(process.env.LOCAL_DATA_DIR || ".local", "embedded"));
  const durability = readDurability(process.env);
  return createEmbedded({ dir, durability, log: (message) => say("embedded_store", { message }) });
}

function portOf(text: string | undefined): number {
  const port = Number(text || DEFAULT_PORT);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new Error(`REDIS_REST_PORT: expected a number from 0 to 65535, got ${JSON.stringify(text)}`);
}

function say(event: string, more: Record<string, string>): void {
  console.error(JSON.stringify({ time: new Date().toISOString(), event, ...more }));
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(`wakeq: ${printableLines(error instanceof Error ? error.message : String(error))}`);
    process.exit(1);
  },
);
