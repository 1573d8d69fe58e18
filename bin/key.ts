import { createHash, randomBytes } from "node:crypto";
import { parseArgs } from "node:util";
import { parseApiKeys } from "../lib/config/api-keys.ts";

/** `npm run key -- --name ci --scopes submit+read`: make an API key, and the entry for API_KEYS that accepts it. */
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
    "\nGive the key to the caller, it cannot be shown again; add the entry to API_KEYS (separated by a comma).",
  );
} catch {
  console.error(
    "--name takes letters, digits, dots and dashes; --scopes takes submit, read and admin, joined by +; there is nothing else",
  );
  process.exitCode = 1;
}
