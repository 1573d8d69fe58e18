import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from "aws-lambda";
import type * as z from "zod/mini";
import { type App, app } from "../app/app.ts";
import type { WakeEvent } from "../app/wake.ts";
import type { ApiKey } from "../config/api-keys.ts";
import { readStage } from "../config/config.ts";
import type { Scope } from "../config/scopes.ts";
import { ConfigError, describe, PROBLEM_HEADERS, Problem, problemBody, problems, RedisError } from "../errors.ts";
import { adding, createLog, type Log } from "../observability/log.ts";
import { API_METRICS, metricFields } from "../observability/metrics.ts";
import { stackOf } from "../observability/stack.ts";
import { traceparentOf } from "../observability/trace.ts";
import { check, checkQuery } from "../schema/check.ts";
import { allows, authorize } from "./auth.ts";
import { jsonOf, mustBeReadable } from "./body.ts";
import { corsOf } from "./cors.ts";
import { type Incoming, incoming } from "./event.ts";
import { count, refuseKnown } from "./rate-limit.ts";
import type { Route } from "./route.ts";

/** Header fields of HTTP, names in lower case. */
export type HeaderFields = Record<string, string>;

/** What a handler gets of a request. */
interface HandlerRequest<Body, Query> {
  body: Body;
  /** Path parameters, decoded. */
  path: Record<string, string | undefined>;
  query: Query;
  headers: HeaderFields;
  /** The name of the API key; "" where none is needed. */
  caller: string;
  /** Tells whether the caller's key has this scope. True where no key is needed. */
  may(scope: Scope): boolean;
  /** The trace context of the request, where it is valid. */
  traceparent: string | undefined;
}

/** What a handler answers. */
export interface Reply {
  status: number;
  /** Absent: an empty body. */
  body?: unknown;
  headers?: HeaderFields;
}

type Read<Schema> = Schema extends z.core.$ZodType ? z.output<Schema> : undefined;

/**
 * Makes a Lambda handler for a route (API Gateway's HTTP API, payload format 2.0): event in, check, call, answer out. It catches
 * whatever is thrown on the way and answers it as `application/problem+json`; it never throws itself.
 */
export function endpoint<Body extends Shape, Query extends Shape>(
  route: Route<Body, Query>,
  handle: Handle<Body, Query>,
) {
  return (event: APIGatewayProxyEventV2, context?: Partial<Context>) =>
    respond(route, event, context, handle) as Promise<Result>;
}

/**
 * Makes a handler that answers a request only if its headers are enough to refuse it: a server of ours asks before it reads the
 * body. Resolves with undefined for any other request.
 */
export function refusal<Body extends Shape, Query extends Shape>(route: Route<Body, Query>) {
  return (event: APIGatewayProxyEventV2, context?: Partial<Context>) => respond(route, event, context);
}

type Shape = z.core.$ZodType | undefined;
type Result = APIGatewayProxyStructuredResultV2;
type Handle<Body, Query> = (request: HandlerRequest<Read<Body>, Read<Query>>, app: App) => Promise<Reply>;

/** Answers one request. Without `handle` it looks at the headers alone. */
async function respond<Body extends Shape, Query extends Shape>(
  route: Route<Body, Query>,
  event: APIGatewayProxyEventV2,
  context?: Partial<Context>,
  handle?: Handle<Body, Query>,
): Promise<Result | undefined> {
  const arrived = incoming(event);
  const { headers, parameters: path } = arrived;
  const traceparent = traceparentOf(headers.traceparent);
  let cors: HeaderFields = {};
  let key: Caller = OPEN;
  let write = createLog("error");
  const log = adding(
    (...line) => write(...line),
    () => ({ caller: key.name || undefined, trace_id: traceparent?.slice(3, 35), request_id: context?.awsRequestId }),
  );
  try {
    const shared = await app();
    write = shared.log;
    cors = corsOf(shared.config.corsOrigins, headers.origin);
    if (route.scope) key = admit(shared, route.scope, headers.authorization);
    if (key !== OPEN) refuseKnown(shared, key.name);
    if (!handle) {
      if (route.body) mustBeReadable(arrived, route.bodyBytes);
      return undefined;
    }
    const { query, body } = await counted(shared, key, () => given(route, arrived));
    const ours = { ...shared, log, wake: (why: WakeEvent) => shared.wake(why, log) };
    const may = (scope: Scope) => allows(key, scope);
    const request = { body, path, query, headers, caller: key.name, may, traceparent };
    return answer(await handle(request, ours), cors);
  } catch (thrown) {
    if (!(thrown instanceof Problem)) return problem(translated(thrown, route.name, log), arrived.path, cors);
    const { code } = thrown;
    const { status } = problems[code];
    log([401, 403, 429].includes(status) ? "warn" : "info", "request_refused", { route: route.name, status, code });
    return problem(thrown, arrived.path, cors);
  }
}

type Caller = Pick<ApiKey, "name" | "scopes">;
const OPEN: Caller = { name: "", scopes: ["admin"] };

/** Authenticates and authorizes the caller. Where no keys are set, only a local stack serves. */
export function admit(
  { config }: { config: Pick<App["config"], "apiKeys" | "isLocal"> },
  scope: Scope | undefined,
  authorization: string | undefined,
): Caller {
  if (config.apiKeys.length === 0) {
    if (config.isLocal) return OPEN;
    throw new ConfigError("API_KEYS is not set: a deployment without keys serves nobody. Make one with npm run key");
  }
  return authorize(config.apiKeys, authorization, scope);
}

/** Reads and checks what the route takes of the request. @throws Problem `invalid_query`, and as `jsonOf` and `check` */
function given<Body extends Shape, Query extends Shape>(route: Route<Body, Query>, arrived: Incoming) {
  const query = (route.query ? checkQuery(route.query(), arrived.query) : undefined) as Read<Query>;
  const body = (route.body ? check(route.body(), jsonOf(arrived, route.bodyBytes)) : undefined) as Read<Body>;
  return { query, body };
}

/** Reads the request, and counts it against its caller's allowance, even one that cannot be read. */
async function counted<G extends { body: unknown }>(app: App, key: Caller, read: () => G): Promise<G> {
  if (key === OPEN) return read();
  let request: G;
  try {
    request = read();
  } catch (fault) {
    await count(app, key.name);
    throw fault;
  }
  await count(app, key.name, request.body);
  return request;
}

const ANSWER_HEADERS = {
  "content-type": "application/json",
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
};

/** Writes a handler's reply as API Gateway takes it. */
export function answer({ status, body, headers }: Reply, cors: HeaderFields): APIGatewayProxyStructuredResultV2 {
  return {
    statusCode: status,
    headers: { ...ANSWER_HEADERS, ...cors, ...headers },
    body: body === undefined ? "" : JSON.stringify(body),
  };
}

/** Writes a problem as `application/problem+json` (RFC 9457). */
export function problem(
  { code, message, faults, retryAfterSeconds, headers }: Problem,
  instance: string,
  cors: HeaderFields,
): APIGatewayProxyStructuredResultV2 {
  const body = problemBody(code, message, instance);
  const { status } = body;
  return {
    statusCode: status,
    headers: {
      ...PROBLEM_HEADERS,
      ...cors,
      ...(status === 401 ? { "www-authenticate": "Bearer" } : {}),
      ...(retryAfterSeconds === undefined ? {} : { "retry-after": String(retryAfterSeconds) }),
      ...headers,
    },
    body: JSON.stringify(faults.length > 0 ? { ...body, errors: faults } : body),
  };
}

/** Turns a fault of ours into a problem that shows the client no cause. The cause goes to the log alone. */
export function translated(thrown: unknown, route: string, log: Log): Problem {
  const stack = thrown instanceof Error ? stackOf(thrown) : undefined;
  log("error", "request_failed", { route, ...describe(thrown), stack });
  if (thrown instanceof RedisError) {
    const detail = "The database did not answer, so the request may not have been accepted: send it again in a moment.";
    return new Problem("redis_unavailable", detail, { retryAfterSeconds: 2 });
  }
  if (thrown instanceof ConfigError) {
    const { metrics, stage } = readStage();
    if (metrics) createLog("info")("info", "metrics", metricFields(API_METRICS, { NotConfigured: 1 }, stage));
    return new Problem("not_configured", "Settings of this deployment are missing or wrong. Its log says which.");
  }
  return new Problem("internal", "Something failed on our side. The log of this deployment says what.");
}
