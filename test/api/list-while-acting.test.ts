import { expect, test } from "vitest";
import { listJobs } from "../../lib/queue/listing.ts";
import { useApi } from "../support/api.ts";
import { job } from "../support/redis.ts";
import { claim, completed, failed, running, settle } from "../support/verbs.ts";
import { allPages, byIdDown, byIdUp, NEXT_YEAR } from "./listing.ts";

const api = useApi();

const many = Array.from({ length: 230 }, () => job());

test.each([1, 10, 100])(
  "a list shows each job once while all %i waiting jobs of each page are cancelled",
  async (limit) => {
    const deployed = await api.deploy();
    const { queue } = deployed;
    const jobs = limit === 1 ? many.slice(0, 12) : many;
    await queue.submit(jobs);
    const seen = await allPages(deployed, `status=pending&limit=${limit}`, async (ids) => {
      for (const id of ids) await queue.cancel(id);
    });
    expect(seen).toEqual(jobs.map(({ id }) => id).reverse());
  },
);

test.each([10, 100])(
  "a list shows each job once while all %i jobs of each page are cancelled that are due at the same time",
  async (limit) => {
    const deployed = await api.deploy();
    const { queue } = deployed;
    await queue.submit(many.map((each) => ({ ...each, when: { at: NEXT_YEAR } })));
    const seen = await allPages(deployed, `status=pending&limit=${limit}`, async (ids) => {
      for (const id of ids) await queue.cancel(id);
    });
    expect(seen).toEqual(byIdUp(many));
  },
);

test.each([10, 100])(
  "a list shows each job once while all %i jobs of each page are retried that failed at the same time",
  async (limit) => {
    const deployed = await api.deploy();
    const { queue } = api.redis.queue({ prefix: deployed.prefix });
    await running(queue, many);
    await settle(queue, ...many.map((each) => failed(each)));
    const seen = await allPages(deployed, `status=failed&limit=${limit}`, async (ids) => {
      for (const id of ids) await queue.redrive(id);
    });
    expect(seen).toEqual(byIdDown(many));
  },
);

test("a list shows each running job once while each page is settled", async () => {
  const deployed = await api.deploy();
  const { queue } = api.redis.queue({ prefix: deployed.prefix });
  await running(queue, many.slice(0, 150));
  const seen = await allPages(deployed, "status=processing&limit=10", async (ids) => {
    await settle(queue, ...ids.map((id) => completed({ id })));
  });
  expect(seen).toHaveLength(150);
  expect(new Set(seen).size).toBe(150);
});

test("a list shows no job twice when the last job of a page fails and is retried", async () => {
  const { queue, keys } = api.redis.queue();
  const [a, b, c, d] = [job(), job(), job(), job()];
  await queue.submit([a, b, c, d]);
  const first = await listJobs(api.redis.redis, keys, { status: "pending", limit: 2 });
  if (first === "bad_cursor") throw new Error("there was none");
  expect(first.jobs.map(({ job: { id } }) => id)).toEqual([d.id, c.id]);
  api.redis.clock.now += 1;
  await claim(queue, { count: 3 });
  await settle(queue, failed(c));
  await queue.redrive(c.id);
  expect(await listJobs(api.redis.redis, keys, { status: "pending", limit: 2, cursor: first.next })).toEqual({
    jobs: [],
  });
});

test("a list shows each job once while the last job of each page is cancelled", async () => {
  const deployed = await api.deploy();
  const { queue } = deployed;
  await queue.submit(many.map((each) => ({ ...each, when: { at: NEXT_YEAR } })));
  const seen = await allPages(deployed, "status=pending&limit=40", async (ids) => {
    if (ids.length > 0) await queue.cancel(ids.at(-1)!);
  });
  expect(seen).toEqual(byIdUp(many));
});

test("a list shows each of 500 jobs of the same time once while the last one of each page is cancelled", async () => {
  const { queue, prefix, keys } = api.redis.queue();
  const crowd = Array.from({ length: 500 }, () => job({ when: { at: 1_900_000_000_000 } }));
  for (let i = 0; i < 500; i += 100) await queue.submit(crowd.slice(i, i + 100));
  const expected = byIdUp(crowd);
  let cursor: string | undefined;
  const seen: string[] = [];
  do {
    const page = await listJobs(api.redis.redis, keys, { status: "pending", limit: 100, cursor });
    if (page === "bad_cursor") throw new Error(`${prefix}: ${cursor}`);
    seen.push(...page.jobs.map(({ job: { id } }) => id));
    await queue.cancel(seen.at(-1)!);
    cursor = page.next;
  } while (cursor !== undefined);
  expect(seen).toEqual(expected);
});
