import { createHash, timingSafeEqual } from "node:crypto";
import type { Authorize } from "../app/app.ts";
import type { ApiKey } from "../config/api-keys.ts";
import type { Caller, Scope } from "../config/scopes.ts";
import { ConfigError, Problem } from "../errors.ts";
import { mustNotBorrowIdentity } from "./door.ts";
import type { ApiRequest } from "./request.ts";
import { withoutSlash } from "./router.ts";

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
export function allows({ scopes }: Pick<Caller, "scopes">, scope: Scope): boolean {
  return scopes.includes(scope) || scopes.includes("admin");
}

/** The caller where no key is needed. */
export const OPEN: Caller = { name: "", scopes: ["admin"] };

/**
 * Authenticates and authorizes the caller: by the application's own `authorize`, else by its key. Where there is neither, only
 * a local stack serves.
 *
 * @throws ConfigError where no keys are set and this is not a laptop; Problem `unauthorized`, `forbidden`, `forbidden_origin`
 */
export async function admit(
  { config, authorize: own }: Admission,
  scope: Scope | undefined,
  { method, path, headers, caller }: Pick<ApiRequest, "method" | "path" | "headers" | "caller">,
): Promise<Caller> {
  const { apiKeys, isLocal } = config;
  if (caller) return caller;
  if (own) {
    mustNotBorrowIdentity(headers, config.corsOrigins);
    const asked = { method: method === "HEAD" ? "GET" : method, path: withoutSlash(path), headers };
    return admitted(await own(asked), scope);
  }
  if (apiKeys.length > 0) return authorize(apiKeys, headers.authorization, scope);
  if (isLocal) return OPEN;
  throw new ConfigError(
    "API_KEYS is not set: a deployment without keys serves nobody. Make one with npx wakeq key, or give defineQueue authorize",
  );
}

/** What decides who may call. */
export interface Admission {
  config: { apiKeys: readonly ApiKey[]; isLocal: boolean; corsOrigins: readonly string[] };
  authorize?: Authorize | undefined;
}

function admitted(caller: Caller | null, scope: Scope | undefined): Caller {
  if (!caller) throw new Problem("unauthorized", "the application does not know who this is: sign in first");
  if (scope && !allows(caller, scope))
    throw new Problem("forbidden", `this needs the scope ${scope}; ${caller.name} has ${caller.scopes.join(", ")}`);
  return caller;
}
