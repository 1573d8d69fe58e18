import { type Environment, environmentWith } from "../../config/config.ts";
import { isSecret } from "../../config/secrets.ts";
import type { FunctionEntry, Project } from "./project.ts";

/** The port of serverless-offline's Invoke API, unless the project says otherwise. */
const LAMBDA_PORT = 3_002;

/**
 * Makes functions run on a laptop, under `sls offline` and `sls invoke local`: wake-ups go to serverless-offline, and a secret
 * (`ssm:NAME`) is never fetched. It has the value that the developer's shell or `.env` gives it, else none. Returns the names of
 * the secrets that have none.
 */
export function runHere(
  project: Project,
  ours: readonly FunctionEntry[],
  given: { host?: string; lambdaPort?: number | string },
  developers: Environment = environmentWith({}),
): string[] {
  const { provider, functions = {}, custom = {} } = project;
  const worker = ours.map(({ environment }) => environment?.WORKER_FUNCTION_NAME).find(Boolean);
  const endpoint =
    developers.AWS_ENDPOINT_URL_LAMBDA ?? endpointOf({ ...(custom["serverless-offline"] ?? {}), ...given });
  const isWaking = ({ environment = {} }: FunctionEntry) =>
    (environment.WORKER_FUNCTION_NAME ?? provider.environment?.WORKER_FUNCTION_NAME) === worker;
  for (const entry of Object.values(functions).filter(isWaking))
    entry.environment = { ...entry.environment, AWS_ENDPOINT_URL_LAMBDA: endpoint };
  const missing = new Set<string>();
  for (const entry of ours)
    for (const [name, value] of Object.entries({ ...provider.environment, ...entry.environment })) {
      if (typeof value !== "string" || !isSecret(value)) continue;
      const set = developers[name] ?? "";
      if (set === "" || isSecret(set)) missing.add(name);
      entry.environment = { ...entry.environment, [name]: isSecret(set) ? "" : set };
    }
  return [...missing];
}

function endpointOf({ host = "localhost", lambdaPort = LAMBDA_PORT }: { host?: string; lambdaPort?: number | string }) {
  return `http://${host === "0.0.0.0" ? "127.0.0.1" : host}:${lambdaPort}`;
}
