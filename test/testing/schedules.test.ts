import { afterEach, expect, test } from "vitest";
import { createTestKit, type TestKit } from "wakeq/testing";
import * as z from "zod";
import { defineQueue, defineTask } from "../../lib/index.ts";

const HOUR = 3_600_000;
/** A Tuesday. */
const START = Date.parse("2030-01-01T00:00:00Z");

const ran: { name: string; at?: Date | undefined }[] = [];
const report = defineTask({
  name: "report",
  input: z.object({ days: z.int().default(1) }),
  run({ job: { schedule } }) {
    ran.push({ name: schedule!.name, at: schedule!.slot });
  },
});

let kit: TestKit<readonly (typeof report)[]> | undefined;
afterEach(async () => {
  await kit?.close();
  kit = undefined;
  ran.length = 0;
});

/** The slots that ran, in hours since the start. */
const hours = (name: string) =>
  ran.flatMap((each) => (each.name === name && each.at ? [(each.at.getTime() - START) / HOUR] : []));

test("the slots of three months fire in virtual time, each once, and a task gets its slot", async () => {
  const queue = defineQueue({
    tasks: [report],
    schedules: [
      { name: "hourly", task: report, every: "1 hour" },
      { name: "monthly", task: "report", payload: { days: 30 }, cron: "@monthly" },
    ],
  });
  kit = await createTestKit(queue, { now: START });
  await kit.advance(new Date("2030-04-01T00:00:00Z"));
  expect(hours("hourly")).toEqual(Array.from({ length: 90 * 24 }, (_, i) => i + 1));
  expect(hours("monthly")).toEqual([31, 59, 90].map((days) => days * 24)); // the first of February, March and April
});

test("after a week without a worker, each catchUp makes what it says", async () => {
  const daily = { task: report, cron: "0 6 * * *" } as const;
  const queue = defineQueue({
    tasks: [report],
    schedules: [
      { ...daily, name: "last" },
      { ...daily, name: "skip", catchUp: "skip" },
      { ...daily, name: "three", catchUp: { all: 3 } },
    ],
  });
  kit = await createTestKit(queue, { now: START });
  await kit.advance("1 week", { workers: false });
  expect(ran).toEqual([]);
  await kit.drain();
  const day = (n: number) => 24 * (n - 1) + 6;
  expect(hours("last")).toEqual([day(7)]);
  expect(hours("skip")).toEqual([]);
  expect(hours("three")).toEqual([day(5), day(6), day(7)]);
  await kit.advance("1d");
  for (const name of ["last", "skip", "three"]) expect(hours(name).at(-1), name).toBe(day(8));
});

test("each missed slot of { all } makes its job, however many and whatever has not finished; on time, overlap counts", async () => {
  const hourly = { name: "h", task: report, every: "1 hour", catchUp: { all: 250 } } as const;
  kit = await createTestKit(defineQueue({ tasks: [report], schedules: [hourly] }), { now: START });
  await kit.pause({ task: report });
  await kit.advance("2h"); // the second slot finds the first one's job, which has not finished
  await kit.advance("300h", { workers: false });
  await kit.drain();
  await kit.advance("1h"); // and this one the last of those that were made up for
  await kit.resume({ task: report });
  await kit.advance("1h");
  expect(hours("h")).toEqual([1, ...Array.from({ length: 250 }, (_, i) => 53 + i), 304]);
});

test.each([100, 101, 102, 201])(
  "of %i missed minutes none is lost, though one request fires a hundred",
  async (missed) => {
    const minutely = { name: "m", task: report, every: "1 minute", catchUp: { all: 1_000 } } as const;
    kit = await createTestKit(defineQueue({ tasks: [report], schedules: [minutely] }), { now: START });
    await kit.advance(`${missed} minutes`, { workers: false });
    await kit.drain();
    expect(hours("m")).toHaveLength(missed);
  },
);

test("schedules of the queue are there from the beginning; others are made, run, paused and deleted in the kit", async () => {
  const queue = defineQueue({ tasks: [report], schedules: [{ name: "code", task: report, cron: "@daily" }] });
  kit = await createTestKit(queue, { now: START });
  expect(await kit.schedules.get("code")).toMatchObject({
    source: "code",
    nextRuns: [new Date(START + 24 * HOUR), {}, {}],
  });
  await expect(kit.schedules.delete("code")).rejects.toMatchObject({ code: "schedule_in_code" });

  await queue.schedules.put({ name: "mine", task: report, every: "6h", paused: true });
  await kit.advance("1d");
  expect(hours("mine")).toEqual([]);
  await kit.schedules.put({ name: "mine", task: report, every: "6h", paused: false });
  await kit.advance("6h");
  expect(hours("mine")).toEqual([30]);
  const { id } = await kit.schedules.run("mine");
  await kit.drain();
  expect(await kit.job(id)).toMatchObject({ status: "completed", schedule: "mine", slot: undefined });
  await kit.schedules.delete("mine");
  await kit.advance("1d");
  expect(hours("mine")).toEqual([30]);
  expect(ran.filter(({ name }) => name === "mine")).toHaveLength(2); // its slot, and the run
});

test("a schedule of the code is paused until an instant of the kit's time, and its slots until then make no jobs", async () => {
  const queue = defineQueue({ tasks: [report], schedules: [{ name: "code", task: report, every: "1 hour" }] });
  kit = await createTestKit(queue, { now: START });
  await kit.pause({ schedule: "code", until: START + 30 * HOUR });
  await kit.advance("29h");
  expect(await kit.schedules.get("code")).toMatchObject({ paused: true, pausedUntil: new Date(START + 30 * HOUR) });
  await kit.advance("3h");
  expect(hours("code")).toEqual([30, 31, 32]);
  expect(await kit.schedules.get("code")).toMatchObject({ paused: false });

  await queue.pause({ schedule: "code" });
  await kit.advance("10d");
  await queue.resume({ schedule: "code" });
  await kit.advance("1h");
  expect(hours("code")).toEqual([30, 31, 32, 273]);
  for (const paused of [kit.pause({ schedule: "none" }), kit.resume({ schedule: "none" })])
    await expect(paused).rejects.toMatchObject({ code: "schedule_not_found" });
  await expect(kit.pause({ schedule: "code", until: kit.now() })).rejects.toThrow(RangeError);
  await expect(kit.pause({ schedule: "code", task: report })).rejects.toThrow(TypeError);
});

test("a kit over a list of tasks has schedules too", async () => {
  kit = await createTestKit([report], { now: START });
  await kit.schedules.put({ name: "a", task: "report", cron: "0 12 * * *" });
  await kit.advance("2d");
  expect(hours("a")).toEqual([12, 36]);
});
