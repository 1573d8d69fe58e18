import { createContext, runInContext } from "node:vm";
import fc from "fast-check";
import { expect, test } from "vitest";
import { describe } from "../../lib/errors.ts";

const elsewhere = createContext({});
const foreign = (code: string): unknown => runInContext(code, elsewhere);
const circular = (more: object): unknown => {
  const object: Record<string, unknown> = { ...more };
  object.itself = object;
  return object;
};
const throwing = (field: string) =>
  Object.defineProperty(new Error("hidden"), field, {
    get() {
      throw new Error("a getter");
    },
  });
const broken = () => {
  throw new Error("a trap");
};

const things: [what: string, thrown: unknown, name: string, message: string | RegExp][] = [
  ["an error", new RangeError("too far"), "RangeError", "too far"],
  ["an error of another realm", foreign('new TypeError("not here")'), "TypeError", "not here"],
  [
    "an error of another realm with a name of its own",
    foreign('Object.assign(new Error("m"), { name: "Own" })'),
    "Own",
    "m",
  ],
  ["a class of another realm", foreign('class Odd extends Error {}; new Odd("m")'), "Error", "m"],
  ["a DOMException", new DOMException("gone", "NotFoundError"), "NotFoundError", "gone"],
  ["the reason of an abort", AbortSignal.abort().reason, "AbortError", "This operation was aborted"],
  ["a circular object with a message", circular({ message: "round" }), "NonError", "round"],
  ["a circular object with name and message", circular({ name: "Round", message: "round" }), "Round", "round"],
  ["a circular object", circular({ a: 1 }), "NonError", /a: 1.*\[Circular/],
  ["an object with a message", { message: "plain", code: 5 }, "NonError", "plain"],
  ["an object with a message that is not text", { message: { a: 1 } }, "NonError", '{"message":{"a":1}}'],
  ["an object with an empty message", { message: "", code: "E_ODD" }, "NonError", "E_ODD"],
  ["an object", { code: 7 }, "NonError", '{"code":7}'],
  ["an empty object", {}, "NonError", "{}"],
  ["an object without a prototype", Object.assign(Object.create(null), { message: "bare" }), "NonError", "bare"],
  [
    "an aggregate without a message",
    Object.assign(new AggregateError([], ""), { code: "ECONNREFUSED" }),
    "AggregateError",
    "ECONNREFUSED",
  ],
  ["a promise", Promise.resolve(1), "NonError", "a promise: is an await missing?"],
  ["a map", new Map([["a", 1]]), "NonError", /Map\(1\) \{ 'a' => 1 \}/],
  ["an array", [1, "a"], "NonError", '[1,"a"]'],
  ["a string", "words", "NonError", "words"],
  ["an empty string", "", "NonError", ""],
  ["undefined", undefined, "NonError", "undefined"],
  ["null", null, "NonError", "null"],
  ["a number", Number.NaN, "NonError", "NaN"],
  ["a bigint", 10n, "NonError", "10"],
  ["a symbol", Symbol("s"), "NonError", "Symbol(s)"],
  ["a function", function named() {}, "NonError", /named/],
  ["an error with an empty name", Object.assign(new Error("m"), { name: "" }), "Error", "m"],
  ["an error without a message", new Error(), "Error", ""],
  ["an error whose message throws", throwing("message"), "Error", "what was thrown cannot be read"],
  ["an error whose name throws", throwing("name"), "Error", "what was thrown cannot be read"],
  [
    "a proxy that throws",
    new Proxy({}, { get: broken, getPrototypeOf: broken }),
    "NonError",
    "what was thrown cannot be read",
  ],
  ["a proxy that is revoked", revoked(), "NonError", "what was thrown cannot be read"],
];

function revoked(): unknown {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

test.each(things)("%s is described by its name and its message", (_, thrown, name, message) => {
  const described = describe(thrown);
  expect(described.name).toBe(name);
  if (typeof message === "string") expect(described.message).toBe(message);
  else expect(described.message).toMatch(message);
});

test("a message beyond 10,000 characters is cut between two characters", () => {
  const { message } = describe(new Error(`a${"😀".repeat(10_000)}`));
  expect(message).toBe(`a${"😀".repeat(4_999)}`);
});

test("anything that can be thrown gets a name and a message, and both are text", () => {
  const anything = fc.anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withSet: true,
    withNullPrototype: true,
  });
  const error = fc.record({ name: anything, message: anything, code: anything }, { requiredKeys: [] });
  let cases = 0;
  fc.assert(
    fc.property(
      fc.oneof(
        anything,
        error,
        error.map((more) => Object.assign(new Error("m"), more)),
      ),
      (thrown) => {
        const { name, message } = describe(thrown);
        expect([typeof name, typeof message]).toEqual(["string", "string"]);
        const given = (thrown as { message?: unknown } | null | undefined)?.message;
        if (typeof given === "string" && given !== "" && typeof thrown === "object") expect(message).toBe(given);
        cases++;
      },
    ),
    { numRuns: 500 },
  );
  expect(cases).toBe(500);
});
