import { beforeEach, expect, test } from "vitest";
import * as z from "zod/mini";
import { pause } from "../../lib/queue/pauses.ts";
import { HistoryView } from "../../lib/routes/described/history.ts";
import { type Deployed, get, useApi } from "../support/api.ts";
import { job } from "../support/redis.ts";
import { claim, completed, failed, retry, running, settle } from "../support/verbs.ts";

const api = useApi();
let deployed: Deployed;
beforeEach(async () => {
  deployed = await api.deploy();
  const [a, b, c, d] = [job(), job(), job(), job()];
  await running(deployed.queue, [a, b, c]);
  await settle(deployed.queue, completed(a), failed(b), retry(c));
  await deployed.queue.submit([d]);
  await deployed.queue.cancel(d.id);
});

const totals = { completed: 1, failed: 1, retried: 1, cancelled: 1 };

test.each([
  { range: "hour", bucket_seconds: 60, count: 60 },
  { range: "day", bucket_seconds: 3_600, count: 24 },
  { range: "month", bucket_seconds: 86_400, count: 30 },
])("the history of a $range has $count buckets and what they add up to", async ({ range, bucket_seconds, count }) => {
  const { status, body } = await deployed.call(get(`/history?range=${range}`));
  expect(status).toBe(200);
  const { buckets, ...history } = z.parse(HistoryView, body);
  const times = { p50: expect.any(Number), p95: expect.any(Number) };
  expect(history).toEqual({
    ...{ range, bucket_seconds, totals, wait_ms: times, run_ms: times },
    ...{ from: expect.any(String), to: expect.any(String) },
  });
  expect(buckets).toHaveLength(count);
  expect(buckets[0]!.at).toBe(history.from);
  for (const [i, { at }] of buckets.entries())
    expect(Date.parse(at)).toBe(Date.parse(history.from) + i * bucket_seconds * 1_000);
  expect(Date.parse(history.to)).toBeGreaterThanOrEqual(Date.parse(buckets.at(-1)!.at));
  for (const name of ["completed", "failed", "retried", "cancelled"] as const)
    expect(buckets.reduce((sum, each) => sum + each[name], 0)).toBe(1);
});

test("the last hour is the default, and there are no others", async () => {
  expect((await deployed.call(get("/history"))).body).toMatchObject({ range: "hour", totals });
  const { status, body } = await deployed.call(get("/history?range=week"));
  expect([status, body.code]).toEqual([400, "invalid_query"]);
});

test("with HISTORY off the answer says so", async () => {
  const off = await api.deploy({ IS_OFFLINE: "true", HISTORY: "off" });
  expect((await off.call(get("/history"))).body).toMatchObject({ off: true, totals: { completed: 0 }, wait_ms: null });
});

test("the history costs 2 commands besides its script", async () => {
  await deployed.call(get("/history?range=month"));
  for (const range of ["hour", "day", "month"])
    expect((await api.commandsOf(() => deployed.call(get(`/history?range=${range}`)))).total).toBe(2);
});

/** Reads the samples of Prometheus' text format, by name and labels. */
function samplesIn(text: string): Map<string, number> {
  const samples = new Map<string, number>();
  const declared = new Set<string>();
  for (const line of text.split("\n").filter((each) => each !== "")) {
    const [, word, name] = /^# (HELP|TYPE) (\w+) \S/.exec(line) ?? [];
    if (word) declared.add(`${word} ${name}`);
    else {
      const [, key, family, value] = /^((\w+)(?:\{\w+="[\w.]+"\})?) ([\d.]+(?:e-\d+)?)$/.exec(line)!;
      expect(declared).toContain(`TYPE ${family}`);
      expect(declared).toContain(`HELP ${family}`);
      expect(samples.has(key!)).toBe(false);
      samples.set(key!, Number(value));
    }
  }
  return samples;
}

test("Prometheus gets totals, depth and the last hour as text", async () => {
  await deployed.queue.submit([job({ priority: "high", createdAt: Date.now() - 5_000 })]);
  const { status, headers, text } = await deployed.call(get("/metrics"));
  expect([status, headers["content-type"]]).toEqual([200, "text/plain; version=0.0.4; charset=utf-8"]);
  expect(text.endsWith("\n")).toBe(true);
  const samples = samplesIn(text);
  const expected = {
    'wakeq_events_total{event="completed"}': 1,
    'wakeq_events_total{event="retried"}': 1,
    'wakeq_ready_jobs{priority="high"}': 1,
    'wakeq_ready_jobs{priority="low"}': 0,
    'wakeq_jobs{place="failed"}': 1,
    'wakeq_jobs{place="scheduled"}': 1,
    'wakeq_last_hour_jobs{outcome="cancelled"}': 1,
  };
  expect(Object.fromEntries(Object.keys(expected).map((key) => [key, samples.get(key)]))).toEqual(expected);
  expect(samples.get("wakeq_oldest_ready_seconds")).toBeGreaterThan(0);
  expect(samples.get('wakeq_last_hour_run_seconds{quantile="0.95"}')).toBeLessThan(60);
});

test("Prometheus gets what is paused, and how many jobs are parked by task", async () => {
  const { queue, keys } = deployed;
  const settings = { redis: api.redis.redis, keys };
  await queue.submit([job({ task: "note" }), job({ task: "note" }), job({ task: "call" })]);
  await pause(settings, { task: "note" });
  await pause(settings, { task: "count" });
  await claim(queue, { token: "p.1" });
  await pause(settings, {});
  const samples = samplesIn((await deployed.call(get("/metrics"))).text);
  const named = [...samples].filter(([key]) => /parked|paused|oldest/.test(key));
  expect(named).toEqual([
    ['wakeq_parked_jobs{task="note"}', 2],
    ['wakeq_parked_jobs{task="count"}', 0],
    ["wakeq_paused", 1],
    ["wakeq_oldest_ready_seconds", 0],
  ]);
});

test("a name that somebody else wrote breaks no line of the metrics", async () => {
  await api.redis.redis.set(deployed.keys.paused_tasks, 'a"b\\c - 1');
  const { text } = await deployed.call(get("/metrics"));
  expect(text).toContain('wakeq_parked_jobs{task="a\\"b\\\\c"} 0\n');
});

test("metrics of an empty queue have no sample that nothing is known of", async () => {
  const samples = samplesIn((await (await api.deploy()).call(get("/metrics"))).text);
  expect(samples.get("wakeq_oldest_ready_seconds")).toBe(0);
  expect(samples.get("wakeq_paused")).toBe(0);
  expect([...samples.keys()].filter((key) => /wait|run|events|parked/.test(key))).toEqual([]);
});

test("the database is asked for metrics once in ten seconds, however many ask", async () => {
  const many = () => Promise.all(Array.from({ length: 20 }, () => deployed.call(get("/metrics"))));
  const { total } = await api.commandsOf(async () => [await many(), await many()]);
  expect(total).toBeLessThanOrEqual(16 + 2);
});
