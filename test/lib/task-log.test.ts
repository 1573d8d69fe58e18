import fc from "fast-check";
import { expect, test } from "vitest";
import { LastLines, logLine } from "../../lib/observability/task-log.ts";

const BYTES = 8 * 1024;

const circle: Record<string, unknown> = { a: 1 };
circle.itself = circle;
const broken = () => {
  throw new Error("no");
};
const odd = Object.defineProperty({ well: 1 }, "ill", { enumerable: true, get: broken });
const fields: [what: string, given: unknown, kept: unknown][] = [
  ["what JSON holds", { a: [1, "b", null, { c: true }] }, { a: [1, "b", null, { c: true }] }],
  ["a bigint", { big: 12345678901234567890n }, { big: "12345678901234567890" }],
  ["undefined", { none: undefined }, { none: "undefined" }],
  ["not a number", { n: Number.NaN, far: Number.POSITIVE_INFINITY }, { n: "NaN", far: "Infinity" }],
  ["an error", { error: new RangeError("far") }, { error: "RangeError: far" }],
  ["a map and a set", { map: new Map([["a", 1]]), set: new Set([1]) }, { map: { a: 1 }, set: [1] }],
  ["a date", { date: new Date(0) }, { date: "1970-01-01T00:00:00.000Z" }],
  ["a circle", { circle }, { circle: { a: 1, itself: "(circular)" } }],
  ["the same twice", { a: circle.a, b: [[1], [1]] }, { a: 1, b: [[1], [1]] }],
  ["a symbol", { symbol: Symbol("s") }, { symbol: "Symbol(s)" }],
  ["a getter that throws", odd, { well: 1, ill: "(cannot be read)" }],
  ["a toJSON that throws", { odd: { toJSON: broken } }, { odd: "(cannot be read)" }],
  ["a proxy that throws", { trap: new Proxy({}, { has: broken, get: broken }) }, { trap: "(cannot be read)" }],
  ["depth", { a: { b: { c: { d: { e: { f: 1 } } } } } }, { a: { b: { c: { d: { e: "(an object)" } } } } }],
  ["something that is not an object", [1, 2], { value: [1, 2] }],
  ["words", "words", { value: "words" }],
];

test.each(fields)("fields with %s are kept as far as JSON can hold them, and described otherwise", (_, given, kept) => {
  expect(logLine(7, "said", given)).toEqual({ at: 7, message: "said", fields: kept });
});

test.each<[string, unknown, string]>([
  ["words", "words", "words"],
  ["a number", 5, "5"],
  ["nothing", undefined, "undefined"],
  ["an error", new Error("it broke"), "it broke"],
])("a message that is %s is turned into text", (_, message, text) => {
  expect(logLine(7, message)).toEqual({ at: 7, message: text });
});

test("any line fits into 8 KB, and is only cut between characters", () => {
  const anything = fc.anything({ withBigInt: true, withMap: true, withDate: true });
  const long = fc.tuple(fc.constantFrom("😀", "\u0000", "é", "x"), fc.nat(100_000)).map(([c, n]) => c.repeat(n));
  const said = fc.oneof(anything, long, fc.dictionary(fc.string(), fc.oneof(anything, long)));
  let cases = 0;
  fc.assert(
    fc.property(said, said, (message, given) => {
      const lines = new LastLines();
      lines.add(logLine(1, message, given));
      const json = lines.json!;
      expect(Buffer.byteLength(json)).toBeLessThanOrEqual(BYTES);
      if (message === "😀".repeat(50_000)) expect(json).not.toMatch(/\\ud[89ab]../i);
      cases++;
    }),
    { numRuns: 200 },
  );
  expect(cases).toBe(200);
  const { message } = logLine(1, `a${"😀".repeat(50_000)}`);
  expect(message).toMatch(/^a(😀)+$/u);
});

test("the last twenty lines are kept, or as many long ones as fit into 8 KB", () => {
  const short = new LastLines();
  for (let i = 1; i <= 25; i++) short.add(logLine(i, `line ${i}`));
  const kept = JSON.parse(short.json!) as { message: string }[];
  expect(kept.map(({ message }) => message)).toEqual(Array.from({ length: 20 }, (_, i) => `line ${i + 6}`));

  const long = new LastLines();
  for (let i = 1; i <= 20; i++) long.add(logLine(i, `${i} ${"é".repeat(1_000)}`));
  const last = JSON.parse(long.json!) as { at: number }[];
  expect(last.map(({ at }) => at)).toEqual([17, 18, 19, 20]);
  expect(Buffer.byteLength(long.json!)).toBeLessThanOrEqual(BYTES);
});

test("a task that logged nothing has no lines", () => {
  expect(new LastLines().json).toBeUndefined();
});
