import { BATCHES } from "./bad-requests/batches.ts";
import { NOT_JSON, SIZES, TYPES } from "./bad-requests/bodies.ts";
import { CALLERS, HEADERS } from "./bad-requests/headers.ts";
import { NO_ROUTE, PATHS } from "./bad-requests/paths.ts";
import { QUERIES } from "./bad-requests/queries.ts";
import type { Bad } from "./bad-requests/request.ts";
import { SCHEDULES } from "./bad-requests/schedules.ts";
import { VALUES } from "./bad-requests/values.ts";

export type { Bad, Way } from "./bad-requests/request.ts";

/** Every request that must be refused. */
export const BAD_REQUESTS: Bad[] = [
  ...[...NO_ROUTE, ...PATHS, ...QUERIES, ...NOT_JSON, ...TYPES, ...VALUES],
  ...[...BATCHES, ...SCHEDULES, ...SIZES, ...CALLERS, ...HEADERS],
];
