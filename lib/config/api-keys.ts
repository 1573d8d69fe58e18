import { SCOPES, type Scope } from "./scopes.ts";
import { entriesOf } from "./variable.ts";

/** A key that this deployment accepts. Only its hash is known here. */
export interface ApiKey {
  name: string;
  scopes: readonly Scope[];
  /** SHA-256. The key has 190 random bits, so a slow hash would add nothing. */
  hash: Uint8Array;
}

/**
 * Reads the keys in API_KEYS: `name:scope+scope:sha256`, several separated by commas or white space. A name may
 * occur twice, so that a new key works before the old one is taken away.
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
