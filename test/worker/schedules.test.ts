import { expect, test } from "vitest";
import { ScheduleStore } from "../../lib/queue/schedule-store.ts";
import { scheduleToJson } from "../../lib/schedules/definition.ts";
import type { Schedule } from "../../lib/schedules/schedule.ts";
import { DrainMetrics } from "../../lib/worker/drain-metrics.ts";
import { job } from "../support/redis.ts";
import { definition, scheduleOf } from "../support/schedules.ts";
import { gate, summary, task, until, useWorkers } from "../support/worker.ts";

const workers = useWorkers();
const echo = task("echo", () => undefined);
const MINUTE = 60_000;
const verbs = () => workers.faults.seen.map((request) => request.verbs);

/** A second ago, and a rule whose slots are then and in half a century. */
const justNow = () => {
  const everyMs = Date.now() - 1_000;
  return { slot: everyMs, rule: { everyMs } };
};

function setUp() {
  const made = workers.queue();
  const schedules = new ScheduleStore(workers.redis.redis, { prefix: made.prefix });
  /** Makes a schedule that has been due for a second. */
  const due = async (more: Partial<Schedule> = {}) => {
    const { slot, rule } = justNow();
    const schedule = scheduleOf("yearly", { source: "api", rule, ...more });
    await schedules.put(schedule.name, scheduleToJson(schedule), { next: slot }, undefined);
    return slot;
  };
  return { ...made, schedules, due };
}

test("a worker fires a due schedule, and the same request claims its job", async () => {
  const { due, worker, schedules, store } = setUp();
  await due();
  const w = worker([echo]);
  expect(await w.drain()).toEqual(summary({ claimed: 1, completed: 1 }));
  expect(verbs()).toEqual([["claim"], ["fire", "claim"], ["settle"]]);
  const [fired] = w.lines.filter(({ event }) => event === "schedule_fired");
  expect(fired).toMatchObject({ level: "info", schedule: "yearly", task: "echo", late_ms: expect.any(Number) });
  const { entries } = await schedules.read(["yearly"]);
  expect(entries[0]).toMatchObject({ last: { jobId: fired!.job_id } });
  expect(entries[0]!.next).toBeGreaterThan(entries[0]!.last!.slot);
  expect(Object.keys((await store.all()).completed ?? {})).toEqual([fired!.job_id]);
});

test("a worker without room fires all the same, and has another one woken", async () => {
  const { client, due, worker, store } = setUp();
  const done = gate();
  const slow = task("slow", () => done.opened);
  const w = worker([slow, echo], { concurrency: 1 });
  await client.submit([job({ task: "slow" })]);
  await due();
  const draining = w.drain();
  await until(() => w.wakes.includes("backlog"));
  expect((await store.all()).normal).toHaveLength(1);
  done.open();
  expect(await draining).toEqual(summary({ claimed: 2, completed: 2 }));
});

test("a slot met by a worker that does not know its task becomes a job, and that worker gives it back", async () => {
  const { due, worker, store } = setUp();
  await due({ task: "elsewhere" });
  const w = worker([echo]);
  expect(await w.drain()).toEqual(summary({ claimed: 1, released: 1 }));
  const { scheduled, offers } = await store.all();
  const [id] = offers!.elsewhere!;
  expect(scheduled).toHaveProperty(id!);
  expect(scheduled).toHaveProperty("cron:yearly");
});

test("a definition that cannot be planned is moved out of the way for an hour, and logged", async () => {
  const { schedules, worker, store } = setUp();
  await schedules.put("broken", definition("bad", { cron: "every day" }), { next: justNow().slot }, undefined);
  const w = worker([echo]);
  expect(await w.drain()).toEqual(summary({}));
  expect(w.lines).toContainEqual(
    expect.objectContaining({ level: "error", event: "schedule_broken", schedule: "broken" }),
  );
  const next = (await store.all()).scheduled!["cron:broken"]!;
  expect(next).toBeGreaterThan(Date.now() + 50 * MINUTE);
});

test("after an outage, what was missed is caught up as the schedule says, and logged", async () => {
  const { schedules, worker } = setUp();
  const everyMs = Math.floor((Date.now() - 1_000) / 1_000); // about twenty days
  const late = scheduleOf("late", { source: "api", rule: { everyMs } });
  await schedules.put("late", scheduleToJson(late), { next: 990 * everyMs }, undefined);
  const w = worker([echo]);
  expect(await w.drain()).toEqual(summary({ claimed: 1, completed: 1 }));
  const missed_before = new Date(1_000 * everyMs).toISOString();
  expect(w.lines).toContainEqual(
    expect.objectContaining({ level: "warn", event: "schedule_caught_up", schedule: "late", missed_before, fired: 1 }),
  );
  expect((await schedules.read(["late"])).entries[0]).toMatchObject({ next: 1_001 * everyMs });
});

test.each(["last", "skip", { all: 5 }] as const)(
  "a schedule that nobody fired for an hour is late by an hour: %j",
  async (catchUp) => {
    const { schedules, worker } = setUp();
    const slot = Math.floor(Date.now() / MINUTE) * MINUTE - 60 * MINUTE;
    const late = scheduleOf("late", { source: "api", rule: { everyMs: MINUTE }, catchUp });
    await schedules.put("late", scheduleToJson(late), { next: slot }, undefined);
    const lateMs: number[] = [];
    const observer = Object.assign(new DrainMetrics("test", () => {}), {
      slotFired: (ms: number) => void lateMs.push(ms),
    });
    await worker([echo], { observers: [observer] }).drain();
    expect(Math.max(...lateMs)).toBeGreaterThanOrEqual(60 * MINUTE);
  },
);

test("what was caught up counts the slots that made a job, not those that an unfinished one left out", async () => {
  const { client, schedules, worker } = setUp();
  const everyMs = Math.floor((Date.now() - 1_000) / 1_000);
  const late = scheduleOf("late", { source: "api", rule: { everyMs }, overlap: "skip" });
  await schedules.put("late", scheduleToJson(late), { next: 989 * everyMs }, undefined);
  const waits = { at: 989 * everyMs, job: job({ when: { delayMs: 60 * MINUTE } }) };
  const before = { name: "late", slot: waits.at, rev: late.rev, next: 990 * everyMs, overlap: "skip" } as const;
  expect((await client.step({ fire: [{ ...before, slots: [waits] }] })).fired).toEqual([["fired"]]);
  const w = worker([echo]);
  await w.drain();
  expect(w.lines).toContainEqual(expect.objectContaining({ event: "schedule_overlapped" }));
  expect(w.lines).toContainEqual(expect.objectContaining({ event: "schedule_caught_up", fired: 0 }));
});

test("a lost answer to a fire changes nothing: the slot fires once", async () => {
  for (const fault of ["drop_reply", "drop_request", "double"] as const) {
    const { due, worker, store } = setUp();
    workers.faults.reset();
    await due();
    let faulty = true;
    workers.faults.when(({ verbs }) => {
      if (!faulty || !verbs.includes("fire")) return undefined;
      faulty = false;
      return fault;
    });
    expect(await worker([echo]).drain(), fault).toEqual(summary({ claimed: 1, completed: 1 }));
    expect(Object.keys((await store.all()).completed ?? {})).toHaveLength(1);
  }
});

test("where Redis refuses to fire, the worker goes on with its jobs, and leaves when they are done", async () => {
  const { client, due, worker, schedules } = setUp();
  const slot = await due();
  await client.submit([job({ task: "echo" })]);
  const w = worker([echo]);
  const step = w.queue.step.bind(w.queue);
  w.queue.step = async ({ fire = [], ...request }) => {
    const stepped = await step(request);
    return fire.length > 0 ? { ...stepped, fired: { refused: "OOM command not allowed" } } : stepped;
  };
  expect(await w.drain()).toEqual(summary({ claimed: 1, completed: 1 }));
  expect(w.lines).toContainEqual(expect.objectContaining({ level: "error", event: "schedules_refused" }));
  expect((await schedules.read(["yearly"])).entries[0]).toMatchObject({ next: slot });
});
