import { expect, test } from "vitest";
import type { ScheduleEntry } from "../../lib/queue/schedule-store.ts";
import { START, useRedis } from "../support/redis.ts";
import { definition, scheduleStore } from "../support/schedules.ts";

const redis = useRedis();
const MINUTE = 60_000;

async function one(schedules: ReturnType<typeof scheduleStore>["schedules"], name = "hourly"): Promise<ScheduleEntry> {
  const { entries } = await schedules.read([name]);
  return entries[0]!;
}

test("a schedule that was put can be read, and its next slot is in the zset of what is due later", async () => {
  const { schedules, store } = scheduleStore(redis);
  const json = definition("one");
  expect(await schedules.put("hourly", json, { next: START + MINUTE }, undefined)).toBe("put");
  expect(await schedules.read(["none", "hourly"])).toEqual({
    now: START,
    entries: [undefined, { name: "hourly", json, next: START + MINUTE }],
  });
  expect(await store.all()).toEqual({ schedules: { hourly: json }, scheduled: { "cron:hourly": START + MINUTE } });
});

test("a put that finds another schedule than was read changes nothing", async () => {
  const { schedules, store } = scheduleStore(redis);
  await schedules.put("hourly", definition("one"), { next: START + MINUTE }, undefined);
  const seen = await one(schedules);
  const elsewhere: [string, () => Promise<unknown>][] = [
    ["another definition", () => schedules.put("hourly", definition("two"), { next: seen.next }, seen)],
    ["another slot", async () => schedules.resume(await one(schedules), START + 5 * MINUTE)],
    ["a pause", async () => schedules.pause(await one(schedules), undefined, undefined)],
    ["nothing", () => schedules.delete("hourly")],
  ];
  for (const [what, act] of elsewhere) {
    await act();
    const before = await store.all();
    expect(await schedules.put("hourly", definition("mine"), { next: START }, seen), what).toBe("changed");
    expect(await store.all()).toEqual(before);
  }
  expect(await schedules.put("hourly", definition("mine"), { next: START }, undefined)).toBe("put");
  expect(await schedules.put("hourly", definition("yours"), { next: START }, undefined)).toBe("changed");
});

test("a schedule is paused without end, until an instant, and goes on", async () => {
  const { schedules, store } = scheduleStore(redis);
  const json = definition("one");
  await schedules.put("hourly", json, { next: START + MINUTE }, undefined);
  expect(await schedules.pause(await one(schedules), undefined, START + MINUTE)).toBe("done");
  expect(await store.all()).toEqual({ schedules: { hourly: json, "paused hourly": "-" } });
  expect(await one(schedules)).toEqual({ name: "hourly", json, pausedUntil: Number.POSITIVE_INFINITY });
  expect(await schedules.pause(await one(schedules), START + 90_000, START + 2 * MINUTE)).toBe("done");
  expect(await one(schedules)).toEqual({ name: "hourly", json, pausedUntil: START + 90_000, next: START + 2 * MINUTE });
  expect(await schedules.resume(await one(schedules), START + MINUTE)).toBe("done");
  expect(await store.all()).toEqual({ schedules: { hourly: json }, scheduled: { "cron:hourly": START + MINUTE } });
});

test("a deleted schedule leaves nothing, and one that code declares is neither deleted nor changed", async () => {
  const { schedules, store } = scheduleStore(redis);
  await schedules.put("hourly", definition("one"), { next: START, pausedUntil: START }, undefined);
  expect(await schedules.delete("hourly")).toBe("deleted");
  expect(await schedules.delete("hourly")).toBe("missing");
  expect(await store.all()).toEqual({});
  const json = definition("two", { source: "code" });
  await schedules.declare({ hash: "h", names: ["hourly"] }, [{ name: "hourly", json, seen: undefined }], undefined);
  expect(await schedules.delete("hourly")).toBe("in_code");
  expect(await schedules.put("hourly", definition("mine"), {}, await one(schedules))).toBe("in_code");
});

test("what code declares is made, changed and deleted in one step, or not at all", async () => {
  const { schedules, store } = scheduleStore(redis);
  const [a, b, c] = ["a", "b", "c"].map((rev) => definition(rev, { source: "code" })) as [string, string, string];
  const next = START + MINUTE;
  const first = [
    { name: "a", json: a, next, seen: undefined },
    { name: "b", json: b, pausedUntil: Number.POSITIVE_INFINITY, seen: undefined },
  ];
  expect(await schedules.codeNote()).toBeUndefined();
  expect(await schedules.declare({ hash: "1", names: ["a", "b"] }, first, undefined)).toBe("declared");
  expect(await schedules.declare({ hash: "1", names: ["a", "b"] }, first, undefined)).toBe("changed");
  const note = await schedules.codeNote();
  expect(note).toMatchObject({ hash: "1", names: ["a", "b"], at: START });
  const [seenA, seenB] = (await schedules.read(["a", "b"])).entries;
  const second = [
    { name: "a", json: undefined, seen: seenA },
    { name: "b", json: c, next: next + MINUTE, seen: seenB },
  ];
  const before = await store.all();
  expect(await schedules.declare({ hash: "2", names: ["b"] }, [...second, { ...first[0]!, name: "b" }], note)).toBe(
    "changed",
  );
  expect(await store.all()).toEqual(before);
  redis.clock.now = START + 1_000;
  expect(await schedules.declare({ hash: "2", names: ["b"] }, second, note)).toBe("declared");
  expect(await store.all()).toEqual({
    schedules: { b: c, " code": JSON.stringify({ hash: "2", names: ["b"], at: START + 1_000 }) },
    scheduled: { "cron:b": next + MINUTE },
  });
});

test("of two processes that declare at the same time, the second one has to read again", async () => {
  const { schedules, store } = scheduleStore(redis);
  const of = (name: string) => ({ name, json: definition(name, { source: "code" }), next: START, seen: undefined });
  expect(await schedules.declare({ hash: "1", names: ["a"] }, [of("a")], undefined)).toBe("declared");
  const before = await store.all();
  expect(await schedules.declare({ hash: "2", names: ["b"] }, [of("b")], undefined)).toBe("changed");
  expect(await store.all()).toEqual(before);
});

test("names with odd characters and names of Lua's patterns are names like others", async () => {
  const { schedules } = scheduleStore(redis);
  const names = ["0", "a:b", "cron:x", "a.b-c_d", "last", "paused", "code", "resume:task:note", "A".repeat(100)];
  for (const name of names) expect(await schedules.put(name, definition(name), { next: START }, undefined)).toBe("put");
  const { entries, total } = await schedules.list();
  expect(entries.map(({ name, json }) => [name, json])).toEqual(
    [...names].sort().map((name) => [name, definition(name)]),
  );
  expect(total).toBe(names.length);
  for (const name of names) expect(await schedules.delete(name)).toBe("deleted");
  expect((await schedules.list()).total).toBe(0);
});

test("10,000 schedules are listed page by page, and one more is refused", { timeout: 120_000 }, async () => {
  const { schedules } = scheduleStore(redis);
  const names = Array.from({ length: 10_000 }, (_, i) => `s${String(i).padStart(5, "0")}`);
  for (let first = 0; first < names.length; first += 500)
    await Promise.all(
      names.slice(first, first + 500).map((name) => schedules.put(name, definition("r"), { next: START }, undefined)),
    );
  expect(await schedules.put("more", definition("r"), {}, undefined)).toBe("full");
  const declared = { name: "more", json: definition("r", { source: "code" }), seen: undefined };
  expect(await schedules.declare({ hash: "h", names: ["more"] }, [declared], undefined)).toBe("full");
  const listed: string[] = [];
  for (;;) {
    const { entries, total } = await schedules.list({ after: listed.at(-1) ?? "", limit: 1_000 });
    expect(total).toBe(10_000);
    if (entries.length === 0) break;
    listed.push(...entries.map(({ name }) => name));
  }
  expect(listed).toEqual(names);
  await schedules.delete("s00000");
  expect(await schedules.put("more", definition("r"), {}, undefined)).toBe("put");
});
