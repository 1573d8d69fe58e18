import { createHash, randomUUID } from "node:crypto";
import { afterAll, beforeAll, vi } from "vitest";
import type { Deployment } from "../../lib/app/deployment.ts";
import type { Target } from "../../lib/http/router.ts";
import { WorkerQueue } from "../../lib/queue/worker-queue.ts";
import { connectRedis } from "../../lib/redis/redis.ts";
import { EVERY_ROUTE } from "../../lib/routes/all.ts";
import { type Faults, startFaults } from "./faults.ts";
import { total, useRedis } from "./redis.ts";
import { type Sent, sentAs } from "./request.ts";
import { routes } from "./routes.ts";

export interface Answer {
  status: number;
  /** Names in lower case. */
  headers: Record<string, string>;
  text: string;
  /** The body, parsed as JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: a test says what it expects of it
  body: any;
}

type Handler = (event: unknown) => Promise<{ statusCode: number; headers?: Record<string, string>; body?: string }>;

export interface Api {
  /** As AWS would call the function of the route. */
  call(sent: Sent): Promise<Answer>;
  /** With any event. */
  invoke(event: unknown): Promise<Answer>;
  deployment: Deployment;
}

/** The functions with settings of their own, as if each call of this were another deployment. */
export async function loadApi(environment: Record<string, string>): Promise<Api> {
  vi.resetModules();
  vi.unstubAllEnvs();
  vi.stubEnv("LOG_LEVEL", "silent");
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  const { functionOf } = await import("../../lib/adapters/lambda/functions.ts");
  const { createCore, withCore } = await import("../../lib/app/core.ts");
  const { EVERY_ROUTE } = await import("../../lib/routes/all.ts");
  const { taskList } = await import("./tasks.ts");
  const core = createCore({ tasks: taskList });
  const deployment = core.deployment();
  const handler = functionOf(withCore(core, {}), EVERY_ROUTE) as (event: unknown) => ReturnType<Handler>;
  try {
    await deployment.app(); // keeps these settings, whatever is loaded next
  } catch {
    // wrong ones: each request says so
  }
  async function invoke(event: unknown): Promise<Answer> {
    const { statusCode, headers = {}, body = "" } = await handler(event);
    const isText = body === "" || headers["content-type"]?.startsWith("text/");
    return { status: statusCode, headers, text: body, body: isText ? undefined : JSON.parse(body) };
  }
  return { deployment, invoke, call: (sent) => invoke(eventOf(sent)) };
}

/** The event, as one that reaches the route of this name. */
export function aimedAt(name: string, event: unknown): unknown {
  if (typeof event !== "object" || event === null) return event;
  const { method, path } = name === "preflight" ? { method: "OPTIONS", path: "/" } : routes[name]!;
  const { job_id } = ((event as { pathParameters?: unknown }).pathParameters ?? {}) as { job_id?: unknown };
  const rawPath = path.replace("{job_id}", encodeURIComponent(String(job_id)));
  return { ...event, rawPath, requestContext: { http: { method } } };
}

/** What API Gateway would find for the request, to the letter: none means `$default`. */
export function routeOf(sent: Sent): (Target & { name: string }) | undefined {
  const { method, path } = sentAs(sent);
  return EVERY_ROUTE.find((route) => route.method === method && parametersOf(route, path) !== undefined);
}

/** The event that API Gateway would make of it: payload format 2.0, where what is empty is absent. */
export function eventOf(sent: Sent): Record<string, unknown> {
  const { method, path, query, headers, body } = sentAs(sent);
  const route = routeOf(sent);
  const parameters = route && parametersOf(route, path);
  const queries = [...new Set(new URLSearchParams(query).keys())].map((name) => [
    name,
    new URLSearchParams(query).getAll(name).join(","),
  ]);
  return {
    version: "2.0",
    routeKey: route ? `${method} ${route.path}` : "$default",
    rawPath: path,
    rawQueryString: query,
    headers,
    ...(queries.length > 0 ? { queryStringParameters: Object.fromEntries(queries) } : {}),
    ...(parameters && Object.keys(parameters).length > 0 ? { pathParameters: parameters } : {}),
    ...(body === undefined ? {} : { body: sent.base64 ? body.toString("base64") : body.toString("utf8") }),
    requestContext: { http: { method, path, protocol: "HTTP/1.1", sourceIp: "127.0.0.1" } },
    isBase64Encoded: body !== undefined && sent.base64 === true,
  };
}

function parametersOf(route: Target, path: string): Record<string, string> | undefined {
  const names = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!);
  const found = path.match(new RegExp(`^${route.path.replaceAll(".", "\\.").replace(/\{\w+\}/g, "([^/]+)")}$`));
  return found ? Object.fromEntries(names.map((name, i) => [name, decodeURIComponent(found[i + 1]!)])) : undefined;
}

/** A Redis for the file, with a proxy that makes faults, and handlers before it under a fresh prefix. */
export function useApi() {
  const redis = useRedis();
  let faults: Faults;
  beforeAll(async () => {
    faults = await startFaults(redis.local.url);
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await faults?.stop();
  });
  return {
    redis,
    get faults() {
      return faults;
    },
    async deploy(environment: Record<string, string> = { IS_OFFLINE: "true" }) {
      const { prefix, keys, store } = redis.queue();
      const api = await loadApi({
        ...{ UPSTASH_REDIS_REST_URL: faults.url, UPSTASH_REDIS_REST_TOKEN: redis.local.token, KEY_PREFIX: prefix },
        ...environment,
      });
      /** A queue of the same jobs, on Redis' clock, with a direct line to it. */
      const queue = new WorkerQueue(connectRedis({ url: redis.local.url, token: redis.local.token }), { prefix });
      return { ...api, queue, prefix, keys, store };
    },
    /** What Redis ran for it: commands, those in scripts included, but not the call of a script itself. */
    async commandsOf<T>(
      work: () => Promise<T>,
    ): Promise<{ result: T; commands: Record<string, number>; total: number }> {
      let result!: T;
      const all = await redis.commandsOf(async () => (result = await work()));
      const own = /^(evalsha|eval|script|client)\b/;
      const commands = Object.fromEntries(Object.entries(all).filter(([name]) => !own.test(name)));
      return { result, commands, total: total(commands) };
    },
  };
}

export type Deployed = Awaited<ReturnType<ReturnType<typeof useApi>["deploy"]>>;

/** A key, and the entry for API_KEYS that accepts it. */
export function apiKey(name: string, scopes: string) {
  const key = `wq_${randomUUID()}`;
  return {
    entry: `${name}:${scopes}:${createHash("sha256").update(key).digest("hex")}`,
    headers: { authorization: `Bearer ${key}` },
    key,
  };
}

export const post = (path: string, body?: unknown, headers: Record<string, string> = {}): Sent => ({
  ...{ method: "POST", path, headers: { "content-type": "application/json", ...headers } },
  ...(body === undefined ? {} : { body: JSON.stringify(body) }),
});
export const get = (path: string, headers: Record<string, string> = {}): Sent => ({ method: "GET", path, headers });
