import type * as z from "zod/mini";
import type { App } from "../app/app.ts";
import type { Deployment } from "../app/deployment.ts";
import type { Scope } from "../config/scopes.ts";
import type { ProblemCode } from "../errors.ts";
import type { Reply, WrittenReply } from "./reply.ts";
import type { ApiRequest, HeaderFields } from "./request.ts";

/** Problems that any route may answer. */
export const COMMON_ERRORS = [
  "forbidden_origin",
  "internal",
  "not_configured",
  "redis_unavailable",
] as const satisfies ProblemCode[];
/** Problems that any route with a scope may answer. */
export const SCOPED_ERRORS = ["unauthorized", "forbidden", "rate_limited"] as const satisfies ProblemCode[];

type AnySchema = z.core.$ZodType;

/** What the API's routes are asked by, in the order in which the answers name them. `HEAD` and `OPTIONS` come by themselves. */
export const METHODS = ["GET", "POST", "PUT", "DELETE"] as const;
/** The method of a route. All but GET change something, and CORS, the door and the keys treat them alike. */
type Method = (typeof METHODS)[number];

/**
 * What is checked before a route runs. Schemas are made when they are first needed: at a cold start no function needs more than
 * its own. What the route answers is said in `routes/described/`, which only the API's description loads.
 */
export interface RouteData<Body extends AnySchema = AnySchema, Query extends AnySchema = AnySchema> {
  /** Its name in the log and in the description. Its file has the same name, in words joined by dashes. */
  name: string;
  method: Method;
  path: `/${string}`;
  /** Absent: open to everybody. */
  scope?: Scope;
  /** Whether it may need a key, of any scope: the setting DOCS decides. */
  anyKey?: true;
  body?: () => Body;
  /** How large the body may be, where that is not what one job needs. */
  bodyBytes?: number;
  query?: () => Query;
  /** Besides those that any route may answer (`COMMON_ERRORS`). */
  errors: readonly ProblemCode[];
}

/** A request that was admitted and checked. */
interface CheckedRequest<Body = unknown, Query = unknown> {
  body: Body;
  /** Path parameters, decoded. */
  path: Record<string, string | undefined>;
  query: Query;
  headers: HeaderFields;
  /** Where the API is mounted: in front of every path that an answer names. */
  base: string;
  /** The name of the API key; "" where none is needed. */
  caller: string;
  /** Whether the application that has the queue calls, without HTTP. */
  isItself: boolean;
  /** Tells whether the caller's key has this scope. True where no key is needed. */
  may(scope: Scope): boolean;
  /** The trace context of the request, where it is valid. */
  traceparent: string | undefined;
}

/** A route of the API, whole: its data and its handler. It throws a `Problem` for what the client should hear. */
export interface Route<Body extends AnySchema = AnySchema, Query extends AnySchema = AnySchema>
  extends RouteData<Body, Query> {
  handle(request: CheckedRequest<z.output<Body>, z.output<Query>>, app: App): Promise<Reply>;
}

/** A route that needs no database, so it answers even while settings of the database are wrong. */
export interface OpenRoute extends RouteData {
  answer(request: ApiRequest, place: OpenPlace): Promise<Reply>;
}

/** What an open route knows besides its request. */
export interface OpenPlace {
  deployment: Deployment;
  /** The routes that are served beside it. */
  routes: readonly AnyRoute[];
  /** The CORS headers of the answer. */
  cors: HeaderFields;
}

/** A page, or a file of it: not part of the API's description. It never throws. */
export interface PageRoute {
  name: string;
  method: "GET";
  path: `/${string}`;
  show(request: ApiRequest, parameters: HeaderFields, deployment: Deployment): Promise<WrittenReply>;
}

/** Whatever a path may lead to. */
export type AnyRoute = Route | OpenRoute | PageRoute;

/** Declares a route, and keeps the types of its schemas. */
export function route<
  const Name extends string,
  Body extends AnySchema = z.ZodMiniUndefined,
  Query extends AnySchema = z.ZodMiniUndefined,
>(given: Route<Body, Query> & { name: Name }): Route & { name: Name } {
  return given as unknown as Route & { name: Name }; // the types of its schemas matter to its own handler alone
}

/** Declares a route that needs no database. */
export function openRoute<const Name extends string>(given: OpenRoute & { name: Name }): OpenRoute & { name: Name } {
  return given;
}

/** Declares a page that is shown at several paths. */
export function pageAt(name: string, paths: readonly PageRoute["path"][], show: PageRoute["show"]): PageRoute[] {
  return paths.map((path) => ({ name, method: "GET", path, show }));
}

/** Tells whether a route is part of the API's description. */
export function isDescribed(each: AnyRoute): each is Route | OpenRoute {
  return "errors" in each;
}
