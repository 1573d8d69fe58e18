import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type LocalRedis, startLocalRedis } from "../local/testing.ts";
import { bundle } from "./bundle.ts";
import { redisMicros } from "./redis-micros.ts";
import { median, shuffled, table } from "./table.ts";
import type { CaseRequest, CaseResult } from "./throughput-case.ts";

/** How many jobs (five seconds' worth, where there are many at once), and how many at once: BullMQ is at its best with 100. */
const CASES: { name: string; request: Omit<CaseRequest, "rest" | "redisUrl" | "bullmq"> }[] = [
  { name: "BullMQ, concurrency 1", request: { peer: "bullmq", concurrency: 1, lanes: 1, jobs: 4_000 } },
  { name: "BullMQ, concurrency 100", request: { peer: "bullmq", concurrency: 100, lanes: 1, jobs: 120_000 } },
  { name: "wakeq, batch 1, one lane", request: { peer: "wakeq", concurrency: 1, lanes: 1, jobs: 4_000 } },
  { name: "wakeq, batch 10, one lane", request: { peer: "wakeq", concurrency: 10, lanes: 1, jobs: 60_000 } },
  { name: "wakeq, batch 100, one lane", request: { peer: "wakeq", concurrency: 100, lanes: 1, jobs: 400_000 } },
  { name: "wakeq, batch 100, four lanes", request: { peer: "wakeq", concurrency: 100, lanes: 4, jobs: 500_000 } },
];
const BASELINE = "BullMQ, concurrency 100";

interface Measured extends CaseResult {
  redisMicros: number;
}

/**
 * No-op jobs through a whole life, wakeq over HTTP and BullMQ over TCP, on the same kind of Redis. Each case has a process
 * and a Redis of its own, a round runs all of them in random order, and the median of the rounds is shown.
 */
export async function throughput(rounds: number): Promise<void> {
  const program = await buildCase();
  const gateway = await buildGateway();
  const measured = new Map<string, Measured[]>(CASES.map(({ name }) => [name, []]));
  for (let round = 1; round <= rounds; round++) {
    for (const { name, request } of shuffled(CASES)) measured.get(name)!.push(await measure(program, gateway, request));
  }
  await gateway.remove();
  await program.remove();
  const middle = (name: string, of: (one: Measured) => number) => median(measured.get(name)!.map(of));
  const rows = CASES.map(({ name }) => [
    name,
    Math.round(middle(name, (one) => one.jobsPerSecond)).toLocaleString("en"),
    `${(middle(name, (one) => one.jobsPerSecond) / middle(BASELINE, (one) => one.jobsPerSecond)).toFixed(2)} ×`,
    middle(name, (one) => one.clientMicros).toFixed(1),
    middle(name, (one) => one.redisMicros).toFixed(1),
    `${(middle(name, (one) => one.redisMicros) / middle(BASELINE, (one) => one.redisMicros)).toFixed(2)} ×`,
  ]);
  console.log(
    table(
      ["process no-op jobs", "jobs/s", "of BullMQ", "client CPU µs", "Redis CPU µs a job, with submit", "of BullMQ"],
      rows,
    ),
  );
}

async function measure(
  program: Program,
  gateway: GatewayProgram,
  request: (typeof CASES)[number]["request"],
): Promise<Measured> {
  const local = await startLocalRedis();
  const server = await gateway.start(local.redis.url);
  try {
    const before = await redisMicros(local.backend);
    const result = await program.run(request, server, local.redis.url);
    return { ...result, redisMicros: ((await redisMicros(local.backend)) - before) / result.jobs };
  } finally {
    await server.stop();
    await local.stop();
  }
}

interface GatewayProgram {
  /** In a process of its own: it stands for Upstash's server. */
  start(redisUrl: string): Promise<{ url: string; token: string; stop(): Promise<void> }>;
  remove(): Promise<void>;
}

/** The gateway as one file, as its container has it. */
async function buildGateway(): Promise<GatewayProgram> {
  const folder = await mkdtemp(join(tmpdir(), "wakeq-gateway-"));
  const file = join(folder, "gateway.mjs");
  await bundle("bin/gateway.ts", file);
  const token = "local-token";
  return {
    async start(redisUrl) {
      const env = { REDIS_URL: redisUrl, UPSTASH_REDIS_REST_TOKEN: token, REDIS_REST_PORT: "0" };
      const child = fork(file, { execArgv: [], stdio: ["ignore", "inherit", "pipe", "ipc"], env });
      const exited = once(child, "exit");
      const failed = exited.then(() => Promise.reject(new Error("the gateway ended before it began")));
      const [line] = (await Promise.race([once(child.stderr!, "data"), failed])) as [Buffer];
      const { url } = JSON.parse(line.toString()) as { url: string };
      return {
        ...{ url, token },
        async stop() {
          child.kill();
          await exited;
        },
      };
    },
    remove: () => rm(folder, { recursive: true }),
  };
}

interface Program {
  /** One case in a process of its own, on a store that is there already. */
  run(
    request: Omit<CaseRequest, "rest" | "redisUrl" | "bullmq">,
    store: Pick<LocalRedis, "url" | "token">,
    redisUrl?: string,
  ): Promise<CaseResult>;
  remove(): Promise<void>;
}

/** The case as one file, as a worker is deployed: what runs TypeScript in development slows down every closure. */
export async function buildCase(): Promise<Program> {
  const folder = await mkdtemp(join(tmpdir(), "wakeq-throughput-"));
  const file = join(folder, "case.mjs");
  await bundle("bench/throughput-case.ts", file);
  return {
    async run(request, { url, token }, redisUrl = "") {
      const child = fork(file, { execArgv: [] });
      const exited = once(child, "exit");
      const bullmq = import.meta.resolve("bullmq");
      child.send({ ...request, rest: { url, token }, redisUrl, bullmq } satisfies CaseRequest);
      const answered = once(child, "message") as Promise<[CaseResult]>;
      const failed = exited.then(() => Promise.reject(new Error(`${request.peer} ended without a result`)));
      const [result] = await Promise.race([answered, failed]);
      child.kill();
      await exited.catch(() => {});
      return result;
    },
    remove: () => rm(folder, { recursive: true }),
  };
}
