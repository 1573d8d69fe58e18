import { expect, test } from "vitest";
import { scheduleOf, scheduleToJson } from "../../lib/schedules/definition.ts";
import { tasks } from "../support/tasks.ts";
import { useDeployment } from "./deployment.ts";
import { examined } from "./examined.ts";

const deployment = useDeployment();
const { redis, store, sound } = deployment;

/** Puts a schedule into the database whose next slot is `inSeconds` from now. */
async function seed(name: string, inSeconds: number, change = (json: string) => json): Promise<void> {
  const schedule = scheduleOf({ name, task: "note", every: "1h" }, tasks, "api");
  await redis("HSET", "job_queue:schedules", name, change(scheduleToJson(schedule)));
  await redis("ZADD", "job_queue:scheduled", String(Date.now() + inSeconds * 1_000), `cron:${name}`);
}

test("schedules that are sound are counted, and left as they are", async () => {
  expect((await examined(sound())).line("schedules")).toBe("ok none");
  for (const name of ["a", "b"]) await seed(name, 60);
  const before = await store();
  expect((await examined(sound())).line("schedules")).toBe("ok 2: every task is known, and none is late");
  expect(await store()).toEqual(before);
});

test("a schedule whose task nobody knows is a failure", async () => {
  for (const name of ["a", "b", "c", "d"]) await seed(name, 60, (json) => json.replace('"note"', '"gone"'));
  const found = await examined(sound());
  expect(found.line("schedules")).toBe("FAIL a (gone), b (gone), c (gone), 1 more: no task of this name is known");
  expect(found.fix("schedules")).toContain("deploy a version that has the task");
});

test("a schedule that cannot be read is a failure, and one that is long due a warning", async () => {
  await seed("a", 60, () => '{"rev":"x","later":1}');
  await seed("b", -300);
  await seed("c", -60);
  const { findings, spent } = await examined(sound());
  expect(findings.filter(({ check }) => check === "schedules")).toEqual([
    { check: "schedules", state: "FAIL", seen: "a: the definition cannot be read", fix: expect.any(String) },
    {
      check: "schedules",
      state: "warn",
      seen: "b (note): due for over 2 minutes",
      fix: expect.stringContaining("tick"),
    },
  ]);
  expect(spent.sent + spent.inScripts).toBeLessThan(170);
});

test("the doctor counts the commands that it spends on schedules", async () => {
  await seed("a", 60);
  await redis("SCRIPT", "FLUSH");
  await redis("CONFIG", "RESETSTAT");
  const { spent } = await examined(sound());
  const info = String(await redis("INFO", "commandstats"));
  const calls = [...info.matchAll(/^cmdstat_(\S+):calls=(\d+)/gm)].filter(
    ([, name]) => !/^(ping|info|config)/.test(name!),
  );
  expect(spent.sent - spent.free + spent.inScripts).toBe(calls.reduce((sum, [, , n]) => sum + Number(n), 0));
});
