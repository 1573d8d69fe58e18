import fc from "fast-check";
import { expect, test } from "vitest";
import { changedNumbers } from "../../lib/json/numbers.ts";

const details = (json: string) => changedNumbers(json).map(({ detail }) => detail);

test.each([
  ["9007199254740993", "9007199254740992"],
  ["-9007199254740993", "-9007199254740992"],
  ["9223372036854775807", "9223372036854776000"],
  ["9223372036854775808", "9223372036854776000"], // 2^63, which a double holds and prints with other digits
  ["1152921504606847000", "1152921504606846976"], // the other way round
  ["12345678901234567890", "12345678901234567000"],
  ["1e400", "Infinity"],
  ["-1E+309", "-Infinity"],
  [`${"9".repeat(400)}`, "Infinity"],
  ["1e-400", "0"],
  ["-2.4e-324", "0"],
  [`0.${"0".repeat(400)}1`, "0"],
])("%s is found, with the number that it would become", (written, became) => {
  const [detail = "none"] = details(`{"a":${written}}`);
  expect(detail).toMatch(/^send it as a string: the number -?\d/);
  expect(detail).toMatch(new RegExp(` would become ${became.replace("+", "\\+")}$`));
  expect(detail.length).toBeLessThan(150);
});

test.each([
  ...["0", "-0", "0.0", "0e999", "0.000e-999", "-0E0", "1", "-1.5", "5e-324", "1.7976931348623157e308"],
  ...["9007199254740991", "9007199254740992", "9007199254740994", "-9007199254740992", "100000000000000000000"],
  ...[`1${"0".repeat(22)}`, "1e21", "1e23", "6.02214076e23", "0.1", "0.12345678901234567890123", "9007199254740993.5"],
])("%s stays unchanged", (written) => expect(details(`[${written}]`)).toEqual([]));

test("a text full of such numbers is refused quickly", () => {
  expect(details(`[${"1e999,".repeat(100_000)}0]`)).toHaveLength(1_000);
});

test("digits in a string or a name are not a number", () => {
  const texts = ["9007199254740993", '\\"9007199254740993', "\\\\", '1e400\\\\\\"', "{[,]}:"].map(
    (text) => `"${text}"`,
  );
  expect(changedNumbers(`{${texts.map((text) => `${text}:[${texts.join()}]`).join()}}`)).toEqual([]);
});

interface Made {
  json: string;
  /** The path and the literal of each number. */
  numbers: [path: string[], literal: string][];
}

const digits = (most: number) => fc.stringMatching(new RegExp(`^(0|[1-9][0-9]{0,${most}})$`));
const near = fc
  .tuple(fc.integer({ min: 50, max: 1_030 }), fc.bigInt({ min: -3n, max: 3n }))
  .map(([e, d]) => String(2n ** BigInt(e) + d));
const mantissa = fc.tuple(fc.constantFrom("", "-"), fc.oneof(digits(25), near, fc.constant("0")));
const literal = fc
  .tuple(
    mantissa,
    fc.option(fc.stringMatching(/^\.[0-9]{1,20}$/), { freq: 2, nil: "" }),
    fc.option(fc.stringMatching(/^[eE][+-]?[0-9]{1,3}$/), { freq: 2, nil: "" }),
  )
  .map(([[sign, whole], fraction, exponent]) => sign + whole + fraction + exponent);
const blank = fc.constantFrom("", "", " ", "\n\t");

/** JSON as text, with its numbers and their paths. */
const { value } = fc.letrec<{ value: Made }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthSize: "small" },
    fc.tuple(literal, blank).map(([text, space]): Made => ({ json: space + text + space, numbers: [[[], text]] })),
    fc
      .oneof(
        fc.string({ unit: "binary" }),
        fc.constantFrom("9007199254740993", '"', "\\", '\\"'),
        fc.boolean(),
        fc.constant(null),
      )
      .map((leaf): Made => ({ json: JSON.stringify(leaf), numbers: [] })),
    fc.array(tie("value"), { maxLength: 4 }).map(
      (items): Made => ({
        json: `[${items.map(({ json }) => json).join()}]`,
        numbers: items.flatMap(({ numbers }, i) =>
          numbers.map(([path, text]): Made["numbers"][0] => [[String(i), ...path], text]),
        ),
      }),
    ),
    fc
      .array(
        fc.tuple(
          fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom("a/b", '"', "\\", "1e400")),
          blank,
          tie("value"),
        ),
        { maxLength: 4 },
      )
      .map(
        (fields): Made => ({
          json: `{${fields.map(([name, space, { json }]) => `${space}${JSON.stringify(name)}${space}:${json}`).join()}}`,
          numbers: fields.flatMap(([name, , { numbers }]) =>
            numbers.map(([path, text]): Made["numbers"][0] => [[name, ...path], text]),
          ),
        }),
      ),
  ),
}));

/** Compares, with integers only, the exact value of the literal with that of the double and that of its digits. */
function changes(text: string): boolean {
  const value = Number(text);
  if (!Number.isFinite(value)) return true;
  if (value === 0) return /[1-9]/.test(text.split(/[eE]/)[0]!);
  return /^-?\d+$/.test(text) && (BigInt(text) !== BigInt(value) || BigInt(text) !== written(value));
}

/** The integer that JavaScript writes for the value. */
function written(value: number): bigint {
  const [, sign = "", whole = "", fraction = "", exponent = "0"] = /^(-?)(\d+)(?:\.(\d+))?(?:e\+(\d+))?$/.exec(
    String(value),
  )!;
  return BigInt(sign + whole + fraction) * 10n ** BigInt(Number(exponent) - fraction.length);
}

test("exactly the numbers that change according to BigInt are found, each at its path", () => {
  let found = 0;
  let numbers = 0;
  fc.assert(
    fc.property(value, (made) => {
      const expected = made.numbers.filter(([, text]) => changes(text)).map(([path]) => path);
      expect(changedNumbers(made.json).map(({ path }) => path)).toEqual(expected);
      found += expected.length;
      numbers += made.numbers.length;
    }),
    { numRuns: 3_000 },
  );
  expect(found).toBeGreaterThan(500);
  expect(numbers - found).toBeGreaterThan(500);
});
