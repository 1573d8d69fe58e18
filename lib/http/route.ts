import type * as z from "zod/mini";
import type { Scope } from "../config/scopes.ts";
import type { ProblemCode } from "../errors.ts";

type Shape = z.core.$ZodType | undefined;

/**
 * One route, as data: handlers, `serverless.yml` and the documentation follow it, and a test keeps them in step. Schemas are
 * made when they are first needed: at a cold start no function needs more than its own.
 */
export interface Route<Body extends Shape = Shape, Query extends Shape = Shape> {
  /** Its name in the log, and the name of its file in `handlers/routes/`. */
  name: string;
  method: "GET" | "POST";
  path: `/${string}`;
  summary: string;
  /** Absent: open to everybody. */
  scope?: Scope;
  /** Whether it may need a key, of any scope: the setting DOCS decides. */
  anyKey?: true;
  body?: () => NonNullable<Body>;
  /** How large the body may be, where that is not what one job needs. */
  bodyBytes?: number;
  query?: () => NonNullable<Query>;
  /** Request headers that mean something here, and what. */
  headers?: Record<string, string>;
  /** By status. The schemas are for the API's description alone: nothing checks an answer. */
  answers: Record<number, { description: string; schema?: () => z.core.$ZodType }>;
  /** Besides those that any route may answer (`COMMON_ERRORS`). */
  errors: readonly ProblemCode[];
}

/** Declares a route, and keeps the types of its schemas. */
export function route<const Body extends Shape = undefined, const Query extends Shape = undefined>(
  data: Route<Body, Query>,
): Route<Body, Query> {
  return data;
}
