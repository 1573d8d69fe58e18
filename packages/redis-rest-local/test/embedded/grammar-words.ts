import fc from "fast-check";

/** One argument: a `Buffer` where it may not be UTF-8. */
export type Argument = string | Buffer;
export type Words = Argument[];

const KEYS = ["k1", "k2", "k3", "k4", "k5", "k6"];
export const keyNames: readonly Argument[] = [...KEYS, Buffer.from([0xff, 0x00, 0x6b])];

const SHORT_NAMES = ["a", "b", "c", "d", "e", "f", "10", "-3"];
const INTEGERS = ["0", "1", "-1", "2", "-2", "3", "-3", "5", "7", "10", "-100", "100"];
/** The only large negative number is the least one: some commands answer with as many elements. */
const ODD_INTEGERS = ["9223372036854775807", "9223372036854775808", "-9223372036854775808", "x", "", "1.5", "+1", "01"];
const FLOATS = [
  "0",
  "1",
  "-1.5",
  "3.14",
  "0.1",
  "0.2",
  "-0",
  "1e5",
  "123456789.123456789",
  "1e-5",
  "17",
  "3",
  "2.5e-3",
];
const ODD_FLOATS = [
  "inf",
  "-inf",
  "+Infinity",
  "nan",
  "x",
  "",
  "0x10",
  "1e400",
  "1e20",
  ".5",
  "5.",
  " 1",
  "1 ",
  "1e",
  "--1",
];
const PATTERNS = [
  "*",
  "k*",
  "k[12]",
  "?",
  "a*",
  "\\*",
  "[^a]*",
  "k[",
  "[a-c]?",
  "**",
  "",
  "k?",
  "[c-a]",
  "*[0-9]",
  "[\\a]",
];

/** What mutations put anywhere. Nothing here may make a command dangerous. */
export const atom: fc.Arbitrary<Argument> = fc.oneof(
  fc.constantFrom(...keyNames, ...SHORT_NAMES, ...INTEGERS, ...ODD_INTEGERS, ...ODD_FLOATS, ...PATTERNS),
  fc.constantFrom(
    "NX",
    "XX",
    "GT",
    "LT",
    "CH",
    "INCR",
    "EX",
    "PX",
    "GET",
    "LIMIT",
    "WITHSCORES",
    "COUNT",
    "MATCH",
    "REV",
  ),
  fc.constantFrom(
    "(1",
    "(2",
    "[a",
    "(c",
    "-",
    "+",
    "LEFT",
    "RIGHT",
    "MIN",
    "MAX",
    "BYLEX",
    "BYSCORE",
    "BEFORE",
    "KEEPTTL",
  ),
);

export const key: fc.Arbitrary<Argument> = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom(...KEYS.slice(0, 4)) },
  { weight: 3, arbitrary: fc.constantFrom(...keyNames) },
);
export const member: fc.Arbitrary<Argument> = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...SHORT_NAMES) },
  { weight: 1, arbitrary: fc.constantFrom("", "é", "z".repeat(70), Buffer.from([0x00, 0x80, 0xff])) },
);
export const value: fc.Arbitrary<Argument> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...SHORT_NAMES, ...INTEGERS, "abc", "hello world") },
  { weight: 2, arbitrary: fc.constantFrom(...FLOATS, ...ODD_FLOATS, ...ODD_INTEGERS) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 12 }).map((bytes) => Buffer.from(bytes)) },
);
export const integer = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom(...INTEGERS) },
  { weight: 1, arbitrary: fc.constantFrom(...ODD_INTEGERS) },
);
/** From -10 to 10, so that no command fills much with zeros. */
export const count = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom("0", "1", "2", "3", "10", "-1", "-2", "-5") },
  { weight: 1, arbitrary: fc.constantFrom(...ODD_INTEGERS) },
);
export const float = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...FLOATS) },
  { weight: 1, arbitrary: fc.constantFrom(...ODD_FLOATS) },
);
export const pattern = fc.constantFrom(...PATTERNS);
export const scoreBound = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom("-inf", "+inf", "0", "1", "3", "(1", "(0.1", "(3", "17", "(-inf", "1e5") },
  { weight: 1, arbitrary: fc.constantFrom("(", "", "x", "nan", "(x", " 1", "1\0x", "0x1") },
);
export const lexBound = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom("-", "+", "[a", "(a", "[c", "(d", "[f", "(", "[") },
  { weight: 1, arbitrary: fc.constantFrom("a", "", "-x", "+x") },
);
/** Far from each other and from now, so that it does not show when each server runs the command. */
export const relativeSeconds = time(["100", "5000", "900000"], ["0", "-5", "9223372036854775807", "9223372036854775"]);
export const relativeMs = time(["200000", "7000000", "800000000"], ["0", "-5", "9223372036854775807"]);
export const absoluteSeconds = time(
  ["4102444800", "4202444800", "5000000000"],
  ["1", "0", "-1", "9223372036854775807"],
);
export const absoluteMs = time(["4102444800000", "4202444800000", "5000000000123"], ["1", "0", "-1"]);

function time(future: string[], odd: string[]): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...future) },
    { weight: 2, arbitrary: fc.constantFrom(...odd) },
    { weight: 1, arbitrary: fc.constantFrom("x", "", "1.5", "9223372036854775808") },
  );
}
