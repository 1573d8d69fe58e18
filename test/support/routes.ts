import type { RouteData } from "../../lib/http/route.ts";
import { API_ROUTES } from "../../lib/routes/all.ts";

/** The routes of the API by name. */
export const routes: Record<string, RouteData> = Object.fromEntries(API_ROUTES.map((each) => [each.name, each]));
