import { randomUUID } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as z from "zod/mini";
import type { Job, Status } from "../../lib/queue/job.ts";
import { listJobs } from "../../lib/queue/listing.ts";
import type { Ending } from "../../lib/queue/queue.ts";
import { listJobs as listing } from "../../lib/routes/described/list-jobs.ts";
import { type Deployed, get, useApi } from "../support/api.ts";
import { job, record } from "../support/redis.ts";
import { claim, completed, extend, failed, retry, running, settle } from "../support/verbs.ts";

const api = useApi();
/** In the future for Redis' clock, and before the end of what a job may wait for. */
const NEXT_YEAR = Date.now() + 300 * 86_400_000;
const BOOM = { error: "Boom", message: "it broke" };

const list = async (deployed: Deployed, query = "") => {
  const answer = await deployed.call(get(`/jobs${query}`));
  expect(answer.status, answer.text).toBe(200);
  z.parse(listing.answers[200]!.schema!, answer.body);
  return answer.body as { jobs: { job_id: string; status: string; task: string }[]; next_cursor?: string };
};
const idsOf = ({ jobs }: { jobs: { job_id: string }[] }) => jobs.map(({ job_id }) => job_id);

/** Jobs in every place, two of each, the first of each pair before the second. */
async function everywhere() {
  const deployed = await api.deploy();
  const { prefix } = deployed;
  const { queue } = api.redis.queue({ prefix });
  const later = (ms: number) => {
    api.redis.clock.now += ms;
  };
  const pair = (task: string, more = {}) => [job({ task, ...more }), job({ task, ...more })] as const;
  const ids = (jobs: readonly { id: string }[]) => jobs.map(({ id }) => id);

  const [done, dead, gone, runs] = [pair("done"), pair("dead"), pair("gone"), pair("runs")];
  for (const [i, each] of [...done, ...dead, ...runs].entries()) {
    later(1);
    await running(queue, [each], `w.${i}`);
    if (done.includes(each)) await settle(queue, { id: each.id, token: `w.${i}`, outcome: "completed", result: "1" });
    if (dead.includes(each)) await settle(queue, { id: each.id, token: `w.${i}`, outcome: "failed", ...BOOM });
  }
  for (const each of gone) {
    later(1);
    await queue.submit([each]);
    await queue.cancel(each.id);
  }
  const [high, normal, low] = [pair("high", { priority: "high" }), pair("normal"), pair("low", { priority: "low" })];
  const scheduled = [job({ task: "due", when: { delayMs: 5_000 } }), job({ task: "due", when: { delayMs: 9_000 } })];
  for (const each of [...high, ...normal, ...low, ...scheduled]) await queue.submit([each]);
  const newestFirst = (jobs: readonly { id: string }[]) => ids(jobs).reverse();
  const expected: Record<Status, string[]> = {
    processing: newestFirst(runs),
    pending: [high, normal, low, scheduled].flatMap(newestFirst),
    completed: newestFirst(done),
    failed: newestFirst(dead),
    cancelled: newestFirst(gone),
  };
  return { deployed, queue, expected };
}

describe("a list", () => {
  it("shows all jobs, status by status, the newest first", async () => {
    const { deployed, expected } = await everywhere();
    expect(idsOf(await list(deployed))).toEqual(Object.values(expected).flat());
    for (const [status, ids] of Object.entries(expected)) {
      const page = await list(deployed, `?status=${status}`);
      expect(idsOf(page)).toEqual(ids);
      expect(new Set(page.jobs.map((each) => each.status))).toEqual(new Set([status]));
      expect(page.next_cursor).toBeUndefined();
    }
  });

  it("of a task shows that task's alone, whatever their status", async () => {
    const { deployed, expected } = await everywhere();
    expect(idsOf(await list(deployed, "?task=dead"))).toEqual(expected.failed);
    expect(idsOf(await list(deployed, "?task=dead&status=completed"))).toEqual([]);
    expect(idsOf(await list(deployed, "?task=nope"))).toEqual([]);
  });

  it("pages to the same, whatever the size of a page", async () => {
    const { deployed, expected } = await everywhere();
    for (const limit of [1, 2, 3, 7, 15, 16, 100]) {
      expect(await allPages(deployed, `limit=${limit}`), String(limit)).toEqual(Object.values(expected).flat());
    }
    expect(await allPages(deployed, "limit=1&task=due")).toEqual(expected.pending.slice(-2));
  });

  it("of an empty queue is one page", async () => {
    const deployed = await api.deploy();
    expect(await list(deployed)).toEqual({ jobs: [] });
  });

  it("ends with its last job: no empty page follows where a status was named", async () => {
    const { deployed } = await everywhere();
    expect(await list(deployed, "?status=failed&limit=2")).not.toHaveProperty("next_cursor");
    expect(await list(deployed, "?status=failed&limit=1")).toHaveProperty("next_cursor");
  });

  it("shows no token, no payload and no long message", async () => {
    const deployed = await api.deploy();
    const { queue } = api.redis.queue({ prefix: deployed.prefix });
    const one = job({ payload: '"secret"' });
    await running(queue, [one], "holder.77");
    await settle(queue, { id: one.id, token: "holder.77", outcome: "failed", error: "E", message: "m".repeat(10_000) });
    const page = await deployed.call(get("/jobs"));
    expect(page.text).not.toMatch(/holder\.77|secret|fingerprint|payload/);
    expect(page.text.length).toBeLessThan(2_000);
  });

  it("passes over ids whose record is gone", async () => {
    const { deployed, queue } = await everywhere();
    const { keys } = deployed;
    await api.redis.redis.lpush(keys.normal, randomUUID(), "garbage");
    await api.redis.redis.zadd(keys.failed, { score: 9e15, member: randomUUID() });
    const before = Object.values((await everywhere()).expected).flat().length;
    expect(await allPages(deployed, "limit=1")).toHaveLength(before);
    expect((await queue.stats()).ready.normal).toBe(4);
  });
});

async function allPages(deployed: Deployed, query: string, between = async (_: string[]) => {}): Promise<string[]> {
  const seen: string[] = [];
  let cursor = "";
  for (let pages = 0; pages < 1_000; pages++) {
    const page = await list(deployed, `?${query}${cursor}`);
    seen.push(...idsOf(page));
    await between(idsOf(page));
    if (page.next_cursor === undefined) return seen;
    cursor = `&cursor=${page.next_cursor}`;
  }
  throw new Error("the list does not end");
}

describe("whoever acts on each page sees every job once", () => {
  const many = Array.from({ length: 230 }, () => job());

  it.each([1, 10, 100])("cancelling %i waiting jobs a page", async (limit) => {
    const deployed = await api.deploy();
    const { queue } = deployed;
    const jobs = limit === 1 ? many.slice(0, 12) : many;
    await queue.submit(jobs);
    const seen = await allPages(deployed, `status=pending&limit=${limit}`, async (ids) => {
      for (const id of ids) await queue.cancel(id);
    });
    expect(seen).toEqual(jobs.map(({ id }) => id).reverse());
  });

  it.each([10, 100])("cancelling %i jobs a page that are due at one instant", async (limit) => {
    const deployed = await api.deploy();
    const { queue } = deployed;
    await queue.submit(many.map((each) => ({ ...each, when: { at: NEXT_YEAR } })));
    const seen = await allPages(deployed, `status=pending&limit=${limit}`, async (ids) => {
      for (const id of ids) await queue.cancel(id);
    });
    expect(seen).toEqual(
      many
        .map(({ id }) => id)
        .sort()
        .reverse(),
    );
  });

  it.each([10, 100])("retrying %i failed jobs a page, all of which failed at one instant", async (limit) => {
    const deployed = await api.deploy();
    const { queue } = api.redis.queue({ prefix: deployed.prefix });
    await running(queue, many);
    await settle(queue, ...many.map((each) => failed(each)));
    const seen = await allPages(deployed, `status=failed&limit=${limit}`, async (ids) => {
      for (const id of ids) await queue.redrive(id);
    });
    expect(seen).toEqual(
      many
        .map(({ id }) => id)
        .sort()
        .reverse(),
    );
  });

  it("settling the running ones, page by page", async () => {
    const deployed = await api.deploy();
    const { queue } = api.redis.queue({ prefix: deployed.prefix });
    await running(queue, many.slice(0, 150));
    const seen = await allPages(deployed, "status=processing&limit=10", async (ids) => {
      await settle(queue, ...ids.map((id) => completed({ id })));
    });
    expect(seen).toHaveLength(150);
    expect(new Set(seen).size).toBe(150);
  });

  it("while the page's last job is claimed, fails, and is put back in front of those that were shown", async () => {
    const { queue, keys } = api.redis.queue();
    const [a, b, c, d] = [job(), job(), job(), job()];
    await queue.submit([a, b, c, d]);
    const first = await listJobs(api.redis.redis, keys, { status: "pending", limit: 2 });
    if (first === "bad_cursor") throw new Error("there was none");
    expect(first.jobs.map(({ id }) => id)).toEqual([d.id, c.id]);
    api.redis.clock.now += 1;
    await claim(queue, { count: 3 });
    await settle(queue, failed(c));
    await queue.redrive(c.id);
    expect(await listJobs(api.redis.redis, keys, { status: "pending", limit: 2, cursor: first.next })).toEqual({
      jobs: [],
    });
  });

  it("while somebody else takes the very job that the page ended with", async () => {
    const deployed = await api.deploy();
    const { queue } = deployed;
    await queue.submit(many.map((each) => ({ ...each, when: { at: NEXT_YEAR } })));
    const seen = await allPages(deployed, "status=pending&limit=40", async (ids) => {
      if (ids.length > 0) await queue.cancel(ids.at(-1)!);
    });
    expect(seen).toEqual(
      many
        .map(({ id }) => id)
        .sort()
        .reverse(),
    );
  });

  it("among 500 jobs of one instant, where the page's last job left and the others stay", async () => {
    const { queue, prefix, keys } = api.redis.queue();
    const crowd = Array.from({ length: 500 }, () => job({ when: { at: 1_900_000_000_000 } }));
    for (let i = 0; i < 500; i += 100) await queue.submit(crowd.slice(i, i + 100));
    const expected = crowd
      .map(({ id }) => id)
      .sort()
      .reverse();
    let cursor: string | undefined;
    const seen: string[] = [];
    do {
      const page = await listJobs(api.redis.redis, keys, { status: "pending", limit: 100, cursor });
      if (page === "bad_cursor") throw new Error(`${prefix}: ${cursor}`);
      seen.push(...page.jobs.map(({ id }) => id));
      await queue.cancel(seen.at(-1)!);
      cursor = page.next;
    } while (cursor !== undefined);
    expect(seen).toEqual(expected);
  });
});

describe("while jobs move", () => {
  type Act = { kind: "submit" | "claim" | "complete" | "fail" | "retry" | "cancel" | "redrive"; pick: number };
  const act: fc.Arbitrary<Act> = fc.record({
    kind: fc.constantFrom("submit", "claim", "complete", "fail", "retry", "cancel", "redrive"),
    pick: fc.nat(),
  });

  it("those that stay where they are appear exactly once", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(act, { maxLength: 25, size: "max" }),
        fc.array(fc.array(act, { maxLength: 3 }), { maxLength: 12, size: "max" }),
        fc.integer({ min: 1, max: 5 }),
        fc.constantFrom<Status | undefined>(undefined, "pending", "processing", "completed", "failed", "cancelled"),
        async (before, between, limit, status) => {
          const { queue, keys } = api.redis.queue();
          const all: string[] = [];
          const moved = new Set<string>();
          const tokens = new Map<string, string>();
          const perform = async ({ kind, pick }: Act) => {
            api.redis.clock.now += pick % 3;
            if (kind === "submit") {
              const when = pick % 4 === 0 ? { when: { delayMs: 5_000 + (pick % 3) } } : {};
              const one = job({ priority: (["high", "normal", "low"] as const)[pick % 3]!, ...when });
              all.push(one.id);
              moved.add(one.id);
              await queue.submit([one]);
            } else if (kind === "claim") {
              const { jobs } = await claim(queue, { token: `w.${randomUUID()}`, count: 1 + (pick % 2) });
              for (const each of jobs) {
                moved.add(each.job.id);
                tokens.set(each.job.id, each.token);
              }
            } else if (all.length > 0) {
              const id = all[pick % all.length]!;
              moved.add(id);
              if (kind === "cancel") await queue.cancel(id);
              else if (kind === "redrive") await queue.redrive(id);
              else
                await settle(queue, {
                  ...(kind === "complete" ? completed : kind === "fail" ? failed : retry)({ id }),
                  token: tokens.get(id) ?? "",
                });
            }
          };
          for (const each of [
            ...Array.from({ length: 8 }, (_, pick) => ({ kind: "submit" as const, pick })),
            ...before,
          ])
            await perform(each);
          moved.clear();
          const statuses = new Map<string, Job["status"]>();
          for (const id of all) statuses.set(id, (await queue.status(id))!.job.status);
          const initially = [...statuses].filter(([, at]) => status === undefined || at === status).map(([id]) => id);

          const seen: string[] = [];
          let cursor: string | undefined;
          for (let pages = 0; pages === 0 || cursor !== undefined; pages++) {
            const page = await listJobs(api.redis.redis, keys, { status, limit, cursor });
            if (page === "bad_cursor") throw new Error("its own cursor was refused");
            seen.push(...page.jobs.map(({ id }) => id));
            cursor = page.next;
            for (const each of between[pages] ?? []) await perform(each);
            expect(pages).toBeLessThan(200);
          }
          for (const id of initially.filter((each) => !moved.has(each))) {
            expect(seen.filter((each) => each === id)).toEqual([id]);
          }
        },
      ),
      { numRuns: 60 },
    );
  }, 120_000);
});

describe("the cost of a page", () => {
  it("is three commands at most, and none of them searches all keys", async () => {
    const deployed = await api.deploy();
    const { queue } = deployed;
    for (let i = 0; i < 1_000; i += 100) await queue.submit(Array.from({ length: 100 }, () => job()));
    const { result, commands, total } = await api.commandsOf(() => list(deployed, "?status=pending&limit=100"));
    expect(result.jobs).toHaveLength(100);
    expect(total).toBeLessThanOrEqual(3);
    expect(Object.keys(commands)).not.toEqual(expect.arrayContaining([expect.stringMatching(/keys|scan/)]));
    const next = await api.commandsOf(() => list(deployed, `?status=pending&limit=100&cursor=${result.next_cursor}`));
    expect(next.result.jobs).toHaveLength(100);
    expect(next.total).toBeLessThanOrEqual(3);
  });

  it("is bounded where nothing of a task is found, and goes on from there", async () => {
    const deployed = await api.deploy();
    const { queue } = deployed;
    const wanted = job({ task: "rare" });
    await queue.submit([wanted]);
    for (let i = 0; i < 1_000; i += 100) await queue.submit(Array.from({ length: 100 }, () => job()));
    const { result, total } = await api.commandsOf(() => list(deployed, "?task=rare"));
    expect(result).toEqual({ jobs: [], next_cursor: expect.any(String) });
    expect(total).toBeLessThanOrEqual(5 * 3 + 8);
    expect(await allPages(deployed, "task=rare")).toEqual([wanted.id]);
  });
});

it("a cursor tells nothing that a page does not, and is good for its own query alone", async () => {
  const { deployed } = await everywhere();
  const { next_cursor } = await list(deployed, "?status=pending&limit=2");
  expect(next_cursor).toMatch(/^[\w-]{10,700}$/);
  for (const query of ["", "status=failed&", "status=pending&task=due&"]) {
    const refused = await deployed.call(get(`/jobs?${query}cursor=${next_cursor}`));
    expect(refused).toMatchObject({ status: 400, body: { code: "invalid_query", errors: [{ pointer: "/cursor" }] } });
  }
  expect((await list(deployed, `?status=pending&limit=50&cursor=${next_cursor}`)).jobs).toHaveLength(6);
});

it("any forged cursor is answered with a page or a 400", async () => {
  const { deployed } = await everywhere();
  const mark = fc.tuple(fc.oneof(fc.string(), fc.uuid()), fc.oneof(fc.double(), fc.constant(null), fc.integer()));
  const cursor = fc.oneof(
    fc.tuple(fc.constant(""), fc.constant(""), fc.integer({ min: -1, max: 9 }), fc.array(mark), fc.array(mark)),
    fc.anything(),
  );
  await fc.assert(
    fc.asyncProperty(cursor, async (value) => {
      let text = "";
      try {
        text = JSON.stringify(value) ?? "";
      } catch {
        return; // a bigint, or a circle
      }
      const { status } = await deployed.call(get(`/jobs?cursor=${Buffer.from(text).toString("base64url")}`));
      expect([200, 400]).toContain(status);
    }),
    { numRuns: 200 },
  );
});

describe("a page is read by bytes too", () => {
  /** As large as a record of ours can be: what a task may say with its error and its note, each character as long as it gets. */
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

  it.each(["failed", "processing"] as const)(
    "the largest records that we make fit by the dozen, %s",
    async (status) => {
      const { keys, ids } = await worst(2, status);
      for (const id of ids) {
        const record = await api.redis.redis.get<string>(keys.jobPrefix + id);
        expect(record!.length).toBeGreaterThan(30_000);
        expect(Buffer.byteLength(record!)).toBeLessThan(64_000);
      }
      const page = await listJobs(api.redis.redis, keys, { status, limit: 100 });
      expect(page).toMatchObject({ jobs: [{ status }, { status }] });
      expect(page).not.toHaveProperty("next");
    },
  );

  it.each([
    ["failed", "failed"],
    ["leases", "processing"],
    ["normal", "pending"],
    ["scheduled", "pending"],
  ] as const)("records of 250 KB in %s are paged to the end, 2 MB at a time, each once", async (place, status) => {
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
});

it("a cursor that somebody made up has no list searched more often than one that was given", async () => {
  const deployed = await api.deploy();
  const { queue } = deployed;
  const [listed, delayed] = [job(), Array.from({ length: 6 }, () => job({ when: { at: NEXT_YEAR } }))];
  await queue.submit([listed, ...delayed]);
  const marks: [string, [string, number | null][]][] = [
    ["nobody", Array.from({ length: 6 }, () => [randomUUID(), 1])],
    ["jobs that are elsewhere", delayed.map(({ id }) => [id, NEXT_YEAR])],
    ["jobs that were there at another time", Array.from({ length: 6 }, () => [listed.id, 1])],
    ["texts", Array.from({ length: 6 }, (_, i) => ["x".repeat(i), null])],
  ];
  for (const [who, six] of marks) {
    const cursor = Buffer.from(JSON.stringify(["pending", "", 1, six.slice(0, 3), six.slice(3)])).toString("base64url");
    const { result, commands } = await api.commandsOf(() =>
      deployed.call(get(`/jobs?status=pending&cursor=${cursor}`)),
    );
    expect(result.status, who).toBe(200);
    expect(commands.lpos, who).toBeLessThanOrEqual(3);
    if (who === "nobody" || who === "texts") expect(commands.lpos, who).toBe(1);
  }
});
