import { keptApp } from "../app/app.ts";
import { readDocs, readKeys, readOpenConfig } from "../config/config.ts";
import { Problem } from "../errors.ts";
import { createLog } from "../observability/log.ts";
import { admit } from "./endpoint.ts";
import type { Incoming } from "./event.ts";

const keys = /* @__PURE__ */ keptApp((environment) => ({
  config: readKeys(environment),
  log: createLog(readOpenConfig().logLevel),
}));

/**
 * Admits a caller to the description of the API, as DOCS says: anybody, or the holder of any key.
 *
 * @throws Problem `route_not_found` where DOCS is off, `unauthorized`; ConfigError
 */
export async function admitToDocs({ method, path, headers }: Incoming): Promise<void> {
  const { docs } = readDocs();
  if (docs === "off") throw new Problem("route_not_found", `there is no ${method} ${path}: DOCS is off`);
  if (docs === "key") admit(await keys(), undefined, headers.authorization);
}
