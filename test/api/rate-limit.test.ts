import { expect, it } from "vitest";
import { apiKey, get, useApi } from "../support/api.ts";

const api = useApi();

/** How many of so many requests pass at once, and how long the next must wait. */
async function burst(requests: number, periodMs: number) {
  const { queue } = api.redis.queue();
  const waits: number[] = [];
  for (let i = 0; i < requests + 2; i++) waits.push(await queue.limit("a", { requests, periodMs }));
  return { queue, passed: waits.filter((ms) => ms === 0).length, waits: waits.filter((ms) => ms > 0) };
}

it.each([
  [1, 1_000],
  [6, 10_000],
  [7, 10_000],
  [9, 1_000],
  [10, 1_000],
  [97, 13_000],
])("%i requests in %i ms pass at once, and the next waits for its share", async (requests, periodMs) => {
  const { queue, passed, waits } = await burst(requests, periodMs);
  expect(passed).toBe(requests);
  const share = Math.ceil(periodMs / requests);
  expect(waits).toEqual([share, share]); // a refused request counts for nothing
  api.redis.clock.now += share - 1;
  expect(await queue.limit("a", { requests, periodMs })).toBe(1);
  api.redis.clock.now += 1;
  expect(await queue.limit("a", { requests, periodMs })).toBe(0);
  expect(await queue.limit("a", { requests, periodMs })).toBeGreaterThan(0);
});

it("over a long time exactly the allowance passes, however the requests are spread", async () => {
  const { queue } = api.redis.queue();
  const rule = { requests: 7, periodMs: 1_000 };
  let passed = 0;
  for (let i = 0; i < 400; i++) {
    if ((await queue.limit("a", rule)) === 0) passed++;
    api.redis.clock.now += 50;
  }
  // The first seven at once, then one every 142.857 ms over the 19,950 ms until the last request.
  expect(passed).toBe(7 + Math.floor(19_950 / (1_000 / 7)));
});

it("callers have an allowance each, which leaves nothing behind when it is whole again", async () => {
  const { queue, store } = api.redis.queue();
  const rule = { requests: 2, periodMs: 3_000 };
  expect([await queue.limit("a", rule), await queue.limit("a", rule), await queue.limit("b", rule)]).toEqual([0, 0, 0]);
  expect(await queue.limit("a", rule)).toBe(1_500);
  const { "job_queue:allowance:a": a, "job_queue:allowance:b": b } = await store.expiries();
  expect(a).toBeGreaterThan(2_000);
  expect(a).toBeLessThanOrEqual(3_000);
  expect(b).toBeLessThanOrEqual(1_500);
});

it("a limit that was made smaller or larger meanwhile, or a value of somebody else's, does no harm", async () => {
  const { queue, keys } = api.redis.queue();
  for (let i = 0; i < 5; i++) expect(await queue.limit("a", { requests: 5, periodMs: 1_000 })).toBe(0);
  expect(await queue.limit("a", { requests: 2, periodMs: 1_000 })).toBe(500);
  expect(await queue.limit("a", { requests: 1_000, periodMs: 10_000 })).toBe(0);
  await api.redis.redis.set(keys.allowance("a"), "1800000001000.5");
  expect(await queue.limit("a", { requests: 5, periodMs: 1_000 })).toBe(0);
});

it("a request too many is a 429 that says when to come back; other keys are served", async () => {
  const [a, b] = [apiKey("a", "read"), apiKey("b", "read")];
  const deployed = await api.deploy({ API_KEYS: `${a.entry},${b.entry}`, RATE_LIMIT: "3/600s" });
  const statuses = [];
  for (let i = 0; i < 3; i++) statuses.push((await deployed.call(get("/jobs", a.headers))).status);
  expect(statuses).toEqual([200, 200, 200]);
  const refused = await deployed.call(get("/jobs", a.headers));
  expect(refused).toMatchObject({
    status: 429,
    body: { code: "rate_limited", detail: "a may send 3 requests in 600 s" },
  });
  const seconds = Number(refused.headers["retry-after"]);
  expect(seconds).toBeGreaterThan(190);
  expect(seconds).toBeLessThanOrEqual(200);
  expect((await deployed.call(get("/jobs", b.headers))).status).toBe(200);
  expect((await deployed.call(get("/health"))).status).toBe(200);
});

it("it costs three commands a request where it is on, and none where it is not", async () => {
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
