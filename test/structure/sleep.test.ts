import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

// While `asleep` is there, a tick does not look at `scheduled` (lib/queue/look.ts). So whoever makes something due earlier must
// remove it, in the same script.

const FOLDER = join(import.meta.dirname, "../../lib/queue/scripts");
const files = readdirSync(FOLDER, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".lua"));

/** Zsets that a tick looks at itself, or in which nothing becomes due. */
const OTHERS = ["leases", "completed", "failed", "cancelled"];

/** Lists what a script ZADDs, without its comments: names of zsets, or of variables that hold one. */
function addedTo(code: string): string[] {
  return [...code.matchAll(/"ZADD", (\w+)/g)].map(([, name]) => name!).filter((name) => !OTHERS.includes(name));
}

const codeOf = (file: string) => readFileSync(join(FOLDER, file), "utf8").replace(/(^|\s)--.*$/gm, "");
/** Fires slots that are due: ticks do not sleep over one, and the claim that would let them sleep sees what it has added. */
const EXEMPT = ["parts/slots.lua"];
const adding = files.filter((file) => addedTo(codeOf(file)).length > 0 && !EXEMPT.includes(file));

test("the scripts that add to `scheduled` are known here", () => {
  expect(adding.sort()).toEqual([
    "parts/arrive.lua",
    "parts/definitions.lua",
    "parts/told.lua",
    "pause.lua",
    "redrive.lua",
    "submit.lua",
  ]);
});

test.each(adding)("%s ends the ticks' sleep in each place where it adds to `scheduled`", (file) => {
  const code = codeOf(file);
  expect(code.match(/redis\.call\("DEL", asleep\)/g)?.length ?? 0).toBe(addedTo(code).length);
});

test("no script adds to `scheduled` in another way", () => {
  for (const file of files)
    expect(codeOf(file), file).not.toMatch(/"(ZINCRBY|Z\w+STORE|GEOADD|RENAME(NX)?|COPY|RESTORE|SORT)"/);
});

test("only the end of a claim writes `asleep`", () => {
  const writing = files.filter((file) => /\b(note\(|"SET\w*", )asleep\b/.test(codeOf(file)));
  expect(writing).toEqual(["parts/sleep.lua"]);
});
