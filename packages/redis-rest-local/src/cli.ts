import { readFileSync } from "node:fs";
import type { Backend } from "./backend.ts";
import { type CliOptions, readOptions, USAGE } from "./cli-options.ts";
import { createEmbedded } from "./embedded/embedded.ts";
import { startGateway } from "./gateway.ts";
import { connectBackend } from "./server-backend.ts";
import { randomToken } from "./token.ts";

/** `npx redis-rest-local`: serves until it is told to end, and prints what clients need as lines of a .env file. */
async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2), process.env);
  if (options === "help") return void process.stdout.write(USAGE);
  if (options === "version") return console.log(ownVersion());
  const asked = new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => resolve());
  });
  const backend = await openBackend(options);
  const { host, hosts, port, token = randomToken(), readOnlyToken } = options;
  const gateway = await startGateway({
    backend,
    host,
    hosts,
    port,
    token,
    ...(readOnlyToken ? { readOnlyToken } : {}),
  });
  console.log(`UPSTASH_REDIS_REST_URL="${gateway.url}"\nUPSTASH_REDIS_REST_TOKEN="${token}"`);
  await asked;
  await gateway.close();
  await backend.close();
}

async function openBackend({ redis, data, durability }: CliOptions): Promise<Backend> {
  if (redis !== undefined) return connectBackend({ url: redis });
  return createEmbedded({
    durability,
    log: (message) => console.error(`redis-rest-local: ${message}`),
    ...(data === undefined ? {} : { dir: data }),
  });
}

function ownVersion(): string {
  return (JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { version: string }).version;
}

function explained(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "EADDRINUSE") return "the port is taken: choose another with --port, or --port 0 for any free one";
  return code?.startsWith("ERR_PARSE_ARGS") ? `${message}\n\n${USAGE}` : message;
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(`redis-rest-local: ${explained(error)}`);
    process.exit(1);
  },
);
