import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { WorkerQueue } from "../lib/queue/worker-queue.ts";
import { connectRedis } from "../lib/redis/redis.ts";
import { startLocalRedis } from "../packages/redis-rest-local/src/testing.ts";
import { type Artifact, packageFunctions } from "../test/aws/artifacts.ts";
import { install, nodes } from "../test/aws/install.ts";
import { type LambdaFunction, startFunction } from "../test/aws/runtime-api.ts";
import { table } from "./table.ts";

const JOBS = 1_000;
const JOB_MS = 1_000;
const LIFE_MS = 5_000;
/** Lambda's reserved concurrency. */
const MAX_INSTANCES = 10;
const TICK_MS = 60_000;

/** Runs 1,000 jobs of a second each with the packaged worker, in invocations that are killed after five seconds. */
export async function lives(): Promise<undefined> {
  install();
  const folder = await mkdtemp(join(tmpdir(), "wakeq-lives-"));
  const local = await startLocalRedis();
  const target = await startTarget();
  const lambda = new LambdaApi(nodes().at(-1)!.path);
  try {
    const worker = (await packageFunctions(folder, "dev")).find(({ name }) => name === "worker")!;
    await lambda.serve(worker, {
      UPSTASH_REDIS_REST_URL: local.url,
      UPSTASH_REDIS_REST_TOKEN: local.token,
      LOG_LEVEL: "warn",
    });
    const queue = new WorkerQueue(connectRedis({ url: local.url, token: local.token }));
    const beganAt = performance.now();
    const ids = await submit(queue, lambda, target.url);
    for (let tickAt = beganAt + TICK_MS; (await queue.stats()).completed < JOBS; await sleep(200)) {
      if (performance.now() < tickAt) continue;
      tickAt += TICK_MS;
      lambda.invoke({ source: "tick" });
    }
    const seconds = (performance.now() - beganAt) / 1_000;
    await lambda.idle();
    console.log(table(HEAD, [[`Node ${lambda.node}`, ...(await rowOf(queue, ids, lambda)), seconds.toFixed(1)]]));
  } finally {
    await lambda.stop();
    target.close();
    await local.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

const HEAD = [
  ...["1,000 jobs of 1 s, lives of 5 s", "completed", "with one attempt", "runs", "released", "invocations"],
  ...["at once", "killed", "ticks", "s"],
];

async function submit(queue: WorkerQueue, lambda: LambdaApi, url: string): Promise<string[]> {
  const payload = JSON.stringify({ url });
  const jobs = Array.from({ length: JOBS }, () => ({
    id: crypto.randomUUID(),
    task: "call",
    priority: "normal" as const,
    maxRetries: 3,
    createdAt: Date.now(),
    payload,
  }));
  for (let i = 0; i < JOBS; i += 100) {
    const { wake } = await queue.submit(jobs.slice(i, i + 100));
    if (wake) lambda.invoke({ source: "submit", depth: 0 });
  }
  return jobs.map(({ id }) => id);
}

async function rowOf(queue: WorkerQueue, ids: readonly string[], lambda: LambdaApi): Promise<string[]> {
  let [completed, once] = [0, 0];
  for (const id of ids) {
    const job = (await queue.status(id))?.job;
    if (job?.status === "completed") completed++;
    if (job?.retries === 0 && job.attempts?.length === 1) once++;
  }
  const { released = 0 } = (await queue.stats()).totals;
  const counts = [completed, once, completed + released, released, lambda.invocations, lambda.atOnce, lambda.killed];
  return [...counts, lambda.ticks].map(String);
}

/** Starts a server that answers after a second. */
async function startTarget() {
  const server = createServer((request, response) => {
    request.resume();
    setTimeout(() => response.end("done"), JOB_MS);
  });
  server.listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, close };
}

/** Lambda's Invoke API for one function: it uses warm instances first, then new ones up to the limit; then events wait. */
class LambdaApi {
  readonly #nodePath: string;
  #start: (() => Promise<LambdaFunction>) | undefined;
  readonly #instances = new Set<LambdaFunction>();
  readonly #warm: LambdaFunction[] = [];
  readonly #events: unknown[] = [];
  readonly #running = new Set<Promise<void>>();
  invocations = 0;
  atOnce = 0;
  killed = 0;
  ticks = 0;
  readonly #server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request.setEncoding("utf8")) body += chunk;
    response.writeHead(202).end();
    this.invoke(JSON.parse(body));
  });

  constructor(nodePath: string) {
    this.#nodePath = nodePath;
  }

  async serve(artifact: Artifact, environment: Record<string, string>): Promise<void> {
    this.#server.listen(0, "127.0.0.1");
    await new Promise((resolve) => this.#server.once("listening", resolve));
    const url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    this.#start = () => startFunction(artifact, this.#nodePath, { ...environment, AWS_ENDPOINT_URL_LAMBDA: url });
  }

  get node(): string {
    return this.#nodePath === process.execPath ? process.versions.node : "24";
  }

  invoke(event: { source: string; depth?: number }): void {
    if (event.source === "tick") this.ticks++;
    this.#events.push(event);
    this.#next();
  }

  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  async stop(): Promise<void> {
    this.#events.length = 0;
    for (const each of this.#instances) await each.stop();
    this.#server.closeAllConnections();
    this.#server.close();
  }

  #next(): void {
    if (this.#events.length === 0 || this.#running.size >= MAX_INSTANCES) return;
    const run = this.#run(this.#events.shift()).finally(() => {
      this.#running.delete(run);
      this.#next();
    });
    this.#running.add(run);
    this.invocations++;
    this.atOnce = Math.max(this.atOnce, this.#running.size);
  }

  async #run(event: unknown): Promise<void> {
    const instance = this.#warm.pop() ?? (await this.#start!());
    this.#instances.add(instance);
    const { how } = await instance.invoke(event, { lifeMs: LIFE_MS });
    if (how === "answered") this.#warm.push(instance);
    else this.killed++;
  }
}
