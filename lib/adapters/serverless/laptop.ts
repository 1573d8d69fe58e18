import { type Environment, environmentWith } from "../../config/config.ts";
import { isSecret } from "../../config/secrets.ts";
import type { ServerlessProject } from "./project.ts";

/** The port of serverless-offline's Invoke API, unless the project says otherwise. */
const LAMBDA_PORT = 3_002;

/**
 * Makes the functions that wake the worker, ours and the project's own, run on a laptop, under `sls offline` and
 * `sls invoke local`: wake-ups go to serverless-offline, and a secret (`ssm:NAME`) is never fetched. It has the value that the
 * developer's shell or `.env` gives it, else none. Returns the names of the secrets that have none.
 */
export function runHere(
  { provider, functions = {}, custom = {} }: ServerlessProject,
  worker: string,
  given: { host?: string; lambdaPort?: number | string },
  developers: Environment = environmentWith({}),
): string[] {
  const offline = { ...(custom["serverless-offline"] ?? {}), ...given };
  const endpoint = developers.AWS_ENDPOINT_URL_LAMBDA ?? endpointOf(offline);
  const missing = new Set<string>();
  for (const entry of Object.values(functions)) {
    const environment = { ...provider.environment, ...entry.environment };
    if (environment.WORKER_FUNCTION_NAME !== worker) continue;
    const secrets = Object.entries(environment).filter(([, value]) => typeof value === "string" && isSecret(value));
    const found = secrets.map(([name]) => [name, isSecret(developers[name]) ? "" : (developers[name] ?? "")] as const);
    for (const [name, value] of found) if (value === "") missing.add(name);
    entry.environment = { ...entry.environment, ...Object.fromEntries(found), AWS_ENDPOINT_URL_LAMBDA: endpoint };
  }
  return [...missing];
}

function endpointOf({ host = "localhost", lambdaPort = LAMBDA_PORT }: { host?: string; lambdaPort?: number | string }) {
  return `http://${host === "0.0.0.0" ? "127.0.0.1" : host}:${lambdaPort}`;
}
