import { createHash, timingSafeEqual } from "node:crypto";
import type { ApiKey } from "../config/api-keys.ts";
import type { Scope } from "../config/scopes.ts";
import { Problem } from "../errors.ts";

/**
 * Who calls: the key in the `Authorization` header. Every known key is compared, each in constant time, so
 * that the time taken tells nothing of them. Without a scope any of them will do.
 *
 * @throws Problem `unauthorized`, `forbidden`
 */
export function authorize(keys: readonly ApiKey[], header: string | undefined, scope?: Scope): ApiKey {
  const [, token] = header?.match(/^Bearer +([\x21-\x7e]{1,512})$/i) ?? [];
  if (token === undefined) throw new Problem("unauthorized", "send a key as: Authorization: Bearer KEY");
  const given = createHash("sha256").update(token).digest();
  const known = keys.filter(({ hash }) => timingSafeEqual(hash, given))[0];
  if (!known) throw new Problem("unauthorized", "this key is not known here");
  if (scope && !allows(known, scope)) {
    throw new Problem(
      "forbidden",
      `this needs a key with the scope ${scope}; ${known.name} has ${known.scopes.join(", ")}`,
    );
  }
  return known;
}

export function allows({ scopes }: Pick<ApiKey, "scopes">, scope: Scope): boolean {
  return scopes.includes(scope) || scopes.includes("admin");
}
