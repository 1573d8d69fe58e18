import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createTestKit, type TestKit } from "wakeq/testing";
import * as z from "zod";
import { defineQueue, defineTask, WakeqError } from "../../lib/index.ts";

const report = defineTask({ name: "report", input: z.object({ days: z.int().optional() }), run: () => 1 });
const hidden = defineTask({ name: "hidden", internal: true, input: z.object({}), run: () => 1 });
const slow = defineTask({
  name: "slow",
  input: z.unknown().refine(() => new Promise<boolean>((answer) => setImmediate(() => answer(false))), "not today"),
  run: () => 1,
});
const alone = defineTask({ name: "alone", input: z.object({}), unique: () => "one", run: () => 1 });
const tasks = [report, hidden, slow, alone] as const;
const queue = defineQueue({
  tasks,
  schedules: [{ name: "code", task: report, cron: "@daily" }],
  authorize: () => ({ name: "ops", scopes: ["admin"] }),
});

let kit: TestKit<typeof tasks>;
beforeEach(async () => {
  kit = await createTestKit(queue);
});
afterEach(() => kit.close());

const DAILY = { name: "a", task: "report", cron: "0 2 * * *" };
const wrong = (what: string, more: object, pointer: string, says: RegExp) => ({ what, more, pointer, says });
/** What `queue.schedules.put` refuses, where, and in which words. */
const WRONG = [
  wrong("a cron that never comes", { cron: "0 0 31 2 *" }, "/cron", /never comes/),
  wrong("a cron of three fields", { cron: "* * *" }, "/cron", /5 fields/),
  wrong("a cron beside every", { every: 60 }, "/cron", /got both/),
  wrong("neither cron nor every", { cron: undefined }, "/cron", /got neither/),
  wrong("an unknown zone", { timeZone: "Mars/Olympus" }, "/time_zone", /Mars\/Olympus/),
  wrong("a billion slots", { catchUp: { all: 1e9 } }, "/catch_up", /1 to 1000/),
  wrong("every 0", { cron: undefined, every: 0 }, "/every", /1 second to 366 days/),
  wrong("every never", { cron: undefined, every: "now and then" }, "/every", /15 minutes/),
  wrong("a jitter of hours", { jitterSeconds: 7_200 }, "/jitter_seconds", /0 to 3600 seconds/),
  wrong("a jitter above its interval", { cron: "* * * * *", jitterSeconds: 90 }, "/jitter_seconds", /between slots/),
  wrong("a payload that does not fit", { payload: { days: "7" } }, "/payload/days", /number/),
  wrong("a payload that is too large", { payload: { days: 1, text: "x".repeat(17_000) } }, "/payload", /16384 bytes/),
  wrong("a payload that its asynchronous schema refuses", { task: "slow", payload: 1 }, "/payload", /not today/),
  wrong("an odd name", { name: "a b/c" }, "/name", /letters, digits/),
  wrong("a name that begins with a colon", { name: ":a" }, "/name", /letters, digits/),
  wrong("a name of 1,000 characters", { name: "a".repeat(1_000) }, "/name", /1 to 100/),
  wrong("an overlap that there is not", { overlap: "queue" }, "/overlap", /skip/),
];

describe("schedules.put refuses", () => {
  test.each(WRONG)("$what", async ({ more, pointer, says }) => {
    const error = (await queue.schedules.put({ ...DAILY, ...more } as never).catch((thrown) => thrown)) as WakeqError;
    expect(error).toBeInstanceOf(WakeqError);
    expect(error).toMatchObject({ status: 422, code: "invalid_request" });
    expect(error.errors).toEqual([{ pointer, detail: expect.stringMatching(says) }]);
    expect(error.detail.length).toBeLessThan(1_000);
    expect((await kit.schedules.list().pages().next()).value?.schedules.map(({ name }) => name)).toEqual(["code"]);
  });

  test("everything that is wrong, in one error", async () => {
    const all = { ...DAILY, cron: "x", timeZone: "y", payload: { days: "z" } } as never;
    const error = await queue.schedules.put(all).catch((thrown: WakeqError) => thrown);
    expect((error as WakeqError).errors.map(({ pointer }) => pointer)).toEqual([
      "/cron",
      "/time_zone",
      "/payload/days",
    ]);
  });

  test("a task that there is not, and an option that there is not", async () => {
    await expect(queue.schedules.put({ ...DAILY, task: "nothing" } as never)).rejects.toMatchObject({
      ...{ status: 422, code: "unknown_task", errors: [{ pointer: "/task" }] },
    });
    await expect(queue.schedules.put({ ...DAILY, zone: "UTC" } as never)).rejects.toThrow("there is no option zone");
    await expect(queue.schedules.put({ ...DAILY, task: undefined } as never)).rejects.toThrow("a task or its name");
    await expect(queue.schedules.run("code", { delay: 1 } as never)).rejects.toThrow("there is no option delay");
  });
});

test("what code declares can be read and run, not changed", async () => {
  for (const call of [queue.schedules.put({ ...DAILY, name: "code" } as never), queue.schedules.delete("code")])
    await expect(call).rejects.toMatchObject({ status: 409, code: "schedule_in_code" });
  const { id } = await queue.schedules.run("code");
  expect(await queue.status(id)).toMatchObject({ task: "report", schedule: "code" });
  expect(await queue.schedules.get("code")).toMatchObject({ source: "code", cron: "@daily", task: "report" });
});

test("what there is not is not found", async () => {
  const { get, delete: remove, run } = queue.schedules;
  for (const call of [get("x"), remove("x"), run("x")])
    await expect(call).rejects.toMatchObject({ status: 404, code: "schedule_not_found" });
});

test("an internal task can be scheduled by the application, and not over HTTP", async () => {
  const body = JSON.stringify({ task: "hidden", every: "1h" });
  const put = new Request("http://app.example/schedules/h", { method: "PUT", body });
  const refused = await queue.fetch(put);
  expect([refused.status, await refused.json()]).toMatchObject([422, { code: "unknown_task" }]);
  await queue.schedules.put({ name: "h", task: hidden, every: "1h" });
  const ran = await queue.fetch(new Request("http://app.example/schedules/h/run", { method: "POST" }));
  expect(ran.status).toBe(202);
});

test("a run that is repeated with its key makes no second job", async () => {
  const [first, again] = [1, 2].map(() => queue.schedules.run("code", { idempotencyKey: "k" }));
  expect((await again!).id).toBe((await first!).id);
});

test("a run whose unique key another job holds says so, with that one's id", async () => {
  await queue.schedules.put({ name: "alone", task: alone, every: "1h" });
  const first = await queue.submit(alone, {});
  expect(await queue.schedules.run("alone")).toEqual({ id: first.id, replayed: false, uniqueConflict: true });
  const answer = await queue.fetch(new Request("http://app.example/schedules/alone/run", { method: "POST" }));
  expect(await answer.json()).toEqual({ job_id: first.id, unique_conflict: true });
  expect(answer.headers.get("unique-conflict")).toBe("true");
});

test("defineQueue names everything that is wrong with its schedules", () => {
  const schedules = [
    { ...DAILY, cron: "0 0 31 2 *" },
    { ...DAILY, every: 60 },
    { ...DAILY, name: "b", task: "gone" },
  ];
  expect(() => defineQueue({ tasks, schedules: schedules as never })).toThrow(
    /schedules\[0\]\.cron: .*never comes[\s\S]*schedules\[1\]\.cron: [\s\S]*schedules\[1\]\.name: [\s\S]*schedules\[2\]\.task: there is no task "gone"/,
  );
});
