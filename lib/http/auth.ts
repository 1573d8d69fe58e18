import { createHash, timingSafeEqual } from "node:crypto";
import { SCOPES, type Scope } from "../config/scopes.ts";
import { entriesOf } from "../config/variable.ts";
import { Problem } from "../errors.ts";

/** A key that this deployment accepts. Only its hash is known here. */
export interface ApiKey {
  name: string;
  scopes: readonly Scope[];
  /** SHA-256. The key has 190 random bits, so a slow hash would add nothing. */
  hash: Buffer;
}

/**
 * Keys as they stand in API_KEYS: `name:scope+scope:sha256`, several separated by commas or white space. A name may
 * stand twice, so that a new key works before the old one is taken away.
 *
 * @throws Error saying which entry is wrong
 */
export function parseApiKeys(text: string): ApiKey[] {
  return entriesOf(text).map((entry, i) => {
    const [, name, scopes, hash] = entry.match(/^([\w.-]{1,64}):([\w+]+):([0-9a-f]{64})$/) ?? [];
    const list = (scopes ?? "").split("+");
    if (!name || !hash || !list.every(isScope)) {
      throw new Error(`name:scopes:hash as npm run key prints it (scopes: ${SCOPES.join(", ")}) in entry ${i + 1}`);
    }
    return { name, scopes: list, hash: Buffer.from(hash, "hex") };
  });
}

function isScope(text: string): text is Scope {
  return (SCOPES as readonly string[]).includes(text);
}

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
