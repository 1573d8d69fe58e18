import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bundle } from "./bundle.ts";

/** The built gateway. */
export interface GatewayProgram {
  /** Starts it in front of a Redis, in a process of its own, in place of Upstash's server. */
  start(redisUrl: string): Promise<{ port: number; token: string; stop(): Promise<void> }>;
  remove(): Promise<void>;
}

/** Builds the gateway as one file, as in its container. */
export async function buildGateway(): Promise<GatewayProgram> {
  const folder = await mkdtemp(join(tmpdir(), "wakeq-gateway-"));
  const file = join(folder, "gateway.mjs");
  await bundle("bin/gateway.ts", file);
  const token = "bench-token";
  return {
    async start(redisUrl) {
      const env = { REDIS_URL: redisUrl, UPSTASH_REDIS_REST_TOKEN: token, REDIS_REST_PORT: "0" };
      const child = fork(file, { execArgv: [], stdio: ["ignore", "inherit", "pipe", "ipc"], env });
      const exited = once(child, "exit");
      const failed = exited.then(() => Promise.reject(new Error("the gateway ended before it began")));
      const [line] = (await Promise.race([once(child.stderr!, "data"), failed])) as [Buffer];
      failed.catch(() => {});
      const { url } = JSON.parse(line.toString()) as { url: string };
      return {
        port: Number(new URL(url).port),
        token,
        async stop() {
          child.kill();
          await exited;
        },
      };
    },
    remove: () => rm(folder, { recursive: true }),
  };
}
