import { beforeEach, expect, test } from "vitest";
import { ScheduleStore } from "../../lib/queue/schedule-store.ts";
import { type Deployed, get, post, useApi } from "../support/api.ts";

const api = useApi();
const HOUR = 3_600_000;
let deployed: Deployed;
beforeEach(async () => {
  deployed = await api.deploy();
  await deployed.call({ ...post("/schedules/hourly", { task: "note", every: "1 hour" }), method: "PUT" });
});

const pause = (body: object) => deployed.call(post("/pause", body));
const resume = (body: object) => deployed.call(post("/resume", body));
const hourly = async () => (await deployed.call(get("/schedules/hourly"))).body;
const storeOf = ({ prefix }: Deployed) => new ScheduleStore(api.redis.redis, { prefix });

test("a schedule is paused by its name until it is resumed, and then goes on with its next slot", async () => {
  const before = await hourly();
  expect(await pause({ schedule: "hourly" })).toMatchObject({ status: 200, body: { paused_tasks: [] } });
  expect(await hourly()).toEqual({ ...before, paused: true, next_runs: [] });
  expect(await resume({ schedule: "hourly" })).toMatchObject({ status: 200, body: { paused_tasks: [] } });
  const after = await hourly();
  expect(after).toEqual({ ...before, next_runs: after.next_runs });
  expect(Date.parse(after.next_runs[0])).toBeGreaterThan(Date.now());
});

test("a schedule whose pause has an end is paused without one by PUT with `paused`", async () => {
  const until = new Date(Date.now() + 2 * HOUR).toISOString();
  const put = (more: object) =>
    deployed.call({ ...post("/schedules/hourly", { task: "note", every: "1 hour", ...more }), method: "PUT" });
  for (const before of [{}, { paused: true }]) {
    await put(before);
    await pause({ schedule: "hourly", until });
    expect((await put(before)).body).toMatchObject("paused" in before ? { paused: true } : { paused_until: until });
    expect((await put({ paused: true })).body).not.toHaveProperty("paused_until");
    expect(await hourly()).toMatchObject({ paused: true, next_runs: [] });
    await put({ paused: false });
  }
});

test("a schedule that is paused until an instant has its first slot from there on", async () => {
  const nine = Math.ceil(Date.now() / HOUR) * HOUR + 9 * HOUR;
  for (const [until, first] of [
    [nine, nine],
    [nine + 1, nine + HOUR],
  ] as const) {
    const paused_until = new Date(until).toISOString();
    expect((await pause({ schedule: "hourly", until: paused_until })).status).toBe(200);
    const { paused, next_runs, ...rest } = await hourly();
    expect([paused, rest.paused_until, Date.parse(next_runs[0])]).toEqual([true, paused_until, first]);
  }
});

test("a pause whose end is past is over: nothing says that it is paused, and a PUT may pause it again", async () => {
  const store = storeOf(deployed);
  const [seen] = (await store.read(["hourly"])).entries;
  await store.pause(seen!, Date.now() - 1, seen!.next);
  expect(await hourly()).toMatchObject({ paused: false });
  expect(await hourly()).not.toHaveProperty("paused_until");
  const slot = (await store.read(["hourly"])).entries[0]!.next;
  await resume({ schedule: "hourly" });
  expect((await store.read(["hourly"])).entries[0]!.next).toBe(slot);
  const body = { task: "note", every: "1 hour", paused: true };
  const put = await deployed.call({ ...post("/schedules/hourly", body), method: "PUT" });
  expect(put.body).toMatchObject({ paused: true, next_runs: [] });
  expect(await hourly()).toMatchObject({ paused: true, next_runs: [] });
});

test("what is resumed without having been paused keeps its slot, also one that is due", async () => {
  const store = storeOf(deployed);
  const { now, entries } = await store.read(["hourly"]);
  await store.put("hourly", entries[0]!.json, { next: now - HOUR }, entries[0]);
  await resume({ schedule: "hourly" });
  expect((await store.read(["hourly"])).entries[0]!.next).toBe(now - HOUR);
});

test("a definition that cannot be read may be paused and resumed", async () => {
  const store = storeOf(deployed);
  await store.put("later", '{"rev":"x","source":"api","later":{}}', { next: Date.now() + HOUR }, undefined);
  await pause({ schedule: "later" });
  expect((await store.read(["later"])).entries[0]).not.toHaveProperty("next");
  await resume({ schedule: "later" });
  expect((await store.read(["later"])).entries[0]).toMatchObject({ next: expect.any(Number) });
});

test.each([
  { body: { schedule: "hourly", task: "note" }, status: 422, code: "invalid_request" },
  { body: { schedule: "hourly", until: "2020-01-01T00:00:00Z" }, status: 422, code: "invalid_request" },
  { body: { schedule: "hourly", until: "2999-01-01T00:00:00Z" }, status: 422, code: "invalid_request" },
  { body: { schedule: "none" }, status: 404, code: "schedule_not_found" },
  { body: { schedule: "" }, status: 404, code: "schedule_not_found" },
])("a pause with $body is refused with $status, and pauses nothing", async ({ body, status, code }) => {
  const before = await deployed.store.all();
  expect(await pause(body)).toMatchObject({ status, body: { code } });
  expect(await deployed.store.all()).toEqual(before);
  if (!("until" in body)) expect(await resume(body)).toMatchObject({ status, body: { code } });
});

test("twenty pauses and resumes at the same time leave it paused or not, whole", async () => {
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? pause : resume)({ schedule: "hourly" })),
  );
  expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200));
  const { paused, next_runs } = await hourly();
  expect(next_runs).toHaveLength(paused ? 0 : 3);
});
