import { createHash, timingSafeEqual } from "node:crypto";
import type { ApiKey } from "../config/api-keys.ts";
import type { Scope } from "../config/scopes.ts";
import { ConfigError, Problem } from "../errors.ts";

/**
 * Finds the caller's key, by the `Authorization` header. Every known key is compared, each in constant time, so that the time
 * taken tells nothing of them. Without a scope any key will do.
 *
 * @throws Problem `unauthorized`, `forbidden`
 */
export function authorize(keys: readonly ApiKey[], header: string | undefined, scope?: Scope): ApiKey {
  const [, token] = header?.match(/^Bearer +([\x21-\x7e]{1,512})$/i) ?? [];
  if (token === undefined)
    throw new Problem("unauthorized", "there is no API key with the request: send it as Authorization: Bearer KEY");
  const given = createHash("sha256").update(token).digest();
  const known = keys.filter(({ hash }) => timingSafeEqual(hash, given))[0];
  if (!known) throw new Problem("unauthorized", "this key is not known here: check it, or ask for a new one");
  if (scope && !allows(known, scope)) {
    throw new Problem(
      "forbidden",
      `this needs a key with the scope ${scope}; ${known.name} has ${known.scopes.join(", ")}`,
    );
  }
  return known;
}

/** Tells whether a key has a scope. */
export function allows({ scopes }: Pick<ApiKey, "scopes">, scope: Scope): boolean {
  return scopes.includes(scope) || scopes.includes("admin");
}

/** Who calls: a key, or anybody where none is needed. */
export type Caller = Pick<ApiKey, "name" | "scopes">;

/** The caller where no key is needed. */
export const OPEN: Caller = { name: "", scopes: ["admin"] };

/**
 * Authenticates and authorizes the caller. Where no keys are set, only a local stack serves.
 *
 * @throws ConfigError where no keys are set and this is not a laptop; Problem as `authorize`
 */
export function admit(
  { apiKeys, isLocal }: { apiKeys: readonly ApiKey[]; isLocal: boolean },
  scope: Scope | undefined,
  authorization: string | undefined,
): Caller {
  if (apiKeys.length > 0) return authorize(apiKeys, authorization, scope);
  if (isLocal) return OPEN;
  throw new ConfigError("API_KEYS is not set: a deployment without keys serves nobody. Make one with npm run key");
}
