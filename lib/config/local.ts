import { ConfigError } from "../errors.ts";
import { choice, text, type valuesOf } from "./variable.ts";

/** All that tells a local stack from a deployment: two settings, where the API listens, and what platforms set. */
export const LOCAL = {
  /** Set by serverless-offline. */
  IS_OFFLINE: choice(["true", "false"], "false"),
  /** Set by `sls invoke local` and docker-compose.yml. */
  IS_LOCAL: choice(["true", "published-on-loopback", "false"], "false"),
  API_HOST: text("127.0.0.1"),
  AWS_LAMBDA_RUNTIME_API: text(undefined),
  AWS_LAMBDA_FUNCTION_NAME: text(undefined),
  AWS_LAMBDA_LOG_STREAM_NAME: text(undefined),
  ECS_CONTAINER_METADATA_URI_V4: text(undefined),
  KUBERNETES_SERVICE_HOST: text(undefined),
  K_SERVICE: text(undefined),
};

/** The values of `LOCAL`. */
export type LocalSettings = ReturnType<typeof valuesOf<typeof LOCAL>>;

/** The log stream of every function that serverless-offline or `sls invoke local` runs. */
const EMULATED_STREAM = "2016/12/02/[$LATEST]f77ff5e4026c45bda9a9ebcec6bc9cad";

/** Platforms that run containers for others to reach, by a variable that each sets. */
const PLATFORMS = ["ECS_CONTAINER_METADATA_URI_V4", "KUBERNETES_SERVICE_HOST", "K_SERVICE"] as const;

/**
 * Tells whether this is a local stack, which is open without API keys. The only place that decides it.
 *
 * @throws ConfigError where a setting says that it is, and something else says that others reach it
 */
export function isLocal(env: LocalSettings): boolean {
  const name = env.IS_OFFLINE === "true" ? "IS_OFFLINE" : "IS_LOCAL";
  const value = env[name];
  if (value === "false") return false;
  const contradiction = contradictionOf(env);
  if (contradiction !== undefined) throw new ConfigError(`these settings are wrong:\n  ${name}: ${contradiction}`);
  return true;
}

function contradictionOf(env: LocalSettings): string | undefined {
  if (isOnLambda(env)) return "this runs on AWS Lambda, which is never local: unset it, and set API_KEYS";
  if (isEmulated(env) || isLoopback(env.API_HOST)) return undefined;
  if (env.IS_LOCAL !== "published-on-loopback")
    return `API_HOST is ${env.API_HOST}, where other machines reach it: unset it and set API_KEYS, or, where the port is published on 127.0.0.1 alone, set it to published-on-loopback`;
  const platform = PLATFORMS.find((each) => env[each] !== undefined);
  return platform && `${platform} is set, so this runs on a platform that others reach: unset it, and set API_KEYS`;
}

/**
 * Tells whether this runs on Lambda, which gives every function the address of its Runtime API. Emulators that run functions
 * in a process of their own do not. A name without the emulators' log stream is Lambda's too.
 */
function isOnLambda(env: LocalSettings): boolean {
  return env.AWS_LAMBDA_RUNTIME_API !== undefined || (env.AWS_LAMBDA_FUNCTION_NAME !== undefined && !isEmulated(env));
}

/** Tells whether an emulator runs this. Then nothing listens at API_HOST: serverless-offline listens, on 127.0.0.1, or nothing does. */
function isEmulated(env: LocalSettings): boolean {
  return env.AWS_LAMBDA_LOG_STREAM_NAME === EMULATED_STREAM;
}

/** Tells whether a name or an address, in brackets or not, is one of this machine's own. */
export function isLoopback(host: string): boolean {
  return /^((.+\.)?localhost|127(\.\d{1,3}){3}|\[?::1\]?)$/i.test(host);
}
