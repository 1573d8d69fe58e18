import type { Served } from "../../app/core.ts";
import { EVERY_ROUTE } from "../../routes/all.ts";
import type { ApiFunction } from "./event.ts";
import { functionOf } from "./functions.ts";

export { queueIn } from "../../app/exported-queue.ts";

/** Serves every route, and whatever API Gateway knows no route for: `HEAD`, a path that ends with a slash, another method. */
export function apiHandler(served: Served, basePath?: string): ApiFunction {
  return functionOf(served, EVERY_ROUTE, basePath);
}
