import { parseArgs } from "node:util";
import { makeKey, NO_KEY, printKey } from "./make-key.ts";

/** Runs `npm run key -- --name ci --scopes submit+read`. */
try {
  const { values } = parseArgs({
    options: { name: { type: "string", default: "default" }, scopes: { type: "string", default: "submit+read" } },
  });
  printKey(makeKey(values));
} catch {
  console.error(`${NO_KEY}; no other options`);
  process.exitCode = 1;
}
