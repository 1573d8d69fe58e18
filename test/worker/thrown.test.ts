import { expect, test } from "vitest";
import { failureOf } from "../../lib/jobs/outcome.ts";
import { hostile } from "./attempt.ts";

const evilMessage = new Error();
Object.defineProperty(evilMessage, "message", {
  get() {
    throw new Error("a getter");
  },
});
const evilProxy = new Proxy(
  {},
  {
    getPrototypeOf() {
      throw new Error("a trap");
    },
  },
);
const throwing = {
  toString() {
    throw new Error("no text");
  },
};
test.each<[string, unknown, string, RegExp]>([
  ["a string", "plain words", "NonError", /^plain words$/],
  ["nothing", undefined, "NonError", /^undefined$/],
  ["null", null, "NonError", /^null$/],
  ["a number", 42, "NonError", /^42$/],
  ["a bigint", 1n, "NonError", /./],
  ["a symbol", Symbol("s"), "NonError", /Symbol/],
  ["an object", { code: 7 }, "NonError", /^\{"code":7\}$/],
  ["an object with a hostile toJSON", hostile, "NonError", /^\{ toJSON: \[Function: toJSON\] \}$/],
  ["an error whose message throws", evilMessage, "Error", /cannot be read/],
  ["a proxy that throws at every look", evilProxy, "NonError", /^\{\}$|cannot be read/],
  ["an error whose message is null", Object.assign(new Error(), { message: null }), "Error", /^null$/],
  ["an error whose message is a bigint", Object.assign(new Error(), { message: 1n }), "Error", /^1$/],
  [
    "an error whose message has no text",
    Object.assign(new Error(), { message: throwing }),
    "Error",
    /^\{ toString: \[Function: toString\] \}$/,
  ],
  ["an error whose name is a number", Object.assign(new Error("m"), { name: 5 }), "5", /^m$/],
])("a task may throw %s, and the attempt fails with its words", (_, thrown, error, message) => {
  const failure = failureOf(thrown, { retries: 0, maxRetries: 3 });
  expect(failure).toMatchObject({ outcome: "retry", error });
  expect(failure.message).toMatch(message);
});
