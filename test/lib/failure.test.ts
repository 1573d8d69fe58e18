import { createContext, runInContext } from "node:vm";
import fc from "fast-check";
import { expect, test } from "vitest";
import { shown, type WholeError, wholeOf } from "../../lib/observability/failure.ts";

const BYTES = 16 * 1024;
const parsed = (thrown: unknown) => JSON.parse(wholeOf(thrown)) as WholeError;

test("an error is kept with its stack, its code, its causes and the errors that it groups", () => {
  const refused = Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
  const both = new AggregateError([refused, new TypeError("not this way")], "no way");
  const whole = parsed(new Error("fetch failed", { cause: new RangeError("deeper", { cause: both }) }));
  expect(whole).toMatchObject({
    name: "Error",
    message: "fetch failed",
    stack: expect.stringMatching(/^ +at .*failure\.test\.ts:\d+:\d+/),
    cause: {
      name: "RangeError",
      message: "deeper",
      stack: expect.stringMatching(/^ +at /),
      cause: {
        name: "AggregateError",
        message: "no way",
        errors: [
          { name: "Error", message: "connect ECONNREFUSED", code: "ECONNREFUSED" },
          { name: "TypeError", message: "not this way", stack: expect.any(String) },
        ],
      },
    },
  });
});

test("the error of a real fetch whose connection is refused says why", async () => {
  const thrown = await fetch("http://127.0.0.1:1/").catch((error: unknown) => error);
  expect(wholeOf(thrown)).toMatch(/"message":"fetch failed".*(ECONNREFUSED|bad port)/);
});

test("the whole error has the same name as the history", () => {
  expect(JSON.parse(wholeOf(new Error("m"), "Timeout"))).toMatchObject({ name: "Timeout", message: "m" });
});

const circle = new Error("round");
circle.cause = Object.assign(new Error("and round"), { cause: circle });
const deep = Array.from({ length: 50 }).reduce<Error>((cause) => new Error("deep", { cause }), new Error("bottom"));
const wide = new AggregateError(
  Array.from({ length: 500 }, (_, i) => new Error(`wide ${i}`)),
  "wide",
);
const broken = () => {
  throw new Error("a trap");
};
const trap = new Proxy({}, { get: broken, has: broken, ownKeys: broken, getPrototypeOf: broken });
const hidden = Object.defineProperties(new Error("hidden"), {
  stack: { get: broken },
  cause: { get: broken },
  code: { get: broken },
  errors: { get: broken },
});
const things: [string, unknown][] = [
  ["a circle of causes", circle],
  ["fifty causes", deep],
  ["five hundred errors", wide],
  ["a tree of errors", new AggregateError([wide, deep, wide], "tree", { cause: wide })],
  ["an endless message", new Error("x".repeat(5_000_000), { cause: new Error("é😀".repeat(1_000_000)) })],
  ["control characters, which JSON writes as six", new Error("\u0000".repeat(100_000))],
  ["an endless name", Object.assign(new Error("m"), { name: "n".repeat(1_000_000) })],
  ["an endless stack", Object.assign(new Error("m"), { stack: "Error: m\n    at here (a.js:1:1)\n".repeat(100_000) })],
  ["an endless code", Object.assign(new Error("m"), { code: "c".repeat(1_000_000) })],
  ["a stack that is not text", Object.assign(new Error("m"), { stack: { a: 1 } })],
  ["errors that are not a list", Object.assign(new Error("m"), { errors: { length: 1e9 } })],
  ["getters that throw", hidden],
  ["a proxy", trap],
  ["a proxy as cause and among errors", Object.assign(new AggregateError([trap], "m"), { cause: trap })],
  ["another realm", runInContext('new Error("there", { cause: new TypeError("why") })', createContext({}))],
  ["words", "words"],
  ["nothing", undefined],
  ["null", null],
];

test.each(things)("%s is kept in at most 16 KB with a name and a message, and shown in at most 4 KB", (_, thrown) => {
  const whole = wholeOf(thrown);
  expect(Buffer.byteLength(whole)).toBeLessThanOrEqual(BYTES);
  expect(JSON.parse(whole)).toMatchObject({ name: expect.any(String), message: expect.any(String) });
  expect(Buffer.byteLength(shown(whole))).toBeLessThanOrEqual(4 * 1024);
  expect(whole).not.toMatch(/\\ud[89ab]../i); // half a character
});

test("anything that is thrown, however deep or strange, is kept within its limits", () => {
  const anything = fc.anything({ withBigInt: true, withMap: true, withSparseArray: true, maxDepth: 4 });
  const { error } = fc.letrec((tie) => ({
    error: fc
      .record({
        name: anything,
        message: fc.oneof(fc.string(), anything),
        cause: tie("inner"),
        errors: fc.array(tie("inner")),
      })
      .map(({ message, ...more }) => Object.assign(new Error(String(typeof message)), { message, ...more })),
    inner: fc.oneof({ maxDepth: 4 }, anything, tie("error")),
  }));
  let cases = 0;
  fc.assert(
    fc.property(fc.oneof(anything, error), (thrown) => {
      const whole = wholeOf(thrown);
      expect(Buffer.byteLength(whole)).toBeLessThanOrEqual(BYTES);
      expect(shown(whole)).toContain(":");
      cases++;
    }),
    { numRuns: 300 },
  );
  expect(cases).toBe(300);
});

test("a long message does not push the stack out", () => {
  const { stack, message } = parsed(new Error("long ".repeat(2_000)));
  expect(stack).toMatch(/failure\.test\.ts/);
  expect(message.length).toBeGreaterThan(5_000);
});

test("a message that looks like a stack is not mistaken for one", () => {
  const { stack } = parsed(new Error("no\n    at nowhere (none.js:1:1)"));
  expect(stack).toMatch(/^ +at .*failure\.test/);
});

test("an error is shown as Node shows it: its stack, then each cause with its own stack", () => {
  const text = shown(wholeOf(new Error("outer", { cause: Object.assign(new TypeError("inner"), { code: "E_IN" }) })));
  expect(text).toMatch(/^Error: outer\n +at .*failure\.test[\s\S]*\n {2}\[cause\] TypeError: inner \(E_IN\)\n +at /);
});
