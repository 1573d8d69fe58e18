import type { Core } from "../app/core.ts";
import { type Api, createApi } from "../http/api.ts";
import { EVERY_ROUTE } from "../routes/all.ts";

const apis = new WeakMap<Core, Api>();

/** Gives the API of a queue, with every route. It is made once. */
export function apiOf(core: Core): Api {
  const known = apis.get(core);
  if (known) return known;
  const api = createApi(core.deployment(), EVERY_ROUTE, core.basePath);
  apis.set(core, api);
  return api;
}
