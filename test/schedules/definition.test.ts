import { expect, test } from "vitest";
import * as z from "zod/mini";
import { isJobId } from "../../lib/queue/job.ts";
import { parseRecord, recordOf } from "../../lib/queue/record.ts";
import { scheduleFromJson, scheduleOf, scheduleToJson } from "../../lib/schedules/definition.ts";
import { firedJob, jobOf } from "../../lib/schedules/fired-job.ts";
import type { DeclaredSchedule } from "../../lib/schedules/schedule.ts";
import { defineTask, indexTasks } from "../../lib/tasks.ts";

const input = z.unknown();
const plain = defineTask({ name: "plain", input, run() {} });
const secret = defineTask({ name: "secret", input, maxRetries: 7, expiresSeconds: 1.5, sensitive: true, run() {} });
const TASKS = indexTasks([plain, secret]);

const LEAST: DeclaredSchedule = { name: "nightly", task: "plain", cron: " 0 3 * * * " };
const MOST: DeclaredSchedule = {
  ...{ name: "often:1", task: secret, payload: { to: "ada", list: [] }, every: "15 minutes" },
  ...{ catchUp: { all: 9 }, overlap: "allow", jitterSeconds: 1.5, priority: "high", paused: true },
};
const NOW = Date.UTC(2026, 5, 1);

test("a definition that does not begin with its revision, as the scripts compare it, cannot be read", () => {
  const json = scheduleToJson(scheduleOf(LEAST, TASKS));
  expect(scheduleFromJson(json)).toBeDefined();
  const { rev, ...rest } = JSON.parse(json) as Record<string, unknown>;
  for (const other of [JSON.stringify({ ...rest, rev }), JSON.stringify({ rev, ...rest }, null, 2), ` ${json}`])
    expect(scheduleFromJson(other), other).toBeUndefined();
});

test("a schedule is completed with what is not said, and with what its task says", () => {
  expect(scheduleOf(LEAST, TASKS)).toEqual({
    ...{ name: "nightly", rev: expect.stringMatching(/^[\w-]{22}$/), source: "code", task: "plain" },
    rule: { cron: "0 3 * * *", timeZone: "UTC" },
    ...{
      catchUp: "last",
      overlap: "skip",
      jitterMs: 0,
      priority: "normal",
      maxRetries: 3,
      sensitive: false,
      paused: false,
    },
  });
  expect(scheduleOf(MOST, TASKS, "api")).toEqual({
    ...{ name: "often:1", rev: expect.any(String), source: "api", task: "secret", payload: '{"to":"ada","list":[]}' },
    rule: { everyMs: 900_000 },
    ...{
      catchUp: { all: 9 },
      overlap: "allow",
      jitterMs: 1_500,
      priority: "high",
      maxRetries: 7,
      expiresMs: 1_500,
      sensitive: true,
      paused: true,
    },
  });
  expect(() => scheduleOf({ ...LEAST, task: "missing" }, TASKS)).toThrow("schedule nightly: there is no task missing");
});

test.each([LEAST, MOST])("what is written is read again, and its revision comes first: $name", (declared) => {
  const schedule = scheduleOf(declared, TASKS);
  const json = scheduleToJson(schedule);
  expect(json).toMatch(/^\{"rev":"[\w-]{22}",/);
  expect(scheduleFromJson(json)).toEqual(schedule);
  expect(scheduleToJson(scheduleFromJson(json)!)).toBe(json);
});

test("every change makes another revision, and nothing else does", () => {
  const changes: Partial<DeclaredSchedule>[] = [
    ...[{}, { name: "other" }, { task: "secret" }, { payload: {} }, { payload: { a: 1 } }, { cron: "0 4 * * *" }],
    ...[
      { timeZone: "Europe/Berlin" },
      { catchUp: "skip" as const },
      { catchUp: { all: 5 } },
      { overlap: "allow" as const },
    ],
    ...[{ jitterSeconds: 5 }, { priority: "low" as const }, { paused: true }],
  ];
  const revs = changes.map((change) => scheduleOf({ ...LEAST, ...change }, TASKS).rev);
  const retried = indexTasks([defineTask({ name: "plain", input, maxRetries: 4, run() {} })]);
  const expiring = indexTasks([defineTask({ name: "plain", input, expiresSeconds: 9, run() {} })]);
  revs.push(scheduleOf(LEAST, retried).rev, scheduleOf(LEAST, expiring).rev, scheduleOf(LEAST, TASKS, "api").rev);
  expect(new Set(revs).size).toBe(revs.length);
  const same = {
    catchUp: "last",
    timeZone: "UTC",
    overlap: "skip",
    jitterSeconds: 0,
    paused: false,
    ...LEAST,
  } as const;
  expect(scheduleOf(same, TASKS).rev).toBe(revs[0]);
});

const written = JSON.parse(scheduleToJson(scheduleOf(LEAST, TASKS)));
test.each([
  ["no JSON", "{"],
  ["null", "null"],
  ...["rev", "name", "source", "task", "cron", "time_zone", "catch_up", "overlap", "max_retries"].map((field) => [
    `without ${field}`,
    JSON.stringify({ ...written, [field]: undefined }),
  ]),
  ["a zone that this Node does not know", JSON.stringify({ ...written, time_zone: "Mars/Olympus" })],
  ["a cron that cannot be read", JSON.stringify({ ...written, cron: "0 3 * * ? 2030" })],
  ["every 0 ms", JSON.stringify({ ...written, cron: undefined, every_ms: 0 })],
  ["a limit that is no number", JSON.stringify({ ...written, expires_ms: "9" })],
  ["a catch-up that is none", JSON.stringify({ ...written, catch_up: null })],
])("what cannot be read is undefined: %s", (_, json) => {
  expect(scheduleFromJson(json!)).toBeUndefined();
});

test("what a later version added is passed over", () => {
  expect(scheduleFromJson(JSON.stringify({ ...written, later: [1] }))).toEqual(scheduleOf(LEAST, TASKS));
});

test("a slot's job has an id that follows from the schedule's name and the slot alone", () => {
  const schedule = scheduleOf(MOST, TASKS);
  const job = firedJob({ ...schedule, jitterMs: 0 }, NOW - 5, NOW);
  expect(job).toEqual({
    ...{ id: job.id, task: "secret", priority: "high", maxRetries: 7, createdAt: NOW, sensitive: true },
    expires: { afterMs: 1_500, from: "run" },
    ...{ payload: '{"to":"ada","list":[]}', schedule: "often:1", slot: NOW - 5 },
  });
  expect(isJobId(job.id)).toBe(true);
  expect(firedJob({ ...schedule, payload: "1", rev: "other" }, NOW - 5, NOW + 9).id).toBe(job.id);
  expect(firedJob(schedule, NOW, NOW).id).not.toBe(job.id);
  expect(firedJob({ ...schedule, name: "often:2" }, NOW - 5, NOW).id).not.toBe(job.id);
});

test("jitter is the same each time, spreads over all of its length, and is not waited for when it is over", () => {
  const schedule = { ...scheduleOf(MOST, TASKS), jitterMs: 1_000 };
  const delays = Array.from({ length: 1_000 }, (_, i) => {
    const slot = NOW + i * 60_000;
    const { when } = firedJob(schedule, slot, slot);
    expect(firedJob(schedule, slot, slot).when).toEqual(when);
    expect(firedJob(schedule, slot, slot + 1_001).when).toBeUndefined();
    return when && "at" in when ? when.at - slot : 0;
  });
  for (const decile of Array.from({ length: 10 }, (_, i) => i * 100))
    expect(delays.filter((delay) => delay >= decile && delay <= decile + 100).length).toBeGreaterThan(50);
  expect(Math.min(...delays)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...delays)).toBeLessThanOrEqual(1_000);
});

test("the record of a job says its schedule and its slot", () => {
  const fired = firedJob(scheduleOf(LEAST, TASKS), NOW, NOW);
  expect(parseRecord(recordOf(fired))?.job).toMatchObject({ schedule: "nightly", slot: NOW });
  const byHand = parseRecord(recordOf(jobOf(scheduleOf(LEAST, TASKS), fired.id, NOW)))?.job;
  expect(byHand).toMatchObject({ schedule: "nightly", slot: undefined });
});
