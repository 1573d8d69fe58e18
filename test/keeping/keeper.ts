import { outliveOutput } from "../../bin/outlive-output.ts";
import { openPrivateRedis } from "../../local/private-redis.ts";
import { createEmbedded } from "../../packages/redis-rest-local/src/embedded/embedded.ts";
import { startGateway } from "../../packages/redis-rest-local/src/gateway.ts";

/**
 * A process with a store and the gateway in front of it: `keeper.ts DIR redis|embedded`. It prints its address as a line of
 * JSON, and ends in order on SIGTERM or when its terminal closes.
 */
const [dir, store] = process.argv.slice(2) as [string, "redis" | "embedded"];
outliveOutput();
const asked = new Promise<void>((resolve) => {
  for (const signal of ["SIGTERM", "SIGHUP"] as const) process.on(signal, () => resolve());
});
const say = (line: string) => console.log(line);
const { backend, stop, pid } =
  store === "redis"
    ? await openPrivateRedis({ dir, durability: "process", say })
    : await createEmbedded({ dir, log: say }).then((embedded) => {
        return { backend: embedded, stop: () => embedded.close(), pid: process.pid };
      });
const gateway = await startGateway({ backend, port: 0, token: "keeper-token" });
// `pid` is the process that writes the files.
console.log(JSON.stringify({ url: gateway.url, pid }));
await asked;
console.log("ending …");
await gateway.close();
await stop().then(
  () => console.log("ended; jobs are kept for the next start"),
  (error: Error) => console.log(error.message),
);
process.exit(0);
