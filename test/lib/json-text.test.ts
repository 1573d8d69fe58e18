import { createContext, runInContext } from "node:vm";
import fc from "fast-check";
import { expect, test } from "vitest";
import { jsonTextOf } from "../../lib/json/text.ts";

class User {
  name = "Ada";
  #secret = 1;
  get secret() {
    return this.#secret;
  }
}
class Secretive {
  #hidden = 1;
  get hidden() {
    return this.#hidden;
  }
}
class Cache extends Map {
  size_limit = 3;
}
const circle: unknown[] = [];
circle.push({ up: circle });
const nested = (levels: number) => JSON.parse("[".repeat(levels) + "]".repeat(levels)) as unknown;
const elsewhere = (code: string) => runInContext(code, createContext({})) as unknown;
const throwing = {
  get late() {
    throw new TypeError("not now");
  },
};

/** Values that JSON would change, and the refusal of each. */
const TRAPS: [unknown, string][] = [
  [Number.NaN, ": NaN is not JSON"],
  [Number.POSITIVE_INFINITY, ": Infinity is not JSON"],
  [Number.NEGATIVE_INFINITY, ": -Infinity is not JSON"],
  [1n, ": a bigint is not JSON"],
  [Symbol("s"), ": a symbol is not JSON"],
  [() => 1, ": a function is not JSON"],
  [new Map([[1, 2]]), ": an instance of Map is not JSON"],
  [new Set([1]), ": an instance of Set is not JSON"],
  [new Cache(), ": an instance of Cache is not JSON"],
  [new WeakMap(), ": an instance of WeakMap is not JSON"],
  [Promise.resolve(1), ": an instance of Promise is not JSON"],
  [/x/, ": an instance of RegExp is not JSON"],
  [new Uint8Array(2), ": an instance of Uint8Array is not JSON"],
  [new ArrayBuffer(2), ": an instance of ArrayBuffer is not JSON"],
  [new Headers({ a: "1" }), ": an instance of Headers is not JSON"],
  [new Response("x"), ": an instance of Response is not JSON"],
  [new URLSearchParams("a=1"), ": an instance of URLSearchParams is not JSON"],
  [new Secretive(), ": an instance of Secretive is not JSON"],
  [[1].values(), ": an instance of Object is not JSON"],
  [new Date(Number.NaN), ": an invalid Date is not JSON"],
  [Object(Number.NaN), ": NaN is not JSON"],
  [Object(Symbol("s")), ": a symbol is not JSON"],
  [elsewhere("new Map()"), ": an instance of Map is not JSON"],
  [[undefined], "[0]: undefined is not JSON"],
  [new Array(2), "[0]: undefined is not JSON"],
  [{ toJSON: () => ({ a: [Number.NaN] }) }, ".a[0]: NaN is not JSON"],
  [[{ toJSON: () => undefined }], "[0]: undefined is not JSON"],
  [{ items: [1, { total: Number.NaN }] }, ".items[1].total: NaN is not JSON"],
  [{ "a b": { 'q"': [() => 1] } }, '["a b"]["q\\""][0]: a function is not JSON'],
  [circle, "[0].up: a circle is not JSON"],
  [throwing, ".late: not now"],
  [[{ toJSON: () => fail("no view") }], "[0]: no view"],
  [nested(1_001), `${"[0]".repeat(98)}: nested more than 1000 levels deep`],
];
const fail = (message: string): never => {
  throw new Error(message);
};

test.each(TRAPS.map(([, words], i) => [words, i] as const))(
  "a value that JSON would change is refused: result%s",
  (words, i) => {
    expect(() => jsonTextOf(TRAPS[i]![0], "result")).toThrow(new Error(`result${words}`));
  },
);

/** Values that are kept, and what is read back. */
test.each<[string, unknown, unknown]>([
  ["nothing", undefined, undefined],
  ["null", null, null],
  ["an undefined member, left out as JSON does", { a: undefined, b: 1 }, { b: 1 }],
  ["a Date", { at: new Date(0) }, { at: "1970-01-01T00:00:00.000Z" }],
  [
    "an object with toJSON",
    [new URL("http://a.b"), Buffer.from("x")],
    ["http://a.b/", { type: "Buffer", data: [120] }],
  ],
  ["toJSON on a Map", Object.assign(new Map([[1, 2]]), { toJSON: () => "map" }), "map"],
  ["toJSON without a value", { a: { toJSON: () => undefined }, b: 1 }, { b: 1 }],
  ["an instance of a user's class", new User(), { name: "Ada" }],
  ["an object without a prototype", Object.assign(Object.create(null), { a: 1 }), { a: 1 }],
  [
    "an object of another realm",
    elsewhere("({ a: [1, {}], d: new Date(0) })"),
    { a: [1, {}], d: "1970-01-01T00:00:00.000Z" },
  ],
  ["boxed values", [Object(1), Object("a"), Object(false)], [1, "a", false]],
  [
    "the same object twice, which is not a circle",
    [circle.length, TRAPS.length].map(() => ({ a: 1 })),
    [{ a: 1 }, { a: 1 }],
  ],
  ["nothing in it", [{}, [], ""], [{}, [], ""]],
  ["a thousand levels", nested(1_000), nested(1_000)],
  ["an error", new RangeError("too far"), { name: "RangeError", message: "too far" }],
  ["an error of another realm", [elsewhere("new TypeError('odd')")], [{ name: "TypeError", message: "odd" }]],
  ["a DOMException", { e: new DOMException("gone", "AbortError") }, { e: { name: "AbortError", message: "gone" } }],
  [
    "an error with a toJSON and fields of its own",
    Object.assign(new Error("no"), { config: () => 1, toJSON: () => ({ a: 1 }) }),
    { name: "Error", message: "no" },
  ],
  [
    "a Date beside an error",
    [new Error("x"), new Date(0), { a: undefined }],
    [{ name: "Error", message: "x" }, "1970-01-01T00:00:00.000Z", {}],
  ],
])("%s is kept", (_, value, back) => {
  const text = jsonTextOf(value, "result");
  expect(text === undefined ? undefined : JSON.parse(text)).toEqual(back);
});

test("the outcome of allSettled is kept, with the reasons", async () => {
  const settled = await Promise.allSettled([Promise.resolve(1), Promise.reject(new TypeError("fetch failed"))]);
  expect(JSON.parse(jsonTextOf(settled, "result")!)).toEqual([
    { status: "fulfilled", value: 1 },
    { status: "rejected", reason: { name: "TypeError", message: "fetch failed" } },
  ]);
});

test("a bigint to which the user gave a toJSON is accepted", () => {
  const prototype = BigInt.prototype as { toJSON?: () => string };
  prototype.toJSON = function (this: bigint) {
    return this.toString();
  };
  try {
    expect(jsonTextOf({ id: 12n }, "result")).toBe('{"id":"12"}');
  } finally {
    delete prototype.toJSON;
  }
});

interface Made {
  value: unknown;
  /** What is read back, if the value is accepted. */
  back: unknown;
  /** The first place whose value JSON would change. */
  trap: string | undefined;
}

const leaf: fc.Arbitrary<Made> = fc.oneof(
  fc
    .oneof(
      fc.string({ unit: "binary" }),
      fc.integer(),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.boolean(),
      fc.constant(null),
    )
    .map((value) => ({ value, back: Object.is(value, -0) ? 0 : value, trap: undefined })),
  fc.date({ noInvalidDate: true }).map((value) => ({ value, back: value.toISOString(), trap: undefined })),
  fc.string().map((message) => ({ value: new Error(message), back: { name: "Error", message }, trap: undefined })),
);
const trap: fc.Arbitrary<Made> = fc
  .constantFrom(...TRAPS.filter(([, words]) => !words.includes("levels")))
  .map(([value, trap]) => ({ value, back: undefined, trap }));
const name = fc.stringMatching(/^[a-z]{1,4}$/);

const { made } = fc.letrec<{ made: Made }>((tie) => ({
  made: fc.oneof(
    { maxDepth: 5, depthSize: "small" },
    { weight: 20, arbitrary: leaf },
    { weight: 1, arbitrary: trap },
    {
      weight: 10,
      arbitrary: fc.array(tie("made"), { maxLength: 4 }).map(
        (items): Made => ({
          value: items.map(({ value }) => value),
          back: items.map(({ back }) => back),
          trap: firstOf(items.map(({ trap }, i) => [`[${i}]`, trap])),
        }),
      ),
    },
    {
      weight: 10,
      arbitrary: fc
        .dictionary(
          name,
          fc.oneof({ weight: 5, arbitrary: tie("made") }, { weight: 1, arbitrary: fc.constant(undefined) }),
          { maxKeys: 4 },
        )
        .map((members): Made => {
          const entries = Object.entries(members as Record<string, Made | undefined>);
          return {
            value: Object.fromEntries(entries.map(([key, inner]) => [key, inner?.value])),
            back: Object.fromEntries(entries.flatMap(([key, inner]) => (inner ? [[key, inner.back]] : []))),
            trap: firstOf(entries.map(([key, inner]) => [`.${key}`, inner?.trap])),
          };
        }),
    },
  ),
}));

function firstOf(places: [step: string, trap: string | undefined][]): string | undefined {
  const [step, found] = places.find(([, trap]) => trap !== undefined) ?? [];
  return found === undefined ? undefined : step + found;
}

test("every accepted value comes back equal from JSON.parse, and every refusal names the path", () => {
  let accepted = 0;
  let refused = 0;
  fc.assert(
    fc.property(made, ({ value, back, trap }) => {
      if (trap !== undefined) {
        refused++;
        expect(() => jsonTextOf(value, "result")).toThrow(new Error(`result${trap}`));
      } else {
        accepted++;
        expect(JSON.parse(jsonTextOf(value, "result")!)).toEqual(back);
      }
    }),
    { numRuns: 3_000 },
  );
  expect(accepted).toBeGreaterThan(500);
  expect(refused).toBeGreaterThan(100);
});
