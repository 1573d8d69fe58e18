import * as fc from "fast-check";
import { expect, test } from "vitest";
import { Allowances } from "../../lib/queue/allowances.ts";
import { WorkerQueue } from "../../lib/queue/worker-queue.ts";
import { apiKey, get, post, useApi } from "../support/api.ts";
import { job } from "../support/redis.ts";

const api = useApi();

/** Sends two requests more than the limit. Returns how many passed immediately and how long the others must wait. */
async function burst(requests: number, periodMs: number) {
  const { queue } = api.redis.queue();
  const waits: number[] = [];
  for (let i = 0; i < requests + 2; i++) waits.push(await queue.limit("a", { jobs: requests, periodMs }));
  return { queue, passed: waits.filter((ms) => ms === 0).length, waits: waits.filter((ms) => ms > 0) };
}

test.each([
  [1, 1_000],
  [6, 10_000],
  [7, 10_000],
  [9, 1_000],
  [10, 1_000],
  [97, 13_000],
])(
  "with a limit of %i requests in %i ms that many pass immediately, and the next waits for its share",
  async (requests, periodMs) => {
    const { queue, passed, waits } = await burst(requests, periodMs);
    expect(passed).toBe(requests);
    const share = Math.ceil(periodMs / requests);
    expect(waits).toEqual([share, share]); // a refused request does not count
    api.redis.clock.now += share - 1;
    expect(await queue.limit("a", { jobs: requests, periodMs })).toBe(1);
    api.redis.clock.now += 1;
    expect(await queue.limit("a", { jobs: requests, periodMs })).toBe(0);
    expect(await queue.limit("a", { jobs: requests, periodMs })).toBeGreaterThan(0);
  },
);

test("over a long time exactly the allowed number of requests pass, however they are spread", async () => {
  const { queue } = api.redis.queue();
  const rule = { jobs: 7, periodMs: 1_000 };
  let passed = 0;
  for (let i = 0; i < 400; i++) {
    if ((await queue.limit("a", rule)) === 0) passed++;
    api.redis.clock.now += 50;
  }
  // The first seven immediately, then one every 142.857 ms over the 19,950 ms until the last request.
  expect(passed).toBe(7 + Math.floor(19_950 / (1_000 / 7)));
});

test("each caller has its own allowance, whose key expires once the allowance is full again", async () => {
  const { queue, store } = api.redis.queue();
  const rule = { jobs: 2, periodMs: 3_000 };
  expect([await queue.limit("a", rule), await queue.limit("a", rule), await queue.limit("b", rule)]).toEqual([0, 0, 0]);
  expect(await queue.limit("a", rule)).toBe(1_500);
  const { "job_queue:allowance:a": a, "job_queue:allowance:b": b } = await store.expiries();
  expect(a).toBeGreaterThan(2_000);
  expect(a).toBeLessThanOrEqual(3_000);
  expect(b).toBeLessThanOrEqual(1_500);
});

test("a limit that was changed in the meantime, or a foreign value in its key, does no harm", async () => {
  const { queue, keys } = api.redis.queue();
  for (let i = 0; i < 5; i++) expect(await queue.limit("a", { jobs: 5, periodMs: 1_000 })).toBe(0);
  expect(await queue.limit("a", { jobs: 2, periodMs: 1_000 })).toBe(500);
  expect(await queue.limit("a", { jobs: 1_000, periodMs: 10_000 })).toBe(0);
  await api.redis.redis.set(keys.allowance("a"), "1800000001000.5");
  expect(await queue.limit("a", { jobs: 5, periodMs: 1_000 })).toBe(0);
});

test("one request too many is a 429 that says when to try again, and other keys are still served", async () => {
  const [a, b] = [apiKey("a", "read"), apiKey("b", "read")];
  const deployed = await api.deploy({ API_KEYS: `${a.entry},${b.entry}`, RATE_LIMIT: "3/600s" });
  const statuses = [];
  for (let i = 0; i < 3; i++) statuses.push((await deployed.call(get("/jobs", a.headers))).status);
  expect(statuses).toEqual([200, 200, 200]);
  const refused = await deployed.call(get("/jobs", a.headers));
  expect(refused).toMatchObject({
    status: 429,
    body: { code: "rate_limited", detail: "a may submit 3 jobs in 600 s; any other request counts as one" },
  });
  const seconds = Number(refused.headers["retry-after"]);
  expect(seconds).toBeGreaterThan(190);
  expect(seconds).toBeLessThanOrEqual(200);
  expect((await deployed.call(get("/jobs", b.headers))).status).toBe(200);
  expect((await deployed.call(get("/health"))).status).toBe(200);
});

test("a rate limit costs three commands a request, and none if it is off", async () => {
  const { headers, entry } = apiKey("a", "read");
  const path = `/job-status/${crypto.randomUUID()}`;
  const on = await api.deploy({ API_KEYS: entry, RATE_LIMIT: "100/10s" });
  await on.call(get(path, headers));
  expect((await api.commandsOf(() => on.call(get(path, headers)))).commands).toEqual({
    mget: 1,
    time: 1,
    get: 1,
    set: 1,
  });
  const off = await api.deploy({ API_KEYS: entry });
  expect((await api.commandsOf(() => off.call(get(path, headers)))).commands).toEqual({ mget: 1 });
});

const batch = (count: number, headers: Record<string, string>) =>
  post("/submit-jobs", { jobs: Array.from({ length: count }, () => ({ task: "note" })) }, headers);

test("a batch counts as many requests as it has jobs, and passes whole or not at all", async () => {
  const { headers, entry } = apiKey("a", "admin");
  const deployed = await api.deploy({ API_KEYS: entry, RATE_LIMIT: "100/600s" });
  expect((await deployed.call(batch(60, headers))).status).toBe(202);
  const refused = await deployed.call(batch(41, headers));
  expect(refused).toMatchObject({ status: 429, body: { code: "rate_limited" } });
  expect(Number(refused.headers["retry-after"])).toBeLessThanOrEqual(6);
  expect((await deployed.call(batch(38, headers))).status).toBe(202);
  expect((await deployed.call(post("/submit-job", { task: "note" }, headers))).status).toBe(202);
  expect((await deployed.call(get("/jobs", headers))).status).toBe(200); // every other request counts as one
  expect((await deployed.call(post("/submit-job", { task: "note" }, headers))).status).toBe(429);
  expect((await deployed.queue.stats()).ready.normal).toBe(60 + 38 + 1);
});

test("a batch larger than the whole allowance is refused for good, with a pointer", async () => {
  const { headers, entry } = apiKey("a", "submit");
  const deployed = await api.deploy({ API_KEYS: entry, RATE_LIMIT: "5/10s" });
  expect(await deployed.call(batch(6, headers))).toMatchObject({
    status: 422,
    body: {
      code: "invalid_request",
      errors: [{ pointer: "/jobs", detail: expect.stringContaining("5 jobs in 10 s") }],
    },
  });
  expect((await deployed.call(batch(5, headers))).status).toBe(202);
});

test("a request that cannot be parsed counts, too", async () => {
  const { headers, entry } = apiKey("a", "submit");
  const deployed = await api.deploy({ API_KEYS: entry, RATE_LIMIT: "3/600s" });
  const statuses = [];
  for (let i = 0; i < 5; i++) statuses.push((await deployed.call(post("/submit-job", { task: i }, headers))).status);
  expect(statuses).toEqual([422, 422, 422, 429, 429]);
});

test("a refusal that this process remembers costs no command, and the body is not read", async () => {
  const [a, b] = [apiKey("a", "admin"), apiKey("b", "admin")];
  const deployed = await api.deploy({ API_KEYS: `${a.entry} ${b.entry}`, RATE_LIMIT: "10/600s" });
  await deployed.call(batch(10, a.headers));
  const first = await api.commandsOf(() => deployed.call(batch(5, a.headers)));
  expect(first.commands).toEqual({ time: 1, get: 1 });
  const events = [batch(5, a.headers), get("/jobs", a.headers), { ...batch(1, a.headers), body: "{" }];
  for (const sent of events) {
    const { result, total } = await api.commandsOf(() => deployed.call(sent));
    expect(result).toMatchObject({ status: 429, headers: { "retry-after": expect.stringMatching(/^\d+$/) } });
    expect(total).toBe(0);
  }
  expect((await deployed.call(batch(10, b.headers))).status).toBe(202);
});

/** Queues on the same keys that do not remember each other's refusals. */
function queuesOfOne() {
  const { prefix } = api.redis.queue();
  return () => new WorkerQueue(api.redis.redis, { prefix, now: () => api.redis.clock.now });
}

test("a remembered refusal never refuses a request that Redis would let in", async () => {
  let asked = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        jobs: fc.integer({ min: 1, max: 9 }),
        periodMs: fc.integer({ min: 1, max: 50 }).map((s) => s * 100),
      }),
      fc.array(fc.record({ later: fc.integer({ min: 0, max: 700 }), jobs: fc.integer({ min: 1, max: 9 }) }), {
        maxLength: 20,
      }),
      async (rule, requests) => {
        const [fresh, known] = [queuesOfOne(), new Allowances()];
        for (const { later, jobs: wanted } of requests) {
          const jobs = Math.min(wanted, rule.jobs);
          api.redis.clock.now += later;
          const { now } = api.redis.clock;
          const waitMs = known.waitMs("a", rule, jobs, now);
          const told = await fresh().limit("a", rule, jobs);
          asked++;
          if (waitMs > 0) expect(told, JSON.stringify({ rule, jobs, waitMs })).toBeGreaterThanOrEqual(waitMs);
          if (told > 0) known.refused("a", rule, jobs, told, now);
        }
      },
    ),
    { numRuns: 40 },
  );
  expect(asked).toBeGreaterThan(100);
});

test.each<[string, object]>([
  ["high", { priority: "high" }],
  ["normal", {}],
  ["low", { priority: "low" }],
  ["delayed", { delay_seconds: 3_600 }],
])("MAX_WAITING_JOBS limits how many %s jobs may wait, however they are submitted", async (place, more) => {
  const deployed = await api.deploy({ IS_OFFLINE: "true", MAX_WAITING_JOBS: "4" });
  const one = (headers = {}) => deployed.call(post("/submit-job", { task: "note", ...more }, headers));
  const many = (count: number) =>
    deployed.call(post("/submit-jobs", { jobs: Array.from({ length: count }, () => ({ task: "note", ...more })) }));
  expect((await one({ "idempotency-key": "first" })).status).toBe(202);
  expect((await many(3)).status).toBe(202);
  const before = await deployed.store.all();
  for (const refused of [await one(), await many(1), await many(4)]) {
    expect(refused).toMatchObject({ status: 429, body: { code: "queue_full" }, headers: { "retry-after": "5" } });
  }
  expect(await many(5)).toMatchObject({ status: 422, body: { errors: [{ pointer: "/jobs" }] } });
  expect(await deployed.store.all()).toEqual(before);
  // A request that was accepted is recognised when it is sent again, and another place has room.
  expect(await one({ "idempotency-key": "first" })).toMatchObject({
    status: 202,
    headers: { "idempotent-replayed": "true" },
  });
  const other = { task: "note", priority: place === "low" ? "high" : "low" };
  expect((await deployed.call(post("/submit-job", other))).status).toBe(202);
});

test("MAX_WAITING_JOBS costs one more command for each place, none if it is off, and does not limit workers", async () => {
  const set = await api.deploy({ IS_OFFLINE: "true", MAX_WAITING_JOBS: "3" });
  const submit = () => set.call(post("/submit-job", { task: "note" }));
  await submit();
  expect((await api.commandsOf(submit)).commands).toEqual({ llen: 1, msetnx: 1, lpush: 1 });
  await submit();
  expect((await api.commandsOf(submit)).commands).toEqual({ llen: 1, exists: 1 });
  const unset = await api.deploy();
  await unset.call(post("/submit-job", { task: "note" }));
  expect((await api.commandsOf(() => unset.call(post("/submit-job", { task: "note" })))).commands).toEqual({
    msetnx: 1,
    lpush: 1,
  });
  expect(await set.queue.submit([job()])).toMatchObject({ outcome: "accepted" }); // as when a task submits
});

test("a redrive is accepted even if the queue is full: an admin asks for it, and the job is stored already", async () => {
  const deployed = await api.deploy({ IS_OFFLINE: "true", MAX_WAITING_JOBS: "1" });
  const submit = () => deployed.call(post("/submit-job", { task: "note" }));
  const { body } = await submit();
  expect((await deployed.call(post(`/cancel-job/${body.job_id}`))).status).toBe(200);
  expect((await submit()).status).toBe(202);
  expect((await deployed.call(post(`/retry-job/${body.job_id}`))).status).toBe(200);
  expect((await submit()).status).toBe(429);
});
