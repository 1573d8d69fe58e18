import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { get, useApi } from "../support/api.ts";
import { job } from "../support/redis.ts";
import { running, settle } from "../support/verbs.ts";
import { allPages, everywhere, idsOf, list } from "./listing.ts";

const api = useApi();

test("a list shows all jobs, those first that changed last, and those of each status alone", async () => {
  const { deployed, expected, merged } = await everywhere(api);
  expect(idsOf(await list(deployed))).toEqual(merged);
  for (const [status, ids] of Object.entries(expected)) {
    const page = await list(deployed, `?status=${status}`);
    expect(idsOf(page)).toEqual(ids);
    expect(new Set(page.jobs.map((each) => each.status))).toEqual(new Set([status]));
    expect(page.next_cursor).toBeUndefined();
  }
});

test("a list of a task shows that task's jobs alone, in any status", async () => {
  const { deployed, expected } = await everywhere(api);
  expect(idsOf(await list(deployed, "?task=dead"))).toEqual(expected.failed);
  expect(idsOf(await list(deployed, "?task=dead&status=completed"))).toEqual([]);
  expect(idsOf(await list(deployed, "?task=nope"))).toEqual([]);
});

test("pages of any size show the same jobs", async () => {
  const { deployed, expected, merged } = await everywhere(api);
  for (const limit of [1, 2, 3, 7, 15, 16, 100]) {
    expect(await allPages(deployed, `limit=${limit}`), String(limit)).toEqual(merged);
  }
  expect(await allPages(deployed, "limit=1&task=due")).toEqual(expected.pending.slice(-2));
});

test("the list of an empty queue is one page", async () => {
  const deployed = await api.deploy();
  expect(await list(deployed)).toEqual({ jobs: [] });
});

test("a list of one status ends with its last job: no empty page follows", async () => {
  const { deployed } = await everywhere(api);
  expect(await list(deployed, "?status=failed&limit=2")).not.toHaveProperty("next_cursor");
  expect(await list(deployed, "?status=failed&limit=1")).toHaveProperty("next_cursor");
});

test("a list shows no token, no payload and no long message", async () => {
  const deployed = await api.deploy();
  const { queue } = api.redis.queue({ prefix: deployed.prefix });
  const one = job({ payload: '"secret"' });
  await running(queue, [one], "holder.77");
  await settle(queue, { id: one.id, token: "holder.77", outcome: "failed", error: "E", message: "m".repeat(10_000) });
  const page = await deployed.call(get("/jobs"));
  expect(page.text).not.toMatch(/holder\.77|secret|fingerprint|payload/);
  expect(page.text.length).toBeLessThan(2_000);
});

test("a list leaves out ids whose record is gone", async () => {
  const { deployed, queue } = await everywhere(api);
  const { keys } = deployed;
  await api.redis.redis.lpush(keys.normal, randomUUID(), "garbage");
  await api.redis.redis.zadd(keys.failed, { score: 9e15, member: randomUUID() });
  const before = (await everywhere(api)).merged.length;
  expect(await allPages(deployed, "limit=1")).toHaveLength(before);
  expect((await queue.stats()).ready.normal).toBe(4);
});
