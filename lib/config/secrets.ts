import { ConfigError, describe } from "../errors.ts";
import { exchange } from "../exchange.ts";
import { cut } from "../text.ts";
import { type AwsCredentials, sign } from "./sigv4.ts";
import type { Environment } from "./variable.ts";

/** How to reach AWS Systems Manager's Parameter Store. */
export interface SsmSettings {
  region: string;
  /** http(s)://host[:port] */
  endpoint: string;
  credentials: AwsCredentials;
}

/** SSM did not answer, so it is not known what it holds: settings that were read before stay in use. */
export class SecretsUnavailable extends ConfigError {
  override name = "SecretsUnavailable";
}

/** SSM answered that it will not give them. */
class SsmRefusal extends Error {}

const PREFIX = "ssm:";
/** How long one call may take. Two calls and the database's three tries must fit into the life of a function. */
const TIMEOUT_MS = 1_000;

/** The most names that one GetParameters call takes. */
const NAMES_AT_ONCE = 10;

/** Tells whether any setting is a secret that is kept elsewhere. */
export function hasSecrets(environment: Environment): boolean {
  return Object.values(environment).some(isSecret);
}

/** Tells whether a value stands for a secret: `ssm:NAME`. */
export function isSecret(value: string | undefined): value is string {
  return value?.startsWith(PREFIX) ?? false;
}

/**
 * Replaces each value `ssm:NAME` of the environment by the parameter of that name, decrypted. One signed GetParameters call
 * reads ten.
 * https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameters.html
 *
 * @throws SecretsUnavailable when SSM does not answer; ConfigError when one is missing, or may not be read. Never names a value
 */
export async function withSecrets(environment: Environment, settings: SsmSettings): Promise<Environment> {
  const wanted = Object.entries(environment).flatMap(([variable, value]) =>
    value?.startsWith(PREFIX) ? [[variable, value.slice(PREFIX.length)] as const] : [],
  );
  const names = [...new Set(wanted.map(([, name]) => name))];
  let found: Record<string, string>;
  try {
    const calls = Array.from({ length: Math.ceil(names.length / NAMES_AT_ONCE) }, (_, i) => {
      const some = names.slice(i * NAMES_AT_ONCE, (i + 1) * NAMES_AT_ONCE);
      return getParameters(some, settings).catch(() => getParameters(some, settings));
    });
    found = Object.assign({}, ...(await Promise.all(calls))) as Record<string, string>;
  } catch (error) {
    const Failure = error instanceof SsmRefusal ? ConfigError : SecretsUnavailable;
    throw new Failure(`SSM did not give the parameters ${names.join(", ")}: ${describe(error).message}`);
  }
  const missing = wanted.filter(([, name]) => found[name] === undefined);
  if (missing.length > 0) {
    const which = missing.map(([variable, name]) => `${name} (for ${variable})`);
    throw new ConfigError(`SSM has no such parameters in ${settings.region}: ${which.join(", ")}`);
  }
  return { ...environment, ...Object.fromEntries(wanted.map(([variable, name]) => [variable, found[name]])) };
}

async function getParameters(
  names: string[],
  { endpoint, region, credentials }: SsmSettings,
): Promise<Record<string, string>> {
  const base = new URL(endpoint);
  const body = JSON.stringify({ Names: names, WithDecryption: true });
  const given = { "content-type": "application/x-amz-json-1.1", "x-amz-target": "AmazonSSM.GetParameters" };
  const request = { method: "POST", host: base.host, path: "/", body, headers: given };
  const headers = sign(request, { service: "ssm", region }, credentials);
  const { status, text } = await exchange(base, { path: "/", headers, body }, TIMEOUT_MS);
  if (status !== 200) {
    const isBusy = status >= 500 || status === 429 || /Throttling/.test(text);
    throw new (isBusy ? Error : SsmRefusal)(`it answered ${status}: ${cut(text, 300)}`);
  }
  const { Parameters } = JSON.parse(text) as { Parameters: { Name: string; Selector?: string; Value: string }[] };
  return Object.fromEntries(Parameters.map(({ Name, Selector = "", Value }) => [Name + Selector, Value]));
}
