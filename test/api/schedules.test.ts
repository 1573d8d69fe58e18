import { beforeEach, describe, expect, test } from "vitest";
import { ScheduleStore } from "../../lib/queue/schedule-store.ts";
import { ScheduleView } from "../../lib/routes/described/schedule-view.ts";
import { scheduleFromJson, scheduleToJson } from "../../lib/schedules/definition.ts";
import { apiKey, type Deployed, get, post, useApi } from "../support/api.ts";

const api = useApi();
let deployed: Deployed;
beforeEach(async () => {
  deployed = await api.deploy();
});

const NIGHTLY = { task: "note", payload: { to: "ada@example.com" }, cron: "30 2 * * *", time_zone: "Europe/Berlin" };
const put = (name: string, body: object, headers = {}) =>
  deployed.call({ ...post(`/schedules/${encodeURIComponent(name)}`, body, headers), method: "PUT" });
const read = (name: string, headers = {}) => deployed.call(get(`/schedules/${encodeURIComponent(name)}`, headers));
const remove = (name: string) => deployed.call({ method: "DELETE", path: `/schedules/${encodeURIComponent(name)}` });
const run = (name: string, headers = {}) =>
  deployed.call(post(`/schedules/${encodeURIComponent(name)}/run`, undefined, headers));
const storeOf = ({ prefix }: Deployed) => new ScheduleStore(api.redis.redis, { prefix });

/** The clock on a wall in Berlin. */
const inBerlin = (instant: string) =>
  new Date(instant).toLocaleTimeString("en-GB", { timeZone: "Europe/Berlin", hour: "2-digit", minute: "2-digit" });

test.each(["paused nightly", "last nightly", " code"])(
  "%j is a field beside the schedules, and no schedule: no route shows, changes or deletes it",
  async (field) => {
    await put("nightly", NIGHTLY);
    await deployed.call(post("/pause", { schedule: "nightly" }));
    const key = deployed.keys.schedules;
    await api.redis.redis.hset(key, {
      "last nightly": `1 ${crypto.randomUUID()}`,
      " code": '{"hash":"","names":[],"at":1}',
    });
    const before = await api.redis.redis.hgetall(key);
    expect(before).toContain(field);
    const answers = [
      await read(field),
      await remove(field),
      await run(field),
      await deployed.call(post("/pause", { schedule: field })),
      await deployed.call(post("/resume", { schedule: field })),
    ];
    expect(answers.map(({ body }) => body.code)).toEqual(Array(5).fill("schedule_not_found"));
    expect(await api.redis.redis.hgetall(key)).toEqual(before);
  },
);

describe("PUT", () => {
  test("makes a schedule, and shows its next three slots and what was not said", async () => {
    const { status, body } = await put("nightly", NIGHTLY);
    expect(status).toBe(201);
    expect(body).toEqual({
      ...{ ...NIGHTLY, name: "nightly", source: "api", paused: false },
      ...{ catch_up: "last", overlap: "skip", jitter_seconds: 0, priority: "normal" },
      next_runs: [expect.any(String), expect.any(String), expect.any(String)],
    });
    expect(body.next_runs.map(inBerlin)).toEqual(["02:30", "02:30", "02:30"]);
    expect(body.next_runs).toEqual(body.next_runs.toSorted());
    expect(Date.parse(body.next_runs[0])).toBeGreaterThan(Date.now());
    expect(ScheduleView.parse(body)).toEqual(body);
    expect(await read("nightly")).toMatchObject({ status: 200, body });
  });

  test("changes it to exactly what is sent; the same again changes nothing", async () => {
    await put("nightly", { ...NIGHTLY, priority: "high" });
    const changed = await put("nightly", { task: "note", every: "15 minutes", catch_up: { all: 3 }, overlap: "allow" });
    expect(changed).toMatchObject({
      status: 200,
      body: { every_seconds: 900, priority: "normal", catch_up: { all: 3 }, overlap: "allow" },
    });
    expect(changed.body).not.toHaveProperty("cron");
    expect(changed.body).not.toHaveProperty("payload");
    const again = await put("nightly", { task: "note", every: 900, catch_up: { all: 3 }, overlap: "allow" });
    expect(again).toMatchObject({ status: 200, body: changed.body });
  });

  test("leaves a pause alone, unless it says whether it is paused", async () => {
    expect((await put("nightly", { ...NIGHTLY, paused: true })).body).toMatchObject({ paused: true, next_runs: [] });
    expect((await put("nightly", { ...NIGHTLY, priority: "low" })).body).toMatchObject({ paused: true, next_runs: [] });
    const { body } = await put("nightly", { ...NIGHTLY, paused: false });
    expect(body).toMatchObject({ paused: false, next_runs: [{}, {}, {}].map(() => expect.any(String)) });
  });

  test("twenty at the same time leave one of them, whole", async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => put("nightly", { task: "note", every: 60 + i })),
    );
    expect(answers.map(({ status }) => status).toSorted()).toEqual([...Array(19).fill(200), 201]);
    const { body } = await read("nightly");
    expect(answers.map((each) => each.body.every_seconds)).toContain(body.every_seconds);
    expect(Date.parse(body.next_runs[0]) % (body.every_seconds * 1_000)).toBe(0);
  });
});

test("a name may have dots, colons, dashes and underscores", async () => {
  const name = "Customer_17:report.v2-eu";
  expect(await put(name, NIGHTLY)).toMatchObject({ status: 201, body: { name } });
  expect(await read(name)).toMatchObject({ status: 200, body: { name } });
  expect(await remove(name)).toMatchObject({ status: 200, body: { name } });
});

test("DELETE gives the schedule as it was, and then there is none", async () => {
  const { body } = await put("nightly", NIGHTLY);
  expect(await remove("nightly")).toMatchObject({ status: 200, body });
  for (const answer of [await read("nightly"), await remove("nightly"), await run("nightly")])
    expect(answer).toMatchObject({ status: 404, body: { code: "schedule_not_found" } });
  expect(await deployed.store.all()).toEqual({});
});

test("a list has every schedule once, by name, page by page", async () => {
  const names = ["a", "B", "c:1", "c:10", "c:2"];
  for (const name of names) await put(name, NIGHTLY);
  const seen: string[] = [];
  let cursor: string | undefined;
  do {
    const more = cursor === undefined ? "" : `&cursor=${encodeURIComponent(cursor)}`;
    const { status, body } = await deployed.call(get(`/schedules?limit=2${more}`));
    expect(status).toBe(200);
    expect(body.schedules.length).toBeLessThanOrEqual(2);
    seen.push(...body.schedules.map(({ name }: { name: string }) => name));
    cursor = body.next_cursor;
  } while (cursor !== undefined);
  expect(seen).toEqual(names.toSorted());
});

test("the last page of a list has no cursor, also where it is full", async () => {
  for (const name of ["a", "b", "c", "d"]) await put(name, NIGHTLY);
  const page = async (query: string) => {
    const { body } = await deployed.call(get(`/schedules?${query}`));
    return [body.schedules.map(({ name }: { name: string }) => name), body.next_cursor];
  };
  expect(await page("limit=4")).toEqual([["a", "b", "c", "d"], undefined]);
  expect(await page("limit=2")).toEqual([["a", "b"], "b"]);
  expect(await page("limit=2&cursor=b")).toEqual([["c", "d"], undefined]);
});

describe("run", () => {
  test("submits one job, which names its schedule; the same key again is the same job", async () => {
    await put("nightly", { ...NIGHTLY, paused: true, priority: "high" });
    const first = await run("nightly", { "idempotency-key": "k" });
    expect(first).toMatchObject({ status: 202, headers: { location: `/job-status/${first.body.job_id}` } });
    const again = await run("nightly", { "idempotency-key": "k" });
    expect(again).toMatchObject({ status: 202, body: first.body, headers: { "idempotent-replayed": "true" } });
    const { body } = await deployed.call(get(`/job-status/${first.body.job_id}`));
    expect(body).toMatchObject({ task: "note", priority: "high", schedule: "nightly", payload: NIGHTLY.payload });
    expect(body).not.toHaveProperty("slot");
    expect((await run("nightly")).body.job_id).not.toBe(first.body.job_id);
  });
});

test("only admin sees the payload of a sensitive task's schedule", async () => {
  const keys = { ops: apiKey("ops", "admin"), eye: apiKey("eye", "read") };
  deployed = await api.deploy({ API_KEYS: `${keys.ops.entry},${keys.eye.entry}` });
  await put("s", { task: "note", payload: { to: "s3cret@example.com" }, every: "1h" }, keys.ops.headers);
  const store = storeOf(deployed);
  const seen = (await store.read(["s"])).entries[0]!;
  await store.put("s", scheduleToJson({ ...scheduleFromJson(seen.json)!, sensitive: true }), seen, seen);
  expect((await read("s", keys.ops.headers)).body).toMatchObject({ payload: { to: "s3cret@example.com" } });
  for (const path of ["/schedules/s", "/schedules"]) {
    const { status, text } = await deployed.call(get(path, keys.eye.headers));
    expect(status).toBe(200);
    expect(text).toContain('"task":"note"');
    expect(text).not.toContain("s3cret");
  }
});

test("a definition that cannot be read is shown as that, and may be deleted or replaced", async () => {
  const store = storeOf(deployed);
  for (const name of ["a", "b"])
    expect(await store.put(name, '{"rev":"x","source":"api","later":{}}', { next: Date.now() + 1e6 }, undefined)).toBe(
      "put",
    );
  expect((await deployed.call(get("/schedules"))).body.schedules).toMatchObject([
    { name: "a", unreadable: true },
    { name: "b", unreadable: true },
  ]);
  expect(await run("a")).toMatchObject({ status: 404 });
  expect(await remove("a")).toMatchObject({ status: 200, body: { unreadable: true } });
  expect(await put("b", NIGHTLY)).toMatchObject({ status: 200, body: { name: "b", task: "note" } });
});
