import { startGateway } from "../local/gateway.ts";
import { connectBackend } from "../local/server-backend.ts";

/**
 * The REST gateway as a process that stays, in front of a Redis of one's own: `REDIS_URL`. It accepts
 * `UPSTASH_REDIS_REST_TOKEN`, the very one that its callers have in their settings.
 */
async function main(): Promise<void> {
  const { REDIS_URL: url, UPSTASH_REDIS_REST_TOKEN: token, REDIS_REST_HOST: host, REDIS_REST_PORT: port } = process.env;
  if (!url || !token) throw new Error("set REDIS_URL (redis://host:port) and UPSTASH_REDIS_REST_TOKEN");
  const asked = new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve());
  });
  const backend = connectBackend({ url });
  const gateway = await startGateway({ backend, token, host: host || "127.0.0.1", port: Number(port || 8079) });
  console.error(JSON.stringify({ time: new Date().toISOString(), event: "gateway_started", url: gateway.url }));
  await asked;
  await gateway.close();
  await backend.close();
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(`wakeq: ${error instanceof Error ? error.message : String(error)}`);
    process.exit(1);
  },
);
