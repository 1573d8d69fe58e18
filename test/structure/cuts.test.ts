import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "../..");

/** Cuts of what holds no user's text: lists, and letters and digits that we made. */
const NOT_TEXT =
  /\b(faults|path|steps|found|paused|entries|rest|waiting|hex|time|job_id|scripts|args|rows|after|numbered|groups|marks\(.*\))\.$|(\.digest\("base64url"\)|randomUUID\(\).*|new Set\(.*\)\]|isArray\(value\) \? value)\.$/;

test("only lib/text.ts cuts a user's text, and it cuts between characters", () => {
  const cuts = ["lib", "tasks", "handlers", "bin", "testing"].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
      .map((name) => join(folder, name))
      .filter((file) => file.endsWith(".ts") && file !== join("lib", "text.ts"))
      .flatMap((file) => {
        const code = readFileSync(join(ROOT, file), "utf8").replace(/\n\s*\./g, ".");
        return [...code.matchAll(/^(.*?\.)(slice\(0,|substring\(|substr\().*$/gm)]
          .filter(([, before]) => !NOT_TEXT.test(before!))
          .map(([line]) => `${file}: ${line.trim()}`);
      }),
  );
  expect(cuts, "use cut of lib/text.ts, or name the list in NOT_TEXT").toEqual([]);
});
