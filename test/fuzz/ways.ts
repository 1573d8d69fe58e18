import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { buildInto } from "../../bin/build.ts";
import type { RedisReply } from "../../packages/redis-rest-local/src/backend.ts";
import { type LocalRedis, startLocalEmbedded, startLocalRedis } from "../../packages/redis-rest-local/src/testing.ts";
import { callers } from "../api/refusal.ts";
import { bundledTestTasks } from "../support/bundled-test-tasks.ts";
import { useProcesses } from "../support/process.ts";
import { removeData, startTestStack, type TestStack } from "../support/stack.ts";
import { type Contents, readStore } from "../support/store.ts";
import type { Way } from "./fuzz.ts";
import { apiRequests, commandRequests, invokeRequests, wakeRequests } from "./requests.ts";

type Rest = { url: string; token: string };
type Started = Way & { stop(): Promise<unknown> };

const { keys, API_KEYS } = callers();
const ADMIN = keys.admin.headers.authorization;
const FUNCTIONS = ["submitJob", "jobStatus", "api", "api", "worker"];

const startStore = (): Promise<Omit<LocalRedis, "redis">> =>
  process.env.TEST_STORE === "embedded" ? startLocalEmbedded() : startLocalRedis();

/** The ways into the system, by name. Call it at the top of a test file: it ends its processes after each test. */
export function useWays(): Record<string, () => Promise<Started>> {
  const processes = useProcesses();

  async function startProcess(script: string, environment: Record<string, string>, rest: Rest) {
    const process = processes.start(script, {
      UPSTASH_REDIS_REST_URL: rest.url,
      UPSTASH_REDIS_REST_TOKEN: rest.token,
      LOG_LEVEL: "info",
      PORT: "0",
      WORKER_PORT: "0",
      REDIS_REST_PORT: "0",
      ...environment,
    });
    return { url: await process.url(), memoryBytes: () => memoryOf(process.pid) };
  }

  /** One stack for all ways that lead into it. */
  let stack: Promise<TestStack> | undefined;
  afterAll(async () => removeData(await stack));

  async function stackWay(door: (stack: TestStack) => Pick<Way, "url" | "requests" | "excuses">): Promise<Started> {
    stack ??= startTestStack({ environment: { API_KEYS } });
    const { rest, offline, ...urls } = await stack;
    return {
      ...door({ rest, offline, ...urls }),
      ...jobsBehind(rest),
      refused: saysRefused,
      memoryBytes: () => memoryOf(offline.pid),
      stop: async () => {},
    };
  }

  return {
    "the HTTP API under npm start": () => stackWay(({ url }) => ({ url, requests: apiRequests(ADMIN) })),
    "Lambda's endpoint under npm start": () =>
      stackWay(({ lambdaUrl }) => ({
        url: lambdaUrl,
        requests: invokeRequests(FUNCTIONS.map((name) => `wakeq-test-${name}`)),
        // serverless-offline parses the body by itself, and says 500 where AWS says 400. Nothing runs then.
        excuses: ({ body, damage }, { text }) =>
          text.includes('"message":"An internal server error occurred"') && (damage !== undefined || !isJson(body)),
      })),
    "npm run worker": async () => {
      const local = await startStore();
      const worker = await startProcess("bin/worker.ts", {}, local);
      const way = { ...worker, ...jobsBehind(local), requests: wakeRequests };
      return { ...way, refused: () => false, stop: () => local.stop() };
    },
    "the server of the container": async () => {
      const local = await startStore();
      const folder = await mkdtemp(join(tmpdir(), "wakeq-fuzz-"));
      const { file } = await buildInto(folder, "bin/serve.ts", "serve", [bundledTestTasks]);
      const api = await startProcess(file, { API_KEYS }, local);
      const changes = () => changesIn(local);
      const way = { ...api, changes, requests: apiRequests(ADMIN), refused: () => false };
      return {
        ...way,
        // No worker runs here, so counting writes is enough.
        contents: async () => String(await changes()),
        clear: () => clear(local),
        stop: () => Promise.all([local.stop(), rm(folder, { recursive: true })]),
      };
    },
    "the gateway in front of Redis": async () => {
      const local = await startLocalRedis();
      const settings = { REDIS_URL: local.redis.url };
      return { ...(await gatewayWay(settings, local)), stop: () => local.stop() };
    },
    "the gateway with the embedded store": async () => {
      const local = { url: "", token: "fuzz" };
      return { ...(await gatewayWay({ REDIS_URL: "embedded:" }, local)), stop: async () => {} };
    },
  };

  async function gatewayWay(settings: Record<string, string>, { token }: { token: string }): Promise<Way> {
    const gateway = await startProcess("bin/gateway.ts", settings, { url: "", token });
    const rest = { url: gateway.url, token };
    const changes = () => changesIn(rest);
    return {
      ...gateway,
      changes,
      requests: commandRequests(`Bearer ${token}`),
      refused: () => false,
      // A refused request changes nothing at all here, so counting writes is enough.
      contents: async () => String(await changes()),
      clear: () => clear(rest),
    };
  }
}

/** A job that is due within this time may run while others are looked at. */
const SOON_MS = 3_600_000;

/** The contents without these jobs and the totals that they change. */
function without(ids: ReadonlySet<string>, { counters, ...jobs }: Contents) {
  const others = Object.entries(jobs).map(([name, held]) => [
    name,
    Object.entries(held)
      .filter(([id]) => !ids.has(id))
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  ]);
  return { others: others.filter(([, held]) => held!.length > 0), counters: ids.size > 0 ? undefined : counters };
}

/** Reads what the queue holds through the gateway, which stands in front of both Redis and the embedded store. */
function jobsBehind(rest: Rest): Pick<Way, "changes" | "contents" | "clear"> {
  const backend = { send: (command: readonly unknown[]) => ask(rest, command) } as unknown as LocalRedis["backend"];
  const restless = new Set<string>();
  async function contents(): Promise<string> {
    const { expiries: _, wake, linger, claims, strange, ...jobs } = await readStore({ backend }, "");
    if (wake ?? jobs.normal ?? jobs.high ?? jobs.low ?? jobs.leases) return contents();
    for (const [id, dueAt] of Object.entries(jobs.scheduled ?? {})) if (dueAt < Date.now() + SOON_MS) restless.add(id);
    return JSON.stringify(without(restless, jobs));
  }
  return { changes: () => changesIn(rest), contents, clear: () => clear(rest) };
}

async function clear(rest: Rest): Promise<void> {
  await ask(rest, ["FLUSHALL"]);
}

async function changesIn(rest: Rest): Promise<number> {
  const info = String(await ask(rest, ["INFO", "persistence"]));
  return Number(/rdb_changes_since_last_save:(\d+)/.exec(info)![1]);
}

async function ask({ url, token }: Rest, command: readonly unknown[]): Promise<RedisReply> {
  const headers = { authorization: `Bearer ${token}` };
  const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(command) });
  const { result, error } = (await response.json()) as { result?: RedisReply; error?: string };
  if (error !== undefined || result === undefined) throw new Error(error ?? `${response.status} without a result`);
  return result;
}

function isJson(body: Buffer): boolean {
  try {
    JSON.parse(String(body));
    return true;
  } catch {
    return body.length === 0;
  }
}

/** Whether Lambda's endpoint refused: it answers 200 with what the function returned. */
function saysRefused({ text }: { text: string }): boolean {
  return /"statusCode":[45]\d\d|"errorMessage"/.test(text);
}

/** The memory that a process holds (Linux); 0 where that cannot be known. */
async function memoryOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024;
}
