import { expect, test, vi } from "vitest";
import { invocation } from "../../lib/adapters/invocation.ts";
import { createApp } from "../../lib/app/app.ts";
import type { WorkerApp } from "../../lib/app/worker-app.ts";
import { readConfig } from "../../lib/config/config.ts";
import { ScheduleStore } from "../../lib/queue/schedule-store.ts";
import { WorkerQueue } from "../../lib/queue/worker-queue.ts";
import { pauseSchedule, resumeSchedule } from "../../lib/routes/schedules.ts";
import { scheduleToJson } from "../../lib/schedules/definition.ts";
import type { Schedule } from "../../lib/schedules/schedule.ts";
import { indexTasks } from "../../lib/tasks.ts";
import { keptIn, type Line } from "../support/log.ts";
import { scheduleOf } from "../support/schedules.ts";
import { task, useWorkers } from "../support/worker.ts";

const workers = useWorkers();
const DAY = 86_400_000;
const HOUR = { remainingMs: () => 3_600_000 };
const verbs = () => workers.faults.seen.flatMap((request) => request.verbs);
const tasks = indexTasks([task("echo", () => undefined)]);

function setUp() {
  const made = workers.queue();
  const schedules = new ScheduleStore(workers.redis.redis, { prefix: made.prefix });
  const lines: Line[] = [];
  const config = readConfig({
    UPSTASH_REDIS_REST_URL: workers.faults.url,
    UPSTASH_REDIS_REST_TOKEN: workers.redis.local.token,
    KEY_PREFIX: made.prefix,
  });
  /** Starts a process of a version that declares these, or none. */
  const start = async (declared?: readonly Schedule[], source = "tick") => {
    const app: WorkerApp = createApp(config, tasks, {
      queueOf: WorkerQueue,
      log: keptIn(lines),
      wakeOf: () => async () => {},
      declaredSchedules: declared && (async () => declared),
    });
    await invocation(app, { source }, HOUR);
    return app;
  };
  const names = async () => (await schedules.list()).entries.map(({ name }) => name);
  return { ...made, schedules, start, names, lines };
}

/** A schedule with slots a second ago and in half a century. */
const yearly = (name: string, more: Partial<Schedule> = {}) =>
  scheduleOf(name, { rule: { everyMs: Date.now() - 1_000 }, ...more });

test("a cold start costs one command more, only where schedules are declared and nothing has changed", async () => {
  const { start, lines } = setUp();
  const daily = scheduleOf("daily", { rule: { everyMs: DAY } });
  await start([daily]);
  expect(verbs()).toEqual(["hget", "agenda", "declare", "exists", "claim"]);
  expect(lines).toContainEqual(
    expect.objectContaining({ event: "schedules_declared", created: 1, changed: 0, deleted: 0 }),
  );
  for (const [declared, sent] of [
    [[daily], ["hget", "exists"]],
    [undefined, ["exists"]],
  ] as const) {
    workers.faults.reset();
    const app = await start(declared);
    expect(verbs()).toEqual(sent);
    workers.faults.reset();
    await invocation(app, { source: "tick" }, HOUR);
    expect(verbs()).toEqual(["exists"]); // ticks sleep until the slot
  }
});

test("of two versions that start in turn a hundred times, the last one decides, and no slot comes twice", {
  timeout: 60_000,
}, async () => {
  const { client, start, names, schedules } = setUp();
  const old = [yearly("both"), yearly("old")];
  const young = [old[0]!, yearly("young")];
  const { rule } = old[0]! as { rule: { everyMs: number } };
  for (let round = 0; round < 100; round++) {
    const isOld = round % 2 === 0;
    await start(isOld ? old : young);
    expect(await names()).toEqual(isOld ? ["both", "old"] : ["both", "young"]);
    if (round !== 50) continue;
    const [seen] = (await schedules.read(["both"])).entries;
    await schedules.resume(seen!, rule.everyMs); // its slot is due
  }
  const { entries } = await schedules.read(["both"]);
  expect(entries[0]).toMatchObject({ last: { slot: rule.everyMs }, next: 2 * rule.everyMs });
  expect((await client.stats()).completed).toBe(1);
});

test("what is not declared any more disappears, what was made at run time stays, and a name that is taken is logged", async () => {
  const { start, names, schedules, lines } = setUp();
  const mine = scheduleToJson(scheduleOf("mine", { source: "api" }));
  await schedules.put("mine", mine, {}, undefined);
  await start([scheduleOf("a"), scheduleOf("b"), scheduleOf("mine")]);
  expect(await names()).toEqual(["a", "b", "mine"]);
  expect(lines).toContainEqual(expect.objectContaining({ event: "schedule_name_taken", schedule: "mine" }));
  await start([scheduleOf("b")]);
  expect(await names()).toEqual(["b", "mine"]);
  expect((await schedules.read(["mine"])).entries[0]).toEqual({ name: "mine", json: mine });
  await start([scheduleOf("b"), scheduleOf("mine")]);
  await schedules.delete("mine");
  await start([scheduleOf("b"), scheduleOf("mine")]);
  expect((await schedules.list()).entries.map(({ json }) => json.includes('"source":"code"'))).toEqual([true, true]);
});

test("an unchanged schedule keeps its slot, a changed one that was due keeps its first slot since", async () => {
  const { start, schedules, client } = setUp();
  const slot = Date.now() - 30_000;
  await start([scheduleOf("a", { rule: { everyMs: slot } })], "exists");
  const read = async () => (await schedules.read(["a"])).entries[0]!;
  const first = await read();
  expect(first.next).toBe(2 * slot);
  await start([scheduleOf("a", { rule: { everyMs: slot } }), scheduleOf("b")]);
  expect(await read()).toEqual(first);
  await schedules.resume(first, slot);
  const later = slot + 10_000; // its only slot since the one that is due
  await start([scheduleOf("a", { rule: { everyMs: later } })]);
  expect(await read()).toMatchObject({ last: { slot: later }, next: 2 * later });
  expect((await client.stats()).completed).toBe(1);
});

test("a schedule that is declared paused rests until it is declared otherwise, or is resumed", async () => {
  const { start, schedules } = setUp();
  const read = async () => (await schedules.read(["a"])).entries[0]!;
  await start([scheduleOf("a", { paused: true })]);
  expect(await read()).toMatchObject({ pausedUntil: Number.POSITIVE_INFINITY });
  await schedules.resume(await read(), 2_000_000_000_000);
  await start([scheduleOf("a", { paused: true, maxRetries: 1 })]);
  expect(await read()).not.toHaveProperty("pausedUntil");
  await schedules.pause(await read(), undefined, undefined);
  await start([scheduleOf("a", { paused: true, maxRetries: 2 })]);
  expect(await read()).toMatchObject({ pausedUntil: Number.POSITIVE_INFINITY });
  await start([scheduleOf("a", { maxRetries: 2 })]);
  expect(await read()).not.toHaveProperty("pausedUntil");
});

test("a schedule that is paused at run time stays so over restarts of the code and over another declaration", async () => {
  const { start, schedules } = setUp();
  const read = async () => (await schedules.read(["a"])).entries[0]!;
  const [weekly, daily] = [7, 1].map((days) => scheduleOf("a", { rule: { everyMs: days * DAY } }));
  const until = Date.now() + 10 * DAY;
  for (const pausedUntil of [until, Number.POSITIVE_INFINITY]) {
    const app = await start([weekly!]);
    const end = pausedUntil === until ? until : undefined;
    expect(await pauseSchedule(app, "a", end)).toBe("paused");
    await start([weekly!]);
    expect(await read()).toMatchObject({ pausedUntil });
    await start([daily!]);
    expect(await read()).toMatchObject({ pausedUntil });
    expect((await read()).next).toBe(end && Math.ceil(end / DAY) * DAY);
    expect(await resumeSchedule(app, "a")).toBe("resumed");
  }
});

test("a process that declares none deletes those of an older version when one is due, and fires none", async () => {
  const { start, schedules, client, names, lines } = setUp();
  const everyMs = Date.now() - 1_000;
  await start([scheduleOf("a", { rule: { everyMs } }), yearly("b")]);
  const [seen] = (await schedules.read(["a"])).entries;
  await schedules.resume(seen!, everyMs);
  await start();
  expect(await names()).toEqual([]);
  expect((await client.stats()).scheduled).toBe(0);
  expect(lines.some(({ event }) => event === "schedule_fired")).toBe(false);
});

test("a process that declares none fires what a newer version has declared since", async () => {
  const { start, schedules, client, names } = setUp();
  const older = await start();
  const everyMs = Date.now() - 1_000;
  await start([scheduleOf("a", { rule: { everyMs } })]);
  const [seen] = (await schedules.read(["a"])).entries;
  await schedules.resume(seen!, everyMs);
  await invocation(older, { source: "tick" }, HOUR);
  expect(await names()).toEqual(["a"]);
  expect((await client.stats()).completed).toBe(1);
});

test("a process that declares none deletes what code had declared though the note of that is lost", async () => {
  const { start, schedules, names, keys } = setUp();
  const everyMs = Date.now() - 1_000;
  await start([scheduleOf("a", { rule: { everyMs } })]);
  const [seen] = (await schedules.read(["a"])).entries;
  await schedules.resume(seen!, everyMs);
  for (const note of [undefined, '{"hash":"","names":[],"at":1}']) {
    if (note === undefined) await workers.redis.redis.hdel(keys.schedules, " code");
    else await workers.redis.redis.hset(keys.schedules, { " code": note });
    await start();
    expect(await names()).toEqual([]);
    await start([scheduleOf("a", { rule: { everyMs } })]);
    await schedules.resume((await schedules.read(["a"])).entries[0]!, everyMs);
  }
});

test("a name that was taken is declared ten minutes after it is free, and nothing is written until then", async () => {
  const { start, schedules, names, lines } = setUp();
  const theirs = scheduleOf("a", { source: "api" });
  await schedules.put("a", scheduleToJson(theirs), { next: Date.now() + DAY }, undefined);
  const app = await start([scheduleOf("a"), scheduleOf("b")]);
  const tick = () => invocation(app, { source: "tick" }, HOUR);
  for (const [minutes, sent] of [
    [9, []],
    [11, ["hget", "agenda"]],
  ] as const) {
    const now = performance.now.bind(performance);
    const ahead = vi.spyOn(performance, "now").mockImplementation(() => now() + minutes * 60_000);
    workers.faults.reset();
    await tick();
    ahead.mockRestore();
    expect(verbs().filter((verb) => ["hget", "agenda", "declare"].includes(verb))).toEqual(sent);
  }
  expect(lines.filter(({ event }) => event === "schedules_declared")).toHaveLength(1);
  expect(await schedules.delete("a")).toBe("deleted");
  const now = performance.now.bind(performance);
  const ahead = vi.spyOn(performance, "now").mockImplementation(() => now() + 22 * 60_000);
  await tick();
  ahead.mockRestore();
  expect(await names()).toEqual(["a", "b"]);
});

test("a process whose secrets change declares once, unless that is another database", async () => {
  const { start } = setUp();
  const origin = {};
  const declared = [scheduleOf("a")];
  const of = (app: WorkerApp, url = app.config.redis.url): WorkerApp => ({
    ...app,
    origin,
    config: { ...app.config, redis: { ...app.config.redis, url } },
  });
  const app = await start(declared);
  const asked = async (more: WorkerApp) => {
    workers.faults.reset();
    await invocation(more, { source: "tick" }, HOUR);
    return verbs().includes("hget");
  };
  expect(await asked(of(app))).toBe(true); // the first of this process
  expect(await asked(of({ ...app }))).toBe(false);
  expect(await asked(of({ ...app }, "http://127.0.0.1:1/another"))).toBe(true);
});

test("where Redis does not answer, the next invocation declares", async () => {
  const { start, names, lines } = setUp();
  workers.faults.when(({ verbs: sent }) => (sent[0] === "hget" ? { answer: 400 } : undefined));
  const app = await start([scheduleOf("a")]);
  expect(lines).toContainEqual(expect.objectContaining({ level: "warn", event: "schedules_failed" }));
  expect(await names()).toEqual([]);
  workers.faults.reset();
  await invocation(app, { source: "tick" }, HOUR);
  expect(await names()).toEqual(["a"]);
});
