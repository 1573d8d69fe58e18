import fc from "fast-check";
import { expect, test } from "vitest";
import * as z from "zod/mini";
import { checkSchedule, checkSchedules } from "../../lib/schedules/check.ts";
import { scheduleOf } from "../../lib/schedules/definition.ts";
import type { DeclaredSchedule } from "../../lib/schedules/schedule.ts";
import { nextSlot } from "../../lib/schedules/slots.ts";
import { defineTask, indexTasks } from "../../lib/tasks.ts";

const run = () => {};
const plain = defineTask({ name: "plain", input: z.object({}), run });
const picky = defineTask({ name: "picky", input: z.object({ to: z.array(z.object({ at: z.email() })) }), run });
const slow = defineTask({ name: "slow", input: z.object({ a: z.string().check(z.refine(async () => false)) }), run });
const thrower = defineTask({
  name: "thrower",
  input: z.pipe(
    z.unknown(),
    z.transform(() => {
      throw new Error("boom");
    }),
  ),
  run,
});
const TASKS = indexTasks([plain, picky, slow, thrower]);

const GOOD = { name: "nightly", task: "plain", cron: "0 3 * * *" };
const CYCLE: Record<string, unknown> = {};
CYCLE.itself = CYCLE;

test.each<[what: string, declared: Record<string, unknown>]>([
  ["the least", GOOD],
  ["a task itself", { ...GOOD, task: plain }],
  ["every in seconds", { name: "a", task: "plain", every: 1 }],
  ["every in words", { name: "a", task: "plain", every: "15 minutes" }],
  ["every in tenths", { name: "a", task: "plain", every: 1.1 }],
  ["UTC beside every", { name: "a", task: "plain", every: "1h", timeZone: "UTC" }],
  ["all of it", { ...GOOD, payload: {}, timeZone: "America/Santiago", catchUp: { all: 1_000 }, overlap: "allow" }],
  ["the rest", { ...GOOD, catchUp: "skip", jitterSeconds: 3_600, priority: "low", paused: true }],
  ["what is undefined", { ...GOOD, every: undefined, payload: undefined, other: undefined }],
  ["a name of 100", { ...GOOD, name: `9${"a.b_c-d:e".repeat(11)}` }],
  ["a payload that fits", { ...GOOD, task: "picky", payload: { to: [{ at: "ada@example.com" }] } }],
  ["a schema that does not answer immediately", { ...GOOD, task: "slow", payload: { a: "x" } }],
])("fits: %s", (_, declared) => {
  expect(checkSchedule(declared, TASKS)).toEqual([]);
  expect(nextSlot(scheduleOf(declared as unknown as DeclaredSchedule, TASKS).rule, 0)).toBeGreaterThan(0);
});

test.each<[pointer: string, change: Record<string, unknown>, words: string]>([
  [
    "/name",
    { name: "" },
    "expected 1 to 100 letters, digits, dots, dashes, colons or underscores, a letter or a digit first",
  ],
  ["/name", { name: "a".repeat(101) }, "expected 1 to 100 letters"],
  ["/name", { name: ":a" }, 'got ":a"'],
  ["/name", { name: "last night" }, 'got "last night"'],
  ["/name", { name: "a\nb" }, 'got "a\\nb"'],
  ["/name", { name: "naïve" }, 'got "naïve"'],
  ["/name", { name: undefined }, "got nothing"],
  ["/task", { task: undefined }, "expected a task or its name, got nothing"],
  ["/task", { task: "missing" }, 'there is no task "missing"; there are: plain, picky, slow, thrower'],
  ["/cron", { cron: undefined }, "expected cron or every, got neither"],
  ["/cron", { every: 60 }, "expected cron or every, got both"],
  ["/cron", { cron: 5 }, 'expected a text such as "0 9 * * 1-5", got 5'],
  ["/cron", { cron: "0 0 31 2 *" }, '"0 0 31 2 *" never comes: no such day exists'],
  ["/cron", { cron: "0 0 31 4,6,9,11 *" }, "never comes"],
  ["/cron", { cron: "0 0 */31 * MON#5" }, "never comes"],
  ["/cron", { cron: "0 61 * * *" }, 'hour: expected 0 to 23, got "61"'],
  ["/every", { cron: undefined, every: 0.5 }, "expected 1 second to 366 days, got 0.5"],
  ["/every", { cron: undefined, every: "500 days" }, 'expected 1 second to 366 days, got "500 days"'],
  ["/every", { cron: undefined, every: "often" }, 'expected seconds, or a text such as "15 minutes", got "often"'],
  ["/every", { cron: undefined, every: Number.NaN }, "expected seconds"],
  ["/every", { cron: undefined, every: 1.0001 }, "expected whole milliseconds, got 1.0001"],
  ["/timeZone", { timeZone: "Mars/Olympus" }, 'expected an IANA time zone such as "Europe/Berlin", got "Mars/Olympus"'],
  ["/timeZone", { timeZone: "+02:00" }, 'got "+02:00"'],
  ["/timeZone", { timeZone: "" }, 'got ""'],
  ["/timeZone", { cron: undefined, every: 60, timeZone: "Europe/Berlin" }, "no effect on every: use cron"],
  ["/catchUp", { catchUp: "none" }, 'expected "last", "skip" or { all: 1 to 1000 }, got "none"'],
  ["/catchUp", { catchUp: { all: 1_001 } }, 'got {"all":1001}'],
  ["/catchUp", { catchUp: { all: 0 } }, 'got {"all":0}'],
  ["/catchUp", { catchUp: { all: 5, of: 6 } }, "expected"],
  ["/catchUp", { catchUp: null }, "got null"],
  ["/overlap", { overlap: "queue" }, 'expected "skip", "allow", got "queue"'],
  ["/jitterSeconds", { jitterSeconds: -1 }, "expected 0 to 3600 seconds, got -1"],
  ["/jitterSeconds", { jitterSeconds: 3_601 }, "got 3601"],
  ["/jitterSeconds", { jitterSeconds: "5" }, 'got "5"'],
  [
    "/jitterSeconds",
    { cron: "*/5 * * * *", jitterSeconds: 300 },
    "expected less than the 300 seconds between slots, got 300",
  ],
  ["/jitterSeconds", { cron: "0,1 0 1 1 *", jitterSeconds: 60 }, "less than the 60 seconds"],
  ["/jitterSeconds", { cron: undefined, every: "1 minute", jitterSeconds: 60 }, "less than the 60 seconds"],
  ["/priority", { priority: "urgent" }, 'expected "high", "normal", "low", got "urgent"'],
  ["/paused", { paused: "yes" }, "expected true or false"],
  ["/payload", { payload: "x".repeat(16_383) }, "expected at most 16384 bytes of JSON, got 16385"],
  ["/payload", { task: "thrower" }, "the task's schema threw: boom"],
  ["/payload/to/0/at", { task: "picky", payload: { to: [{ at: "nobody" }] } }, "nvalid"],
  ["/payload/to", { task: "picky" }, ""],
  ["/timezone", { timezone: "UTC" }, "there is no such field; there are: name, task, payload, cron, every, timeZone"],
  ["/constructor", { constructor: 1 }, "there is no such field"],
])("does not fit: %s %j", (pointer, change, words) => {
  const faults = checkSchedule({ ...GOOD, ...change }, TASKS);
  expect(faults.map((each) => each.pointer)).toEqual([pointer]);
  expect(faults[0]!.detail).toContain(words);
});

test("a payload that JSON cannot hold does not fit", () => {
  const wordsOf = (payload: unknown) => checkSchedule({ ...GOOD, payload }, TASKS).map(({ detail }) => detail);
  expect(wordsOf(CYCLE)).toEqual([expect.stringMatching(/^JSON cannot hold it: Converting circular structure/)]);
  expect(wordsOf(1n)).toEqual([expect.stringMatching(/^JSON cannot hold it: .*BigInt/)]);
  expect(wordsOf(run)).toEqual(["JSON cannot hold it: it is a function"]);
});

test("payloads that are too large together are refused: they are sent in one request", () => {
  const schedules = Array.from({ length: 300 }, (_, i) => ({ ...GOOD, name: `s${i}`, payload: "x".repeat(15_000) }));
  expect(checkSchedules(schedules)).toEqual([
    "schedules: expected at most 4194304 bytes of payloads in all, got 4500600: store them elsewhere",
  ]);
});

test("all that is wrong with a list is told, each with its place", () => {
  expect(checkSchedules([GOOD, { ...GOOD, cron: "x", timeZone: "y" }, null, GOOD])).toEqual([
    expect.stringMatching(/^schedules\[1\]\.cron: expected 5 fields/),
    expect.stringMatching(/^schedules\[1\]\.timeZone: expected an IANA time zone/),
    "schedules[1].name: schedules[0] has the same name, nightly",
    "schedules[2]: expected an object",
    "schedules[3].name: schedules[0] has the same name, nightly",
  ]);
  expect(checkSchedules([GOOD, { ...GOOD, name: "other" }])).toEqual([]);
  expect(checkSchedules("nightly")).toEqual(["schedules: expected a list"]);
  expect(checkSchedules(Array.from({ length: 10_001 }, () => GOOD))).toEqual([
    "schedules: expected at most 10000, got 10001",
  ]);
});

test("a task that is not loaded yet is not missed", () => {
  expect(checkSchedule({ ...GOOD, task: "missing", payload: { any: "thing" } })).toEqual([]);
});

test("no value makes the check throw, and what it passes can be completed", () => {
  let passed = 0;
  const field = fc.oneof(
    fc.anything({ withBigInt: true, withNullPrototype: true }),
    fc.constantFrom("UTC", "skip", 60, true),
  );
  const names = [
    "every",
    "timeZone",
    "catchUp",
    "overlap",
    "jitterSeconds",
    "priority",
    "paused",
    "payload",
    "cron",
    "name",
  ];
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...names), field, { maxKeys: 3 }), (change) => {
      const declared = { ...GOOD, ...change };
      if (checkSchedule(declared, TASKS).length > 0) return;
      passed++;
      scheduleOf(declared as unknown as DeclaredSchedule, TASKS);
    }),
    { numRuns: 1_000 },
  );
  expect(passed).toBeGreaterThan(20);
});
