/**
 * Writes `test/fixtures/format-1.json`: every key and value that this version leaves, in each status and place, and the scripts
 * that it sends. It is run by hand, for the release of 0.2.0, and never after it (docs/upgrading.md):
 *
 *     node --import tsx --import ./local/text-assets.mjs test/support/format/make.ts
 */
import { writeFileSync } from "node:fs";
import { makeFormat } from "./cases.ts";
import { FORMAT_FILE } from "./fixture.ts";

const format = await makeFormat("0.2.0");
writeFileSync(FORMAT_FILE, `${JSON.stringify(format, null, 1)}\n`);
console.log(`${FORMAT_FILE}: ${format.cases.length} cases, ${Object.keys(format.scripts).length} scripts`);
