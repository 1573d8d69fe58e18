import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Returns the version of this package: that of the nearest package.json above this file that is named wakeq. */
export function version(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  for (;;) {
    const found = manifestIn(folder);
    if (found?.name === "wakeq") return found.version;
    if (dirname(folder) === folder) return "unknown";
    folder = dirname(folder);
  }
}

function manifestIn(folder: string): { name: string; version: string } | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { name: string; version: string };
  } catch {
    return undefined; // most folders have none
  }
}
