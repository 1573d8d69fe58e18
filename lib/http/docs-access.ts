import type { Deployment } from "../app/deployment.ts";
import { Problem } from "../errors.ts";
import { admit } from "./auth.ts";
import type { ApiRequest } from "./request.ts";

/**
 * Admits a caller to the description of the API, as DOCS says: anybody, or the holder of any key.
 *
 * @throws Problem `route_not_found` where DOCS is off, `unauthorized`; ConfigError
 */
export async function admitToDocs(request: ApiRequest, deployment: Deployment): Promise<void> {
  const { method, path } = request;
  const docs = deployment.docs();
  if (docs === "off") throw new Problem("route_not_found", `there is no ${method} ${path}: DOCS is off`);
  if (docs === "key") await admit(await deployment.callers(), undefined, request);
}
