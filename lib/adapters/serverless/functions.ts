import { alarmsOf } from "./alarms.ts";
import type { PluginOptions } from "./options.ts";
import { type FunctionEntry, hasPlugin, type ServerlessProject } from "./project.ts";
import { roleOf } from "./roles.ts";

/** What the plugin adds to a project: entries of `functions` and of `resources.Resources`. */
export interface Additions {
  functions: Record<"wakeqApi" | "wakeqWorker", FunctionEntry & { name: string }>;
  resources: Record<string, object>;
}

/** Where the database is unless the project says so. */
const DATABASE = ["UPSTASH_REDIS_REST_URL", "KV_REST_API_URL"];

/** Makes the two functions, their roles and the alarms. `folder`: where their files are. */
export function additionsOf(
  project: ServerlessProject,
  stage: string,
  options: PluginOptions,
  folder: string,
): Additions {
  const { provider, service } = project;
  const names = { api: `${service}-${stage}-wakeqApi`, worker: `${service}-${stage}-wakeqWorker` };
  const variables = variablesOf(project, stage, options);
  const environments = {
    api: { ...variables, ...(options.apiKeys === undefined ? {} : { API_KEYS: options.apiKeys }) },
    worker: variables,
  };
  const both = {
    ...(runsOurNode(provider.runtime) ? {} : { runtime: "nodejs24.x" }),
    versionFunction: false, // else each deploy keeps a version for ever
    ...packageOf(project, folder),
  };
  const roleFor = (which: "api" | "worker", statements: object[] = []) => {
    const environment = { ...provider.environment, ...environments[which] };
    return roleOf({ functionName: names[which], worker: names.worker, environment, statements }, provider);
  };
  const { path, alarms } = options;
  const audience = { name: `${service}-${stage}-wakeq`, ...names, stage: variables.STAGE };
  return {
    functions: {
      wakeqApi: {
        ...both,
        name: names.api,
        handler: `${folder}/api.handler`,
        role: "WakeqApiRole",
        memorySize: 256,
        timeout: 29, // Prefer: wait and ?wait; API Gateway gives up after 30
        httpApi: { payload: "2.0" },
        environment: environments.api,
        events: [path, `${path}/{proxy+}`].map((each) => ({ httpApi: { method: "*", path: each } })),
      },
      wakeqWorker: {
        ...both,
        name: names.worker,
        handler: `${folder}/worker.handler`,
        role: "WakeqWorkerRole",
        memorySize: options.memorySize,
        timeout: options.timeout,
        ...(options.reservedWorkers > 0 ? { reservedConcurrency: options.reservedWorkers } : {}),
        maximumRetryAttempts: 0, // the queue retries; Lambda need not
        maximumEventAge: 60, // a wake-up is a hint: an old one is worth nothing
        environment: environments.worker,
        events: [{ schedule: { rate: ["rate(1 minute)"], input: { source: "tick" } } }],
      },
    } as Additions["functions"],
    resources: {
      WakeqApiRole: roleFor("api"),
      WakeqWorkerRole: roleFor("worker", options.statements),
      ...(alarms ? alarmsOf(alarms, audience) : {}),
    },
  };
}

/** Makes the variables of both functions. The provider's own come on top of them by themselves, where ours do not name them. */
function variablesOf({ service, provider }: ServerlessProject, stage: string, { environment, alarms }: PluginOptions) {
  const given = { ...provider.environment, ...environment };
  const secret = (name: string) => `ssm:/${service}/${stage}/${name}`;
  const isKnown = DATABASE.some((name) => given[name] !== undefined);
  return {
    ...(isKnown
      ? {}
      : { UPSTASH_REDIS_REST_URL: secret("redis-url"), UPSTASH_REDIS_REST_TOKEN: secret("redis-token") }),
    STAGE: `${service}-${stage}`,
    ...(alarms ? { METRICS: "on" } : {}),
    ...environment,
    WORKER_FUNCTION_NAME: `${service}-${stage}-wakeqWorker`,
  };
}

function runsOurNode(runtime: string | undefined): boolean {
  return Number(/^nodejs(\d+)/.exec(runtime ?? "")?.[1]) >= 20;
}

/**
 * Gives each function a zip of its own, so that the project's stays as it is: what we bundle needs nothing else; a queue in
 * JavaScript comes with the project's files and packages. serverless-esbuild makes its zips by itself.
 */
function packageOf(project: ServerlessProject, folder: string): { package?: object } {
  if (hasPlugin(project, "serverless-esbuild")) return {};
  // `wakeq dev` keeps its data and its token in the same folder: they stay here.
  const entries = ["!.wakeq/**", ".wakeq/api.mjs", ".wakeq/worker.mjs"];
  const patterns = folder === ".wakeq" ? entries : ["!**", `${folder}/**`];
  return { package: { individually: true, patterns } };
}
