import { beforeAll, describe, expect, test } from "vitest";
import { type Deployed, get, useApi } from "../support/api.ts";
import { job, START } from "../support/redis.ts";
import { claim, completed, failed, retry, running, settle, snoozed } from "../support/verbs.ts";
import { allPages, idsOf } from "./listing.ts";

const api = useApi();
let deployed: Deployed;
const jobs = {
  waiting: job({ priority: "high" }),
  scheduled: job({ when: { delayMs: 50_000 } }),
  soon: job({ when: { delayMs: 40_000 }, task: "other" }),
  retrying: job(),
  snoozed: job({ task: "other" }),
  running: job({ priority: "low" }),
  completed: job(),
  failed: job({ task: "other", maxRetries: 0 }),
  cancelled: job(),
};
const named = (ids: readonly string[]) => ids.map((id) => Object.entries(jobs).find(([, each]) => each.id === id)![0]);

beforeAll(async () => {
  deployed = await api.deploy();
  const { queue } = api.redis.queue({ prefix: deployed.prefix });
  const later = () => {
    api.redis.clock.now += 1_000;
  };
  await running(queue, [jobs.retrying, jobs.snoozed, jobs.completed, jobs.failed]);
  for (const ending of [
    retry(jobs.retrying, 60_000),
    snoozed(jobs.snoozed, 70_000),
    completed(jobs.completed),
    failed(jobs.failed),
  ]) {
    later();
    await settle(queue, ending);
  }
  await queue.submit([jobs.cancelled]);
  later();
  await queue.cancel(jobs.cancelled.id);
  await queue.submit([jobs.running]);
  later();
  await claim(queue, { token: "w.2" });
  await queue.submit([jobs.waiting, jobs.scheduled, jobs.soon]);
});

const listed = async (query: string) => (await deployed.call(get(`/jobs?${query}`))).body;

test.each([
  ["status=pending", ["waiting", "soon", "scheduled", "retrying", "snoozed"]],
  ["status=waiting", ["waiting"]],
  ["status=scheduled", ["soon", "scheduled", "snoozed"]],
  ["status=retrying", ["retrying"]],
  ["status=running", ["running"]],
  ["status=processing", ["running"]],
  ["status=completed", ["completed"]],
  ["task=other", ["failed", "soon", "snoozed"]],
  ["task=other&status=scheduled", ["soon", "snoozed"]],
  ["task=nobody", []],
  ["task=%22", []],
  ["priority=high", ["waiting"]],
  ["priority=low", ["running"]],
  ["priority=normal&status=finished".replace("finished", "completed"), ["completed"]],
  [`id=${jobs.failed.id}`, ["failed"]],
  [`id=${jobs.failed.id.slice(0, 9).toUpperCase()}`, ["failed"]],
  [`id=${jobs.failed.id.slice(0, 9)}&status=completed`, []],
])("%s lists %j, on pages of any size", async (query, expected) => {
  for (const limit of [1, 2, 50])
    expect(named(await allPages(deployed, `${query}&limit=${limit}`)), `${limit}`).toEqual(expected);
});

test("each job says what it is doing, and since when", async () => {
  const { jobs: all } = await listed("");
  const at = (seconds: number) => new Date(START + seconds * 1_000).toISOString();
  const said = Object.fromEntries(
    all.map(({ job_id, state, changed_at }: { job_id: string; state: string; changed_at: string }) => [
      named([job_id])[0],
      `${state} ${changed_at}`,
    ]),
  );
  expect(said).toEqual({
    waiting: `waiting ${at(0)}`,
    scheduled: `scheduled ${at(0)}`,
    soon: `scheduled ${at(0)}`,
    retrying: `retrying ${at(1)}`,
    snoozed: `scheduled ${at(0)}`,
    running: `running ${at(6)}`,
    completed: `completed ${at(3)}`,
    failed: `failed ${at(4)}`,
    cancelled: `cancelled ${at(5)}`,
  });
});

describe("what cannot be asked for", () => {
  test.each([
    ["status=asleep", "/status"],
    ["status=ready", "/status"],
    ["priority=urgent", "/priority"],
    ["id=", "/id"],
    ["id=xyz", "/id"],
    [`id=${jobs.failed.id}0`, "/id"],
  ])("%s is a 400", async (query, pointer) => {
    expect(await listed(query)).toMatchObject({ code: "invalid_query", errors: [{ pointer }] });
  });

  test("a cursor of another filter", async () => {
    const { next_cursor } = await listed("limit=1");
    for (const query of ["priority=normal", "id=a", "status=waiting", "task=other"])
      expect((await listed(`${query}&cursor=${next_cursor}`)).code, query).toBe("invalid_query");
    expect(idsOf(await listed(`limit=1&cursor=${next_cursor}`))).toHaveLength(1);
  });
});
