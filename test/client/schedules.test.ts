import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { fakeServer, ID, json, outcomeOf, problem } from "./fake-server.ts";

const DEAD = new TypeError("fetch failed");
const SHOWN = {
  ...{ name: "a:1", task: "t", payload: { every_day: 1 }, cron: "@daily", time_zone: "UTC", source: "api" },
  ...{ catch_up: { all: 2 }, overlap: "skip", jitter_seconds: 5, priority: "normal", paused: true },
  paused_until: "2030-02-01T00:00:00.000Z",
  next_runs: ["2030-02-01T00:00:00.000Z", "2030-02-02T00:00:00.000Z"],
  last_run: { slot: "2030-01-31T00:00:00.000Z", job_id: ID },
};
const READ = {
  ...{ name: "a:1", task: "t", payload: { every_day: 1 }, cron: "@daily", timeZone: "UTC", source: "api" },
  ...{ catchUp: { all: 2 }, overlap: "skip", jitterSeconds: 5, priority: "normal", paused: true },
  pausedUntil: new Date("2030-02-01"),
  nextRuns: [new Date("2030-02-01"), new Date("2030-02-02")],
  lastRun: { slot: new Date("2030-01-31"), jobId: ID },
};

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const told = ({ sent }: ReturnType<typeof fakeServer>) =>
  sent.map(({ method, url, body }) => [`${method} ${url.replace("https://queue.example", "")}`, body]);

test("a schedule is put and read with names in camelCase, instants as dates, and its payload untouched", async () => {
  const server = fakeServer([json(201, SHOWN)]);
  const { schedules } = server.client;
  const given = { name: "a:1", task: "t", payload: { every_day: 1 }, cron: "@daily", timeZone: "UTC" };
  const rest = { catchUp: { all: 2 }, jitterSeconds: 5, paused: true } as const;
  expect(await outcomeOf(schedules.put({ ...given, ...rest }))).toEqual(READ);
  expect(await outcomeOf(schedules.get("a:1"))).toEqual(READ);
  const { name: _, timeZone: time_zone, ...same } = given;
  const body = { ...same, time_zone, catch_up: { all: 2 }, jitter_seconds: 5, paused: true };
  expect(told(server)).toEqual([
    ["PUT /schedules/a%3A1", body],
    ["GET /schedules/a%3A1", undefined],
  ]);
});

test("a list goes on where a page ends", async () => {
  const server = fakeServer([
    json(200, { schedules: [SHOWN], next_cursor: "a:1" }),
    json(200, { schedules: [{ ...SHOWN, name: "b" }] }),
  ]);
  const names: string[] = [];
  for await (const { name } of server.client.schedules.list({ limit: 1 })) names.push(name);
  expect(names).toEqual(["a:1", "b"]);
  expect(told(server).map(([line]) => line)).toEqual(["GET /schedules?limit=1", "GET /schedules?limit=1&cursor=a%3A1"]);
});

test("a run has a key of its own, so that a lost reply makes no second job", async () => {
  const { sent, client } = fakeServer([DEAD, json(202, { job_id: ID }, { "idempotent-replayed": "true" })]);
  expect(await outcomeOf(client.schedules.run("a"))).toEqual({ jobId: ID, replayed: true, uniqueConflict: false });
  const keys = sent.map(({ headers }) => headers.get("idempotency-key"));
  expect(keys[0]).toMatch(/^[0-9a-f-]{36}$/);
  expect(keys).toEqual([keys[0], keys[0]]);
});

test("a delete whose reply was lost has deleted; one that finds nothing has not", async () => {
  const gone = problem(404, "schedule_not_found");
  expect(await outcomeOf(fakeServer([DEAD, gone]).client.schedules.delete("a"))).toBeUndefined();
  expect(await outcomeOf(fakeServer([gone]).client.schedules.delete("a"))).toMatchObject({
    code: "schedule_not_found",
  });
});
