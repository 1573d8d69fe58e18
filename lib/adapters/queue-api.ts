import type { Core } from "../app/core.ts";
import { createServedApi, type ServedApi } from "../http/admission.ts";
import { EVERY_ROUTE } from "../routes/all.ts";

const apis = new WeakMap<Core, ServedApi>();

/** Gives the API of a queue, with every route. It is made once. */
export function apiOf(core: Core): ServedApi {
  const known = apis.get(core);
  if (known) return known;
  const api = createServedApi(core.deployment(), EVERY_ROUTE, core.basePath);
  apis.set(core, api);
  return api;
}
