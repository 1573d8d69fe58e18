import { randomUUID } from "node:crypto";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import * as z from "zod/mini";
import { JOB_PARTS } from "../../lib/queue/keys.ts";
import { listJobs as listing } from "../../lib/routes/described/list-jobs.ts";
import { type Deployed, get, post, useApi } from "../support/api.ts";
import { oddPart, oddRecord } from "../support/odd.ts";
import { job, record } from "../support/redis.ts";
import { logged } from "../support/stderr.ts";
import { claim, running, settle } from "../support/verbs.ts";
import { startWorker, task } from "../support/worker.ts";

const api = useApi();
const STATUSES = ["pending", "processing", "completed", "failed", "cancelled"] as const;
const RUNS = Number(process.env.RUNS ?? 4);

/** The places that may list an id, whatever its record says. */
async function list(deployed: Deployed, place: string, id: string): Promise<void> {
  const { redis } = api.redis;
  const { keys } = deployed;
  if (place === "normal" || place === "high" || place === "suspects") await redis.rpush(keys[place], id);
  else await redis.zadd(keys[place as "leases"], { score: 1, member: id });
}
const PLACES = ["normal", "high", "suspects", "scheduled", "leases", "completed", "failed", "cancelled"];

const odd = fc.record({
  text: oddRecord,
  place: fc.constantFrom(...PLACES),
  parts: fc.record({ PAYLOAD: oddPart, RESULT: oddPart, ERROR: oddPart, FIRST_ERROR: oddPart, LOG: oddPart }),
});

test("whatever the keys of a job hold, every route answers, the other jobs are listed, and the worker runs them", async () => {
  let seen = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(odd, { minLength: 20, maxLength: 20 }), async (batch) => {
      const deployed = await api.deploy();
      const { keys, queue, prefix } = deployed;
      const good = job();
      const ids: string[] = [];
      for (const { text, place, parts } of batch) {
        const id = randomUUID();
        ids.push(id);
        await api.redis.redis.set(keys.jobPrefix + id, text.replaceAll("{id}", id));
        for (const [part, value] of Object.entries(parts))
          if (value !== undefined)
            await api.redis.redis.set(keys.jobPrefix + id + JOB_PARTS[part as keyof typeof JOB_PARTS], value);
        await list(deployed, place, id);
        seen++;
      }
      await queue.submit([good]);

      const listed = [];
      for (const path of ["/jobs", ...STATUSES.map((status) => `/jobs?status=${status}`)]) {
        const { status, body } = await deployed.call(get(path));
        expect(status, path).toBe(200);
        z.parse(listing.answers[200]!.schema!, body);
        listed.push(...body.jobs);
      }
      expect(listed).toContainEqual(expect.objectContaining({ job_id: good.id, status: "pending" }));
      const sent = ids.flatMap((id) => [get(`/job-status/${id}`), post(`/cancel-job/${id}`), post(`/retry-job/${id}`)]);
      for (const each of [get("/queue-stats"), ...sent, get("/queue-stats"), get("/jobs")])
        expect([200, 404, 409], `${each.method} ${each.path}`).toContain((await deployed.call(each)).status);
      await startWorker(api.redis.queue({ prefix, lingerMs: 0 }).queue, [task("note", () => 1)]).drain();
      expect(await queue.job(good.id)).toMatchObject({ status: "completed" });
    }),
    { numRuns: RUNS, seed: Number(process.env.SEED ?? 11) },
  );
  expect(seen).toBeGreaterThanOrEqual(RUNS * 20);
});

describe("a job that cannot be read", () => {
  let deployed: Deployed;
  beforeAll(async () => {
    deployed = await api.deploy({ IS_OFFLINE: "true", LOG_LEVEL: "warn" });
  });

  test("is listed as unreadable and logged once", async () => {
    const [before, bad, after] = [job(), job(), job()];
    for (const each of [before, bad, after]) await deployed.queue.submit([each]);
    await api.redis.redis.set(deployed.keys.jobPrefix + bad.id, '{"mine":true}');
    const { result, lines } = await logged(async () => [
      await deployed.call(get("/jobs")),
      await deployed.call(get("/jobs?status=pending")),
    ]);
    for (const { body } of result) {
      expect(body.jobs).toMatchObject([
        { job_id: after.id },
        { job_id: bad.id, status: "pending", unreadable: ["record"], task: "", attempts: [] },
        { job_id: before.id },
      ]);
      expect(body.jobs[0]).not.toHaveProperty("unreadable");
    }
    expect(lines).toMatchObject([{ level: "warn", event: "unreadable", job_id: bad.id, parts: ["record"] }]);
  });

  test.each([
    ["RESULT", "{", ["result"]],
    ["RESULT", "[".repeat(100_000), ["result"]],
    ["RESULT", `${"[".repeat(100_000)}${"]".repeat(100_000)}`, ["result"]],
    ["RESULT", `"${"x".repeat(2_000_000)}"`, ["result"]],
    ["PAYLOAD", "undefined", ["payload"]],
    ["ERROR", '{"name":1}', ["error"]],
    ["FIRST_ERROR", "null", ["error"]],
    ["LOG", '{"at":1}', ["log"]],
    ["LOG", '[{"at":"now","message":"m"}]', ["log"]],
  ] as const)("only in its %s is shown with its other fields and logged once (%#)", async (part, text, parts) => {
    const one = job();
    await deployed.queue.submit([one]);
    await api.redis.redis.set(deployed.keys.jobPrefix + one.id + JOB_PARTS[part], text);
    const path = `/job-status/${one.id}`;
    const { result, lines } = await logged(async () => [
      await deployed.call(get(path)),
      await deployed.call(get(path)),
    ]);
    for (const answer of result)
      expect(answer).toMatchObject({ status: 200, body: { job_id: one.id, task: "note", unreadable: parts } });
    expect(lines).toMatchObject([{ level: "warn", event: "unreadable", job_id: one.id, parts }]);
  });

  test("but has a creation time is shown with that time, limited to the instants that can be written", async () => {
    for (const [createdAt, shown] of [
      [1e300, "9999-12-31T23:59:59.999Z"],
      [-1e300, "1970-01-01T00:00:00.000Z"],
    ] as const) {
      const one = job();
      await api.redis.redis.set(
        deployed.keys.jobPrefix + one.id,
        JSON.stringify({ ...record(one), created_at: createdAt }),
      );
      const { status, body } = await deployed.call(get(`/job-status/${one.id}`));
      expect([status, body.created_at]).toEqual([200, shown]);
    }
  });
});

describe("a foreign record", () => {
  test.each([9, 10, 100, 5_000, 50_000])(
    "with %i attempts is cut as ours are, or stays unchanged if it is too long to read",
    async (count) => {
      const { queue, keys, store } = api.redis.queue();
      const one = job();
      await running(queue, [one]);
      const entry = '{"attempt":1,"outcome":"failed"}';
      const text = JSON.stringify(await store.record(one.id));
      const long = `${text.slice(0, -1)},"attempts":[${Array.from({ length: count }, () => entry).join(",")}]}`;
      await api.redis.redis.set(keys.jobPrefix + one.id, long);
      await settle(queue, { id: one.id, token: "w.1", outcome: "retry", delayMs: 0, error: "E", message: "m" });
      const after = await api.redis.redis.get<string>(keys.jobPrefix + one.id);
      // Beyond this length it is not taken for a record.
      if (long.length > 262_144) expect(after).toBe(long);
      else expect(after!.split('{"attempt":')).toHaveLength(11);
      await claim(queue, { token: "v.1" });
    },
  );
});
