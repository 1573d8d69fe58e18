import fc from "fast-check";
import { expect, test } from "vitest";
import { numberOf, read, write } from "../../web/dashboard/exact.ts";

const digits = fc.stringMatching(/^(0|[1-9]\d{0,30})$/);
const number = fc
  .tuple(
    fc.constantFrom("", "-"),
    digits,
    fc.stringMatching(/^(\.\d{1,30})?$/),
    fc.stringMatching(/^([eE][+-]?\d{1,3})?$/),
  )
  .map((parts) => parts.join(""));
const text = fc.letrec<{ json: string }>((tie) => ({
  json: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    number,
    fc.oneof(fc.string({ unit: "binary" }), number).map((string) => JSON.stringify(string)),
    fc.constantFrom("true", "null"),
    fc.array(tie("json"), { maxLength: 4 }).map((items) => `[${items.join()}]`),
    fc
      .uniqueArray(
        fc.tuple(
          fc.string().map((name) => JSON.stringify(`a${name}`)),
          tie("json"),
        ),
        {
          maxLength: 4,
          selector: ([name]) => name,
        },
      )
      .map((fields) => `{${fields.map((field) => field.join(":")).join()}}`),
  ),
})).json;

test("a JSON text is written as it was read, whatever its numbers", () => {
  let cases = 0;
  fc.assert(
    fc.property(text, (json) => {
      expect(write(read(json))).toBe(json);
      cases++;
    }),
    { numRuns: 1_000 },
  );
  expect(cases).toBe(1_000);
});

test.each(["", "{", "[1 2]", "01", "1.", "[1.5.5]", "-", "NaN", "1e", '"', "{1:2}"])("%j is not JSON", (json) => {
  expect(() => read(json)).toThrow(SyntaxError);
});

test.each([
  ["5", "5"],
  [" 5 ", "5"],
  ["+5", "5"],
  [".5", "0.5"],
  ["-.5", "-0.5"],
  ["1.50", "1.50"],
  ["9007199254740993", "9007199254740993"],
  ["1e400", "1e400"],
])("typing %j means the number %s", (typed, written) => {
  expect(write({ n: numberOf(typed) })).toBe(`{"n":${written}}`);
});

test.each(["", "many", "true", "null", '"5"', "[5]", "5 6", "0x10"])("typing %j does not mean a number", (typed) => {
  expect(numberOf(typed)).toBeUndefined();
});
