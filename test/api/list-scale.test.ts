import { beforeAll, describe, expect, test } from "vitest";
import { type Deployed, get, post, useApi } from "../support/api.ts";
import { fill } from "../support/crowd.ts";

const api = useApi();
let deployed: Deployed;
beforeAll(async () => {
  deployed = await api.deploy();
  await fill(api.redis.local, deployed.keys, { normal: 100_000, completed: 100_000, failed: 10_000, scheduled: 5_000 });
}, 120_000);

const asked = async (path: string) => {
  const { result, total, commands } = await api.commandsOf(() => deployed.call(get(path)));
  expect(result.status, result.text).toBe(200);
  return { ...result, total, commands };
};

describe("with 100,000 jobs that wait, 100,000 completed and 10,000 failed ones", () => {
  test.each([
    "limit=100",
    "limit=1",
    "status=pending&limit=100",
    "status=completed&limit=100",
    "status=failed&limit=100",
    "status=scheduled&limit=100",
    "task=task_3&limit=100",
    "task=nobody&limit=100",
    "status=failed&task=task_3",
    "priority=low",
    "id=00000000-0000-4000-8000-00000009",
  ])("five pages of %s cost at most 20 commands and 2 MB each", async (query) => {
    let cursor = "";
    const seen: string[] = [];
    for (let page = 0; page < 5; page++) {
      const { body, text, total, commands } = await asked(`/jobs?${query}${cursor}`);
      expect(total + 2).toBeLessThanOrEqual(20); // with the EVALSHAs
      expect(Buffer.byteLength(text)).toBeLessThan(2_000_000);
      expect(Object.keys(commands)).not.toEqual(expect.arrayContaining([expect.stringMatching(/keys|scan|hgetall/)]));
      seen.push(...body.jobs.map(({ job_id }: { job_id: string }) => job_id));
      if (!body.next_cursor) break;
      expect(body.next_cursor.length).toBeLessThan(2_500);
      cursor = `&cursor=${body.next_cursor}`;
    }
    expect(new Set(seen).size).toBe(seen.length);
    if (/^(limit|status=\w+&limit)/.test(query)) expect(seen).toHaveLength(5 * Number(/limit=(\d+)/.exec(query)![1]));
  });

  test("the jobs of all places come in one order, the newest change first", async () => {
    const { body } = await asked("/jobs?limit=100");
    const times = body.jobs
      .filter(({ state }: { state: string }) => state !== "scheduled")
      .map(({ changed_at }: { changed_at: string }) => changed_at);
    expect(times).toEqual([...times].sort().reverse());
    expect(new Set(body.jobs.map(({ state }: { state: string }) => state)).size).toBeGreaterThan(1);
  });
});

describe("with as many jobs, other questions", () => {
  test("the pulse costs 3 commands, or 1 of the keys alone, and failures 5 for 1,000 jobs and at most 2 MB", async () => {
    expect((await asked("/pulse")).total).toBe(3);
    expect((await asked("/pulse?look=keys")).total).toBe(1);
    const { body, text, total } = await asked("/failures");
    expect(total + 2).toBeLessThanOrEqual(6);
    expect(Buffer.byteLength(text)).toBeLessThan(100_000);
    expect(body).toMatchObject({ scanned: 1_000, more: true });
    expect(body.groups.map(({ error }: { error: string }) => error)).toEqual(
      Array(7).fill("Error: no answer from … after … ms"),
    );
    expect(body.groups.reduce((sum: number, { count }: { count: number }) => sum + count, 0)).toBe(1_000);
  });

  test("twenty jobs of one failure are deleted for 10 commands, and retried for 7 each", async () => {
    const { body } = await asked("/failures");
    const { fingerprint } = body.groups[0];
    const step = async (verb: string) => {
      const sent = post(`/${verb}-jobs`, { status: "failed", fingerprint, limit: 20 });
      const { result, total } = await api.commandsOf(() => deployed.call(sent));
      expect(result.body).toMatchObject({ done: 20, skipped: 0, left: true });
      return total;
    };
    expect(await step("delete")).toBeLessThanOrEqual(10);
    expect(await step("retry")).toBeLessThanOrEqual(5 + 7 * 20);
  });
});

test("pages of very many jobs of one instant cost no more, while the last one shown stays", async () => {
  const crowded = await api.deploy();
  const { keys } = crowded;
  const ids = Array.from({ length: 20_000 }, (_, i) => `00000000-0000-4000-9000-${String(i).padStart(12, "0")}`);
  await fill(api.redis.local, keys, { completed: 5 });
  await api.redis.local.backend.send(["ZADD", keys.failed, ...ids.flatMap((id) => ["1790000000000", id])]);
  const record = (id: string) =>
    `{"v":1,"status":"failed","retries":0,"finished_at":1790000000000,"job_id":"${id}","task":"t","max_retries":0,"created_at":1}`;
  await api.redis.local.backend.send(["MSET", ...ids.flatMap((id) => [keys.jobPrefix + id, record(id)])]);
  const seen: string[] = [];
  let cursor = "";
  for (let page = 0; page < 6; page++) {
    const path = `/jobs?status=failed&limit=100${cursor}`;
    const { result, total } = await api.commandsOf(() => crowded.call(get(path)));
    expect(total + 2).toBeLessThanOrEqual(8);
    seen.push(...result.body.jobs.map(({ job_id }: { job_id: string }) => job_id));
    cursor = `&cursor=${result.body.next_cursor}`;
  }
  expect(seen).toEqual([...ids].reverse().slice(0, 600));
});
