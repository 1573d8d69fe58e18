import { expect, test } from "vitest";
import { resultOf } from "../../lib/jobs/outcome.ts";
import { NonRetriableError } from "../../lib/tasks.ts";
import { hostile } from "./attempt.ts";

test.each<[string, unknown, string | undefined]>([
  ["nothing", undefined, undefined],
  ["null", null, "null"],
  ["an empty string", "", '""'],
  ["an empty array", [], "[]"],
  ["a lone surrogate", "\ud800", '"\\ud800"'],
  ["an error", { of: new RangeError("far") }, '{"of":{"name":"RangeError","message":"far"}}'],
])("a task may return %s", (_, value, text) => {
  expect(resultOf(value)).toBe(text);
});

const cycle: Record<string, unknown> = {};
cycle.itself = cycle;

test.each<[string, unknown, RegExp]>([
  ["a cycle", cycle, /JSON cannot hold its result: result.itself: a circle is not JSON/],
  ["a bigint", 1n, /JSON cannot hold its result: result: a bigint is not JSON/],
  ["a function", () => 1, /JSON cannot hold its result: result: a function is not JSON/],
  [
    "a promise in a list",
    [Promise.resolve(1)],
    /JSON cannot hold its result: result\[0\]: an instance of Promise is not JSON/,
  ],
  ["an object with a hostile toJSON", hostile, /JSON cannot hold its result: result: not me/],
  ["10 MB", "x".repeat(10_000_000), /its result has 10000002 bytes, more than 262144/],
  ["more bytes than characters allow", "é".repeat(140_000), /its result has 280002 bytes/],
])("a task that returns %s fails for good", (_, value, message) => {
  expect(() => resultOf(value)).toThrow(NonRetriableError);
  expect(() => resultOf(value)).toThrow(message);
});
