import { expect, test } from "vitest";
import { listJobs } from "../../lib/queue/listing.ts";
import type { Ending } from "../../lib/queue/worker-queue.ts";
import { get, useApi } from "../support/api.ts";
import { job, record } from "../support/redis.ts";
import { claim, extend, settle } from "../support/verbs.ts";
import { allPages, idsOf, list } from "./listing.ts";

const api = useApi();

test("a page of the jobs that wait costs at most 12 commands, none of which searches all keys", async () => {
  const deployed = await api.deploy();
  const { queue } = deployed;
  for (let i = 0; i < 1_000; i += 100) await queue.submit(Array.from({ length: 100 }, () => job()));
  const { result, commands, total } = await api.commandsOf(() => list(deployed, "?status=pending&limit=100"));
  expect(result.jobs).toHaveLength(100);
  expect(total).toBeLessThanOrEqual(12);
  expect(Object.keys(commands)).not.toEqual(expect.arrayContaining([expect.stringMatching(/keys|scan/)]));
  const next = await api.commandsOf(() => list(deployed, `?status=pending&limit=100&cursor=${result.next_cursor}`));
  expect(next.result.jobs).toHaveLength(100);
  expect(next.total).toBeLessThanOrEqual(12);
});

test("a page on which nothing of a task is found costs a bounded number of commands, and the next page goes on from there", async () => {
  const deployed = await api.deploy();
  const { queue } = deployed;
  const wanted = job({ task: "rare" });
  await queue.submit([wanted]);
  for (let i = 0; i < 1_000; i += 100) await queue.submit(Array.from({ length: 100 }, () => job()));
  const { result, total } = await api.commandsOf(() => list(deployed, "?task=rare"));
  expect(result).toEqual({ jobs: [], next_cursor: expect.any(String) });
  expect(total).toBeLessThanOrEqual(20);
  expect(await allPages(deployed, "task=rare")).toEqual([wanted.id]);
});

/** Jobs whose records are as large as they can be: long errors and notes, of characters that JSON writes longest. */
async function worst(count: number, status: "failed" | "processing") {
  const { queue, prefix, keys } = api.redis.queue();
  const text = "\0".repeat(100_000);
  const payload = `"${"x".repeat(510)}"`;
  const jobs = Array.from({ length: count }, () =>
    job({
      task: "x".repeat(200),
      maxRetries: 100,
      payload,
      fingerprint: "f".repeat(64),
      traceparent: "t".repeat(55),
    }),
  );
  await queue.submit(jobs);
  for (let i = 1; i <= 12; i++) {
    const token = `${"w".repeat(12)}.${i}`;
    await claim(queue, { token, count });
    for (const { id } of jobs) await extend(queue, { id, token, progress: { percent: 1, note: "\0".repeat(500) } });
    if (status === "processing" && i === 12) break;
    const outcome = i === 12 ? ("failed" as const) : ("retry" as const);
    for (const { id } of jobs)
      await settle(queue, { id, token, outcome, delayMs: 0, error: text, message: text } as Ending);
    api.redis.clock.now += 1;
  }
  return { queue, prefix, keys, ids: jobs.map(({ id }) => id) };
}

test.each(["failed", "processing"] as const)(
  "a page holds a dozen of the largest records that the queue writes (%s)",
  async (status) => {
    const { keys, ids } = await worst(2, status);
    for (const id of ids) {
      const record = await api.redis.redis.get<string>(keys.jobPrefix + id);
      expect(record!.length).toBeGreaterThan(30_000);
      expect(Buffer.byteLength(record!)).toBeLessThan(64_000);
    }
    const page = await listJobs(api.redis.redis, keys, { status, limit: 100 });
    expect(page).toMatchObject({ jobs: [{ job: { status } }, { job: { status } }] });
    expect(page).not.toHaveProperty("next");
  },
);

test.each([
  ["failed", "failed"],
  ["leases", "processing"],
  ["normal", "pending"],
  ["scheduled", "pending"],
] as const)("pages of at most 2 MB show each record of 250 KB in %s once", async (place, status) => {
  const deployed = await api.deploy();
  const { keys, queue } = deployed;
  const { redis } = api.redis;
  const message = "m".repeat(24_000);
  const attempt = { attempt: 1, outcome: "failed", started_at: 1, ended_at: 2, worker: "w", error: "E", message };
  const jobs = Array.from({ length: 24 }, () => job());
  const text = JSON.stringify({ ...record(jobs[0]!, { status }), attempts: Array(10).fill(attempt) });
  expect(text.length).toBeGreaterThan(240_000);
  for (const { id } of jobs) {
    await redis.set(keys.jobPrefix + id, text.replace(jobs[0]!.id, id));
    if (place === "normal") await redis.lpush(keys.normal, id);
    else await redis.zadd(keys[place], { score: 1, member: id });
  }
  const seen: string[] = [];
  let cursor: string | undefined;
  do {
    const query = cursor === undefined ? "" : `&cursor=${cursor}`;
    const { status: answered, body, text } = await deployed.call(get(`/jobs?limit=100&status=${status}${query}`));
    expect(answered).toBe(200);
    expect(Buffer.byteLength(text)).toBeLessThan(2_000_000);
    expect(body.jobs.length).toBeGreaterThan(0);
    expect(body.jobs.length).toBeLessThanOrEqual(8);
    seen.push(...idsOf(body));
    cursor = body.next_cursor;
  } while (cursor !== undefined && seen.length <= jobs.length);
  expect([...seen].sort()).toEqual(jobs.map(({ id }) => id).sort());
  expect((await queue.stats()).now).toBeGreaterThan(0);
});
