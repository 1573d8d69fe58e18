import type * as z from "zod/mini";
import type { App } from "../app/app.ts";
import type { Deployment } from "../app/deployment.ts";
import type { WakeEvent } from "../app/wake.ts";
import { type Caller, ITSELF, type Scope } from "../config/scopes.ts";
import { Problem, problems } from "../errors.ts";
import { adding, createLog } from "../observability/log.ts";
import { traceparentOf } from "../observability/trace.ts";
import { check, checkQuery } from "../schema/check.ts";
import { admit, allows, OPEN } from "./auth.ts";
import { jsonOf, mustBeReadable } from "./body.ts";
import { corsOf } from "./cors.ts";
import { count, refuseKnown } from "./rate-limit.ts";
import { problemReply, type WrittenReply, written } from "./reply.ts";
import type { ApiRequest, HeaderFields } from "./request.ts";
import type { OpenPlace, OpenRoute, Route } from "./route.ts";
import { translated } from "./translated.ts";

/**
 * Answers one request: admit, check, call, answer. It catches whatever is thrown on the way and answers it as
 * `application/problem+json`; it never throws itself.
 */
export async function respond(
  route: Route,
  request: ApiRequest,
  parameters: HeaderFields,
  deployment: Deployment,
): Promise<WrittenReply> {
  return (await attempted(route, request, deployment, async (app, key, traceparent, cors) => {
    const { query, body } = await counted(app, key, () => given(route, request));
    const may = (scope: Scope) => allows(key, scope);
    const { headers, base = "" } = request;
    const isItself = key === ITSELF;
    const checked = { body, path: parameters, query, headers, base, caller: key.name, isItself, may, traceparent };
    const reply = await route.handle(checked, app);
    return written(reply, cors);
  }))!;
}

/** Answers a request only if its headers are enough to refuse it: a server asks before it reads the body. */
export function refusal(route: Route, request: ApiRequest, deployment: Deployment): Promise<WrittenReply | undefined> {
  return attempted(route, request, deployment, async () => {
    if (route.body) mustBeReadable(request, route.bodyBytes);
    return undefined;
  });
}

/** Answers one request that needs no database. It never throws. */
export async function respondOpenly(
  route: Pick<OpenRoute, "name" | "answer">,
  request: ApiRequest,
  { deployment, routes }: Pick<OpenPlace, "deployment" | "routes">,
): Promise<WrittenReply> {
  let log = createLog("error");
  let cors: HeaderFields = {};
  try {
    const { corsOrigins, logLevel } = deployment.open();
    log = createLog(logLevel);
    cors = corsOf(corsOrigins, request.headers.origin);
    return written(await route.answer(request, { deployment, routes, cors }), cors);
  } catch (thrown) {
    const told = thrown instanceof Problem ? thrown : translated(thrown, route.name, log, deployment);
    return problemReply(told, request, cors);
  }
}

type AdmittedWork = (
  app: App,
  key: Caller,
  traceparent: string | undefined,
  cors: HeaderFields,
) => Promise<WrittenReply | undefined>;

/** Admits the caller and does the work, or answers why not. */
async function attempted(
  route: Route,
  request: ApiRequest,
  deployment: Deployment,
  work: AdmittedWork,
): Promise<WrittenReply | undefined> {
  const { headers, requestId } = request;
  const traceparent = traceparentOf(headers.traceparent);
  let cors: HeaderFields = {};
  let key: Caller = OPEN;
  let write = createLog("error");
  const log = adding(
    (...line) => write(...line),
    () => ({ caller: key.name || undefined, trace_id: traceparent?.slice(3, 35), request_id: requestId }),
  );
  try {
    const shared = await deployment.app();
    write = shared.log;
    cors = corsOf(shared.config.corsOrigins, headers.origin);
    if (route.scope) key = await admit(shared, route.scope, request);
    if (hasAllowance(key)) refuseKnown(shared, key.name);
    const app: App = { ...shared, log, wake: (why: WakeEvent) => shared.wake(why, log) };
    return await work(app, key, traceparent, cors);
  } catch (thrown) {
    if (!(thrown instanceof Problem))
      return problemReply(translated(thrown, route.name, log, deployment, request.caller === ITSELF), request, cors);
    const { code } = thrown;
    const { status } = problems[code];
    log([401, 403, 429].includes(status) ? "warn" : "info", "request_refused", { route: route.name, status, code });
    return problemReply(thrown, request, cors);
  }
}

/** Reads and checks what the route takes of the request. @throws Problem `invalid_query`, and as `jsonOf` and `check` */
function given(route: Route, request: ApiRequest) {
  const query = (route.query ? checkQuery(route.query(), request.query) : undefined) as z.output<z.core.$ZodType>;
  const body = route.body ? check(route.body(), jsonOf(request, route.bodyBytes)) : undefined;
  return { query, body };
}

/** Reads the request, and counts it against its caller's allowance, even one that cannot be read. */
async function counted<G extends { body: unknown }>(app: App, key: Caller, read: () => G): Promise<G> {
  if (!hasAllowance(key)) return read();
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

/** Tells whether a caller's submits are counted. */
function hasAllowance(key: Caller): boolean {
  return key !== OPEN && key !== ITSELF;
}
