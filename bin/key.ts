import { createHash, randomBytes } from "node:crypto";
import { parseArgs } from "node:util";
import { parseApiKeys } from "../lib/config/api-keys.ts";

/** Runs `npm run key -- --name ci --scopes submit+read`: makes an API key, and the entry for API_KEYS that accepts it. */
function make(): { key: string; entry: string } {
  const { values } = parseArgs({
    options: { name: { type: "string", default: "default" }, scopes: { type: "string", default: "submit+read" } },
  });
  const key = `wq_${randomBytes(24).toString("base64url")}`;
  const hash = createHash("sha256").update(key).digest("hex");
  const entry = `${values.name}:${values.scopes.replaceAll(",", "+")}:${hash}`;
  parseApiKeys(entry);
  return { key, entry };
}

try {
  const { key, entry } = make();
  console.log(`key    ${key}`);
  console.log(`entry  ${entry}`);
  console.error(
    "\nGive the key to the caller: it cannot be shown again. Add the entry to API_KEYS (entries are separated by commas).",
  );
} catch {
  console.error(
    "no key was made: --name takes letters, digits, dots and dashes; --scopes takes submit, read and admin, joined by +; no other options",
  );
  process.exitCode = 1;
}
