import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { startGateway } from "../../packages/redis-rest-local/src/gateway.ts";
import { startRedis } from "../../packages/redis-rest-local/src/redis-server.ts";
import { connectBackend } from "../../packages/redis-rest-local/src/server-backend.ts";
import { byChance, type Fault, startFaults } from "../support/faults.ts";
import { watchForStalls } from "./marks.ts";
import { Workers } from "./workers.ts";

export const STRIKES = ["kill", "gateway", "redis", "freeze"] as const;
export type Strike = (typeof STRIKES)[number];

/** A time during which a part of the world was down. Ms since the epoch. */
export interface Outage {
  from: number;
  to: number;
}

export interface WorldSettings {
  workers: number;
  concurrency: number;
  leaseMs: number;
  random: () => number;
}

export type World = Awaited<ReturnType<typeof startWorld>>;

const TICK_MS = 1_000;

/**
 * Everything that a run needs, on 127.0.0.1 and in a new directory: a Redis that writes each command to disk before it
 * answers (`appendfsync always`), so that acknowledged commands survive it; the gateway; a proxy that loses, cuts, doubles,
 * delays and refuses requests; something that sends wake-ups and ticks to a worker, as Lambda does; and workers.
 */
export async function startWorld(settings: WorldSettings) {
  const closers: (() => Promise<unknown>)[] = [];
  /** Ends every process that it started and removes its files. */
  async function stop(): Promise<void> {
    for (const close of closers.splice(0).reverse()) await close();
  }
  try {
    return { ...(await build(settings, closers)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function build(settings: WorldSettings, closers: (() => Promise<unknown>)[]) {
  const { random, leaseMs } = settings;
  const outages: Outage[] = [];
  const struck: Record<string, number> = {};
  const token = "chaos-token";

  const dir = await mkdtemp(join(tmpdir(), "wakeq-chaos-"));
  closers.push(() => rm(dir, { recursive: true, force: true }));
  const data = { dir: join(dir, "redis"), appendOnly: true, args: ["--appendfsync", "always"] };
  let redis = await startRedis(data);
  closers.push(() => redis.kill());
  const backend = connectBackend({ url: redis.url });
  closers.push(() => backend.close());
  let gateway = await startGateway({ backend, port: 0, token });
  closers.push(() => gateway.close());
  const proxy = await startFaults(gateway.url, { remembers: false });
  closers.push(() => proxy.stop());
  proxy.when(byChance(random, faultsOf(random, struck)));

  /** Sends wake-ups to any worker, as an Invoke call does. A worker that has just been killed gets none. */
  async function wake(): Promise<void> {
    const url = workers.pick(random)?.url;
    if (url) await fetch(`${url}/2015-03-31/functions/worker/invocations`, { method: "POST" }).catch(() => undefined);
  }
  const lambda = createServer((request, response) => {
    request.resume();
    response.writeHead(202).end();
    void wake();
  });
  lambda.listen(0, "127.0.0.1");
  await new Promise((resolve) => lambda.once("listening", resolve));
  closers.push(async () => lambda.closeAllConnections());
  closers.push(() => new Promise((resolve) => lambda.close(resolve)));

  const marks = join(dir, "marks");
  const workers = await Workers.prepare(dir, {
    MARKS: marks,
    UPSTASH_REDIS_REST_URL: proxy.url,
    UPSTASH_REDIS_REST_TOKEN: token,
    REDIS_TIMEOUT_MS: "2000",
    LEASE_SECONDS: String(leaseMs / 1_000),
    WORKER_CONCURRENCY: String(settings.concurrency),
    WORKER_PORT: "0",
    WORKER_FUNCTION_NAME: "worker",
    AWS_ENDPOINT_URL_LAMBDA: address(lambda.address()),
    LOG_LEVEL: "warn",
  });
  closers.push(() => workers.endAll("SIGKILL"));
  await Promise.all(Array.from({ length: settings.workers }, (_, i) => workers.start(i % 2 === 0)));
  const tick = setInterval(() => void wake(), TICK_MS);
  closers.push(async () => clearInterval(tick));
  const unwatch = watchForStalls(leaseMs / 4, (from, to) => outages.push({ from, to }));
  closers.push(async () => unwatch());

  async function away(work: () => Promise<void>): Promise<void> {
    const from = Date.now();
    await work();
    outages.push({ from, to: Date.now() });
  }

  const strikes: { [strike in Strike]: () => Promise<void> } = {
    async kill() {
      const victim = workers.pick(random);
      if (!victim) return;
      await workers.kill(victim);
      await workers.start(victim.knowsAll);
    },
    freeze: async () => {
      const victim = workers.pick(random);
      victim?.process.kill("SIGSTOP");
      await sleep(leaseMs * (0.5 + random()));
      victim?.process.kill("SIGCONT");
    },
    gateway: () =>
      away(async () => {
        const { port } = gateway;
        await gateway.close();
        await sleep(random() * 500);
        gateway = await startGateway({ backend, port, token });
      }),
    redis: () =>
      away(async () => {
        const { port } = redis;
        await redis.kill();
        await sleep(random() * 1.5 * leaseMs);
        redis = await startRedis({ ...data, port });
      }),
  };

  return {
    marks,
    workers,
    outages,
    struck,
    backend,
    token,
    wake,
    /** The address at which clients and workers reach Redis, with faults on the way. */
    proxyUrl: proxy.url,
    /** The address without faults. */
    gatewayUrl: gateway.url,
    async strike(what: Strike) {
      await strikes[what]();
      struck[what] = (struck[what] ?? 0) + 1;
    },
    /** Stops all faults. */
    calm: () => proxy.when(() => undefined),
  };
}

/** Faults that strike about six requests in a hundred. */
function faultsOf(random: () => number, struck: Record<string, number>) {
  const kinds: [chance: number, name: string, make: () => Fault][] = [
    [0.02, "reply lost", () => "drop_reply"],
    [0.01, "request lost", () => "drop_request"],
    [0.01, "reply cut", () => "cut_reply"],
    [0.01, "request doubled", () => "double"],
    [0.005, "delayed", () => ({ before: sleep(random() * 300) })],
    [0.002, "answered with 429", () => ({ answer: 429 })],
    [0.002, "answered with 502", () => ({ answer: 502, body: "<html>bad gateway</html>" })],
    [0.002, "answered with HTML", () => ({ answer: 200, body: "<html>welcome</html>" })],
  ];
  return kinds.map(([chance, name, make]) => {
    const counted = () => {
      struck[name] = (struck[name] ?? 0) + 1;
      return make();
    };
    return [chance, counted] as const;
  });
}

function address(bound: string | AddressInfo | null): string {
  return `http://127.0.0.1:${(bound as AddressInfo).port}`;
}
