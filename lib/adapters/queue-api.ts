import type { Core } from "../app/core.ts";
import { createServedApi, type ServedApi } from "../http/admission.ts";
import { EVERY_ROUTE } from "../routes/all.ts";

const apis = new WeakMap<Core, { basePath: string; api: ServedApi }>();

/** Gives the API of a queue, with every route. It is made once, and again only where it is mounted at another path than before. */
export function apiOf(core: Core, basePath = core.basePath): ServedApi {
  const known = apis.get(core);
  if (known?.basePath === basePath) return known.api;
  const api = createServedApi(core.deployment(), EVERY_ROUTE, basePath);
  apis.set(core, { basePath, api });
  return api;
}
