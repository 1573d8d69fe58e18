import { expect, test } from "vitest";
import type { PastAttempt } from "../../lib/queue/job.ts";
import { detailed } from "../../lib/routes/details.ts";

const whole = (name: string, message: string) => ({ name, message, stack: `    at ${message}` });
const attempt = (n: number, outcome: PastAttempt["outcome"], more: object = {}): PastAttempt => ({
  attempt: n,
  outcome,
  startedAt: 0,
  endedAt: 0,
  worker: "w",
  ...more,
});
const failed = (n: number, error: string, message: string) => attempt(n, "failed", { error, message });

const [a, b, c] = [failed(1, "A", "a"), failed(2, "B", "b"), failed(3, "C", "c")];
const expired = attempt(1, "lease_expired", { error: "LeaseExpired", message: "gone" });
const cases: [what: string, attempts: PastAttempt[], first: object, last: object, details: (string | undefined)[]][] = [
  ["one attempt that failed", [a], whole("A", "a"), whole("A", "a"), ["a"]],
  ["several", [a, b, c], whole("A", "a"), whole("C", "c"), ["a", undefined, "c"]],
  [
    "a crash before and after",
    [expired, b, c, expired],
    whole("B", "b"),
    whole("C", "c"),
    [undefined, "b", "c", undefined],
  ],
  [
    "a first error that the history has forgotten",
    [expired, b, c],
    whole("A", "a"),
    whole("C", "c"),
    [undefined, undefined, "c"],
  ],
  [
    "a message that is longer than its first line",
    [a, b],
    whole("A", "\n a\nand more"),
    whole("B", "b\nmore"),
    ["\n a\nand more", "b\nmore"],
  ],
  ["none that failed", [expired, attempt(2, "completed")], whole("A", "a"), whole("A", "a"), [undefined, undefined]],
];
test.each(cases)(
  "%s: the last failed attempt has the newest error, the first one has the first",
  (_, attempts, first, last, details) => {
    const told = detailed(attempts, { error: JSON.stringify(last), firstError: JSON.stringify(first) });
    expect(told.map(({ detail }) => detail?.message)).toEqual(details);
    expect(told.map(({ detail: _, ...rest }) => rest)).toEqual(attempts);
  },
);

test("a value that Redis lost or that is foreign does no harm", () => {
  for (const text of [undefined, "", "{", "null", "5", '"words"', "[]", "{}"]) {
    const told = detailed([a, b, c], text === undefined ? {} : { error: text, firstError: text });
    expect(told.map(({ error }) => error)).toEqual(["A", "B", "C"]);
    expect(told[0]).not.toHaveProperty("detail");
    expect(told[2]).not.toHaveProperty("detail");
  }
});
