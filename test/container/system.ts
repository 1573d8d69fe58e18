import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import getPort from "get-port";
import { type RedisServer, startRedis } from "../../packages/redis-rest-local/src/redis-server.ts";
import { type Compose, NEEDED, readCompose } from "./compose.ts";
import type { Image } from "./image.ts";

/** A service of docker-compose.yml as a process of this machine. */
interface Process {
  lines: string[];
  kill(signal: NodeJS.Signals): void;
  exited: Promise<{ code: number | null; signal: string | null }>;
  /** The health check that compose runs: 0 means healthy. */
  health(): Promise<number>;
}

export interface System {
  processes: Record<"gateway" | "api" | "worker", Process>;
  /** The addresses of the API and the gateway, as seen from the host. */
  url: string;
  restUrl: string;
  /** Runs another command in the API's container. */
  exec(...command: string[]): Promise<{ code: number; output: string }>;
  stop(): Promise<void>;
}

type Name = keyof System["processes"];

/**
 * `docker compose up` without Docker: the same commands in the same order with the same environments, except that every
 * service is on 127.0.0.1 at a free port. Redis is this machine's.
 */
export async function composeUp(image: Image, variables: Record<string, string> = {}): Promise<System> {
  const compose = readCompose({ ...NEEDED, ...variables });
  const dir = await mkdtemp(join(tmpdir(), "wakeq-compose-"));
  // This machine's Redis belongs to the test, under the password that `startRedis` gives it, if any.
  const [, ...given] = compose.services.redis!.command!;
  const args = given.slice(0, given.indexOf("--requirepass"));
  const redis: RedisServer = await startRedis({ dir, args });
  const ports: Record<Name, number> = { gateway: await getPort(), api: await getPort(), worker: await getPort() };
  const here = hostsOf(compose, ports, redis.url);
  const started: Process[] = [];
  const start = async (name: Name): Promise<Process> => {
    const one = startService(compose, name, image, here);
    started.push(one);
    await healthy(one);
    return one;
  };
  async function stop(): Promise<void> {
    for (const one of started) {
      one.kill("SIGKILL");
      await one.exited;
    }
    await redis.stop();
    await rm(dir, { recursive: true, force: true });
  }
  try {
    const [gateway, worker, api] = [await start("gateway"), await start("worker"), await start("api")];
    return {
      processes: { gateway, worker, api },
      stop,
      url: `http://127.0.0.1:${ports.api}`,
      restUrl: `http://127.0.0.1:${ports.gateway}`,
      exec: (...command) => run(command, image, environmentOf(compose, "api", image, here)),
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Replaces every `service:port` and every port of a service by its address here. */
function hostsOf(
  { services }: Compose,
  ports: Record<string, number>,
  redisUrl: string,
): (text: string, own?: string) => string {
  return (text, own) => {
    let here = text.replace(/redis:\/\/\S*redis:6379/, redisUrl);
    for (const [name, port] of Object.entries(ports))
      here = here.replace(`//${name}:${portOf(services, name)}`, `//127.0.0.1:${port}`);
    if (own === undefined) return here;
    return here
      .replace("0.0.0.0", "127.0.0.1")
      .replace(new RegExp(`(^|127\\.0\\.0\\.1:)${portOf(services, own)}\\b`), `$1${ports[own]}`);
  };
}

/** The port of a service in its container: from its variable, or the default one for Redis. */
export function portOf(services: Compose["services"], name: string): number {
  const { PORT, WORKER_PORT, REDIS_REST_PORT } = services[name]!.environment ?? {};
  return Number({ redis: 6379, gateway: REDIS_REST_PORT, worker: WORKER_PORT, api: PORT }[name]);
}

function environmentOf({ services }: Compose, name: string, image: Image, here: ReturnType<typeof hostsOf>) {
  const all = Object.entries({ ...image.environment, ...services[name]!.environment });
  return Object.fromEntries(all.map(([variable, value]) => [variable, here(String(value), name)]));
}

function startService(compose: Compose, name: Name, image: Image, here: ReturnType<typeof hostsOf>): Process {
  const service = compose.services[name]!;
  const environment = environmentOf(compose, name, image, here);
  const [command, ...args] = service.command ?? image.cmd;
  const child: ChildProcess = spawn(binary(command!), args, {
    cwd: image.workdir,
    env: environment,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const lines: string[] = [];
  for (const stream of [child.stdout!, child.stderr!]) {
    stream.setEncoding("utf8").on("data", (text: string) => lines.push(...text.split("\n").filter(Boolean)));
  }
  const check = service.healthcheck?.test.slice(1) ?? image.healthcheck.cmd;
  return {
    lines,
    kill: (signal) => void child.kill(signal),
    exited: new Promise((resolve) => child.once("close", (code, signal) => resolve({ code, signal }))),
    health: async () =>
      (
        await run(
          check.map((word) => here(word, name)),
          image,
          environment,
        )
      ).code,
  };
}

function run([command, ...args]: string[], image: Image, environment: Record<string, string>) {
  return new Promise<{ code: number; output: string }>((resolve) => {
    execFile(binary(command!), args, { cwd: image.workdir, env: environment }, (error, stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), output: stdout + stderr }),
    );
  });
}

function binary(command: string): string {
  if (command !== "node") throw new Error(`the image has no ${command}`);
  return process.execPath;
}

/** Ends a service that takes too long, as compose would. */
const HEALTHY_MS = 60_000;

async function healthy(one: Process): Promise<void> {
  let ended = false;
  void one.exited.then(() => {
    ended = true;
  });
  const begin = performance.now();
  while ((await one.health()) !== 0) {
    if (ended) throw new Error(`it ended as it started:\n${one.lines.join("\n")}`);
    if (performance.now() - begin > HEALTHY_MS) throw new Error(`it is not healthy:\n${one.lines.join("\n")}`);
  }
}
