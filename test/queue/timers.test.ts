import { expect, test } from "vitest";
import { pause, resume } from "../../lib/queue/pauses.ts";
import { ScheduleStore } from "../../lib/queue/schedule-store.ts";
import { job, START, useRedis } from "../support/redis.ts";
import { definition, firingOf } from "../support/schedules.ts";
import { claim } from "../support/verbs.ts";

/** Schedules and ends of pauses lie in `scheduled` beside delayed jobs, and are counted apart. store.all() checks the count. */
const world = useRedis();
const HOUR = 3_600_000;

function setUp() {
  const made = world.queue();
  const now = () => world.clock.now;
  const schedules = new ScheduleStore(world.redis, { prefix: made.prefix, now });
  const counted = async () => {
    const { scheduled, timers } = await made.queue.stats();
    expect(await made.store.all()).not.toHaveProperty("strange");
    return [scheduled, timers];
  };
  const one = async (name: string) => (await schedules.read([name])).entries[0]!;
  return { ...made, of: { redis: world.redis, keys: made.keys, now }, schedules, counted, one };
}
const later = () => job({ when: { delayMs: HOUR } });

test("schedules and pauses are not counted among the jobs that wait for their time, whatever becomes of them", async () => {
  const { queue, of, schedules, counted, one } = setUp();
  await queue.submit([later(), later()]);
  for (const name of ["a", "b", "c"])
    await schedules.put(name, definition("one"), { next: START + HOUR }, await one(name));
  expect(await counted()).toEqual([2, 3]);
  await schedules.put("a", definition("two"), { next: START + 2 * HOUR }, await one("a"));
  expect(await counted()).toEqual([2, 3]);
  await schedules.pause(await one("a"), undefined, undefined);
  await schedules.pause(await one("b"), START + HOUR, START + HOUR);
  await schedules.delete("c");
  expect(await counted()).toEqual([2, 1]);
  await schedules.resume(await one("a"), START + 2 * HOUR);
  const declared = [{ name: "code", json: definition("one", { source: "code" }), next: START + HOUR, seen: undefined }];
  await schedules.declare({ hash: "h", names: ["code"] }, declared, undefined);
  expect(await counted()).toEqual([2, 3]);
  for (const until of [START + HOUR, START + 2 * HOUR, undefined, START + HOUR]) {
    await pause(of, { until });
    await pause(of, { task: "note", until });
    expect(await counted()).toEqual([2, until ? 5 : 3]);
  }
  await resume(of);
  expect(await counted()).toEqual([2, 4]);
  await resume(of, { task: "note" });
  expect(await counted()).toEqual([2, 3]);
});

test("an end of a pause that a claim notes is counted no more, nor a schedule without a next slot or a definition", async () => {
  const { queue, of, schedules, counted, keys } = setUp();
  await pause(of, { until: START + 1_000 });
  for (const name of ["minutely", "gone"])
    await schedules.put(name, definition("one"), { next: START + 1_000 }, undefined);
  expect(await counted()).toEqual([0, 3]);
  world.clock.now = START + 2_000;
  await world.redis.hdel(keys.schedules, "gone");
  await claim(queue);
  expect(await counted()).toEqual([0, 1]);
  await queue.step({ fire: [firingOf(START + 1_000, { next: undefined })] });
  expect(await counted()).toEqual([0, 0]);
});

test("schedules take no room that maxWaiting leaves to jobs, and looking costs a command only where it is close", async () => {
  const { queue, schedules } = setUp();
  for (const name of ["a", "b"]) await schedules.put(name, definition("one"), { next: START + HOUR }, undefined);
  const submit = () => queue.submit([later()], { maxWaiting: 4 });
  const commandsOf = () => world.commandsOf(submit);
  await submit();
  expect(await commandsOf()).not.toHaveProperty("hget");
  expect(await commandsOf()).toMatchObject({ hget: 1 });
  expect(await submit()).toMatchObject({ outcome: "accepted" });
  expect(await submit()).toMatchObject({ outcome: "full" });
});
