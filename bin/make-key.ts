import { createHash, randomBytes } from "node:crypto";
import { parseApiKeys } from "../lib/config/api-keys.ts";

/** Makes an API key, and the entry for API_KEYS that accepts it. @throws ConfigError where the name or the scopes are none */
export function makeKey({ name, scopes }: { name: string; scopes: string }): { key: string; entry: string } {
  const key = `wq_${randomBytes(24).toString("base64url")}`;
  const hash = createHash("sha256").update(key).digest("hex");
  const entry = `${name}:${scopes.replaceAll(",", "+")}:${hash}`;
  parseApiKeys(entry);
  return { key, entry };
}

/** Prints a key. The advice goes to stderr, so that the key may be piped. */
export function printKey({ key, entry }: { key: string; entry: string }): void {
  console.log(`key    ${key}`);
  console.log(`entry  ${entry}`);
  console.error(
    "\nGive the key to the caller: it cannot be shown again. Add the entry to API_KEYS (entries are separated by commas).",
  );
}

/** What is said where no key can be made. */
export const NO_KEY =
  "no key was made: --name takes letters, digits, dots and dashes; --scopes takes submit, read and admin, joined by +";
