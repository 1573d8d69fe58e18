import { readFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { closingLine, lineOf as findingLine, jsonOf } from "../../bin/doctor/report.ts";
import { createLog } from "../../lib/observability/log.ts";
import { lineOf } from "../../local/log-lines.ts";
import { printableLines } from "../../local/printable.ts";

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);
/** C0 without the tab, DEL, C1, separators, and the controls of bidirectional text (Unicode's Bidi_Control). */
const OBEYED = [
  ...[...range(0x00, 0x08), ...range(0x0a, 0x1f), ...range(0x7f, 0x9f), 0x61c, 0x200e, 0x200f],
  ...[...range(0x2028, 0x202e), ...range(0x2066, 0x2069)],
].map((code) => String.fromCharCode(code));

function obeyedIn(text: string | undefined, but = ""): string[] {
  return OBEYED.filter((one) => one !== but && text!.includes(one));
}

/** Texts that make a terminal set its title, clear itself, answer as if someone typed, hide text or go back. */
const ATTACKS = ["\u001b]0;title\u0007", "\u001b[2J", "\u009b6n", "\u001b[8m", "\rok", "\u202egpj.exe", "a\nFAIL b"];
const hostile = fc.oneof(
  fc.constantFrom(...ATTACKS),
  fc.array(fc.oneof(fc.constantFrom(...OBEYED), fc.string({ unit: "binary" }))).map((all) => all.join("")),
);

test("no text in a log line acts on the terminal, and nothing of it is lost", () => {
  const line = fc.record({ task: hostile, message: hostile, error: hostile, fields: fc.dictionary(hostile, hostile) });
  fc.assert(
    fc.property(line, hostile, (fields, stack) => {
      const lines: string[] = [];
      createLog("info", (each) => void lines.push(each))("error", "failed", { job_id: "1", ...fields, stack });
      const [json] = lines;
      expect(obeyedIn(json, "\n")).toEqual([]);
      expect(json!.split("\n")).toHaveLength(2); // the line ends with a line break
      expect(JSON.parse(json!)).toMatchObject({ ...fields, stack });
      const shown = lineOf(json!.trimEnd());
      expect(obeyedIn(shown, "\n")).toEqual([]);
      expect(shown!.split("\n")).toHaveLength(1 + stack.split("\n").length);
      expect(obeyedIn(lineOf(JSON.stringify({ time: "", event: "failed", ...fields })))).toEqual([]);
    }),
    { numRuns: 300 },
  );
});

test.each(OBEYED)("%j is escaped anywhere in a line", (one) => {
  const raw = `a${one}b`;
  expect(lineOf(raw)).toMatch(/^a\\(n|r|u[0-9a-f]{4})b$/);
  expect(obeyedIn(lineOf(`{${raw}`))).toEqual([]);
  expect(obeyedIn(printableLines(raw), "\n")).toEqual([]);
  const finding = { check: "token", state: "FAIL", seen: raw, fix: raw } as const;
  expect(obeyedIn(findingLine(finding), "\n")).toEqual([]);
  expect(findingLine(finding).split("\n")).toHaveLength(2);
  const json = jsonOf([finding], { sent: 1, free: 0, inScripts: 0 });
  expect(obeyedIn(json, "\n")).toEqual([]);
  expect(JSON.parse(json).findings).toEqual([finding]);
});

test("text in any language is shown unchanged, with its emoji", () => {
  for (const text of ["Grüße\taus Köln", "漢字 かな", "עברית", "العربية", "👩‍👩‍👧 🎉", "e\u0301", 'C:\\"x"'])
    expect(lineOf(text)).toBe(text);
  expect(closingLine([], { sent: 1, free: 0, inScripts: 0 })).toContain("took 1 Redis commands");
});

test("the lines that serverless-offline prints every minute are left out", async () => {
  const schedule = "../../node_modules/serverless-offline/src/events/schedule/Schedule.js";
  const code = await readFile(join(import.meta.dirname, schedule), "utf8");
  expect(code).toContain("`Successfully invoked scheduled function: [");
  expect(lineOf("Successfully invoked scheduled function: [worker]")).toBeUndefined();
  expect(lineOf("Failed to execute scheduled function: [worker]")).toContain("Failed");
});
