import type { Page } from "playwright-core";

/*
 * Answers for what a short-lived stack cannot have: a month of history, five thousand failures.
 */

const MINUTE_MS = 60_000;
const LENGTHS = { hour: [60, MINUTE_MS], day: [24, 60 * MINUTE_MS], month: [30, 1_440 * MINUTE_MS] } as const;

/** A history with some of everything; the same for each call at one instant. */
export function historyOf(range: keyof typeof LENGTHS, now = Date.now()) {
  const [count, bucketMs] = LENGTHS[range];
  const first = Math.floor(now / bucketMs) * bucketMs - (count - 1) * bucketMs;
  const buckets = Array.from({ length: count }, (_, i) => {
    const wave = Math.sin((i / count) * 9) + 1.3;
    const completed = Math.round(wave * 40);
    const isIdle = i % 17 === 5;
    return {
      at: new Date(first + i * bucketMs).toISOString(),
      completed: isIdle ? 0 : completed,
      failed: i % 7 === 3 ? 4 : 0,
      retried: i % 5 === 1 ? Math.round(wave * 6) : 0,
      cancelled: i % 20 === 9 ? 1 : 0,
      wait_ms: isIdle ? null : { p50: 20 + wave * 30, p95: 200 + wave * 900 },
      run_ms: isIdle ? null : { p50: 180 + wave * 90, p95: 900 + wave * 400 },
    };
  });
  const sum = (name: "completed" | "failed" | "retried" | "cancelled") =>
    buckets.reduce((total, each) => total + each[name], 0);
  return {
    range,
    bucket_seconds: bucketMs / 1_000,
    from: buckets[0]!.at,
    to: new Date(now).toISOString(),
    buckets,
    totals: {
      completed: sum("completed"),
      failed: sum("failed"),
      retried: sum("retried"),
      cancelled: sum("cancelled"),
    },
    wait_ms: { p50: 48, p95: 1_310 },
    run_ms: { p50: 320, p95: 1_480 },
  };
}

/** Groups of failures, whose sample is the job that is given. */
export function failuresOf(sample: string, counts = [50, 3], error = "Error: connect ECONNREFUSED …") {
  const now = Date.now();
  const groups = counts.map((count, i) => ({
    task: i % 2 === 0 ? "call" : "note",
    error,
    fingerprint: `print${i}`,
    count,
    first_at: new Date(now - (i + 2) * 60 * MINUTE_MS).toISOString(),
    last_at: new Date(now - (i + 1) * MINUTE_MS).toISOString(),
    sample_job_id: sample,
  }));
  return { groups, scanned: counts.reduce((sum, each) => sum + each, 0), more: false };
}

/** A page of two schedules: one runs, one is paused. */
export function schedulesOf(lastJob?: string) {
  const at = (minutes: number) => new Date(Date.now() + minutes * MINUTE_MS).toISOString();
  const shared = { payload: {}, catch_up: "last", overlap: "skip", jitter_seconds: 0, priority: "normal" };
  return {
    schedules: [
      {
        ...shared,
        name: "daily-report",
        task: "note",
        cron: "0 9 * * *",
        time_zone: "Europe/Berlin",
        paused: false,
        source: "code",
        next_runs: [at(200), at(1_640), at(3_080)],
        ...(lastJob === undefined ? {} : { last_run: { slot: at(-1_240), job_id: lastJob } }),
      },
      {
        ...shared,
        name: "sweep",
        task: "count",
        every_seconds: 900,
        time_zone: "UTC",
        paused: true,
        source: "api",
        next_runs: [],
      },
    ],
  };
}

/** Answers a path of the API with a value from now on. */
export async function answerWithJson(page: Page, path: RegExp, value: unknown): Promise<void> {
  await page.route(path, (route) => route.fulfill({ json: value }));
}

/** Answers each range with a history. */
export async function answerWithHistory(page: Page): Promise<void> {
  await page.route(/\/history\?/, (route) => {
    const range = new URL(route.request().url()).searchParams.get("range") as keyof typeof LENGTHS;
    return route.fulfill({ json: historyOf(range) });
  });
}
