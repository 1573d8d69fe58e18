import type { RouteData } from "../../lib/http/route.ts";
import { API_ROUTES, EVERY_ROUTE } from "../../lib/routes/all.ts";

/** The routes of the API by name. */
export const routes: Record<string, RouteData> = Object.fromEntries(API_ROUTES.map((each) => [each.name, each]));

/** Lists the routes that an event of API Gateway leads to: `ANY /schedules/{proxy+}` is every one below `/schedules`. */
export function routesAt(event: string): string[] {
  const [, above] = /^ANY (.*\/)\{proxy\+\}$/.exec(event) ?? [];
  if (above === undefined) return [event];
  return EVERY_ROUTE.filter(({ path }) => path.startsWith(above)).map(({ method, path }) => `${method} ${path}`);
}
