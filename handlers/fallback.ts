import { Problem } from "../lib/errors.ts";
import { openEndpoint } from "../lib/open.ts";

/** Every request that no route is for: 404, as a problem. */
export const handler = openEndpoint({ name: "fallback" }, (_, { method, path }) => {
  throw new Problem("route_not_found", `there is no ${method} ${path}; GET /openapi.json lists every route`);
});
