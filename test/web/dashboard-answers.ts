import type { Page } from "playwright-core";

/*
 * Answers of the dashboard's newer routes, for what a short-lived stack cannot have: a month of history, a hundred failures.
 * Where the stack has no such route yet, they stand in for it.
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
      submitted: isIdle ? 0 : completed + 2,
      completed: isIdle ? 0 : completed,
      failed: i % 7 === 3 ? 4 : 0,
      retried: i % 5 === 1 ? Math.round(wave * 6) : 0,
      cancelled: i % 20 === 9 ? 1 : 0,
      wait_ms: isIdle ? null : { p50: 20 + wave * 30, p95: 200 + wave * 900 },
      run_ms: isIdle ? null : { p50: 180 + wave * 90, p95: 900 + wave * 400 },
    };
  });
  const sum = (name: "submitted" | "completed" | "failed" | "retried" | "cancelled") =>
    buckets.reduce((total, each) => total + each[name], 0);
  return {
    range,
    bucket_seconds: bucketMs / 1_000,
    from: buckets[0]!.at,
    to: new Date(now).toISOString(),
    buckets,
    totals: {
      submitted: sum("submitted"),
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
    first: new Date(now - (i + 2) * 60 * MINUTE_MS).toISOString(),
    last: new Date(now - (i + 1) * MINUTE_MS).toISOString(),
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

/** What a route without an answer of its own gets. */
const EMPTY: Record<string, (address: URL) => unknown> = {
  pulse: () => ({ tag: String(Math.random()) }),
  history: ({ searchParams }) => historyOf((searchParams.get("range") ?? "hour") as "hour"),
  failures: () => ({ groups: [], scanned: 0, more: false }),
  schedules: () => ({ schedules: [] }),
};

/** Answers for those of the routes that the stack does not have yet. */
export async function standIn(page: Page): Promise<void> {
  await standInForLists(page);
  await page.route(/\/(pulse|history|failures|schedules)(\?.*)?$/, async (route) => {
    const address = new URL(route.request().url());
    const response = await route.fetch().catch(() => undefined); // the visit has ended
    if (!response) return;
    if (response.status() !== 404) return route.fulfill({ response });
    return route.fulfill({ json: EMPTY[address.pathname.split("/").pop()!]!(address) });
  });
}

/** Lists by the filters that the stack knows, where it does not know the newer ones. */
async function standInForLists(page: Page): Promise<void> {
  await page.route(/\/jobs\?/, async (route) => {
    const response = await route.fetch().catch(() => undefined);
    if (response?.status() !== 400) return response && route.fulfill({ response });
    const address = new URL(route.request().url());
    const status = address.searchParams.get("status") ?? "";
    const known = { waiting: "pending", scheduled: "pending", retrying: "pending", running: "processing" }[status];
    if (known) address.searchParams.set("status", known);
    for (const name of ["id", "priority"]) address.searchParams.delete(name);
    return route.fulfill({ response: await route.fetch({ url: address.href }) });
  });
}

/** Answers a path of the API with a value from now on. */
export async function answerWithJson(page: Page, path: RegExp, value: unknown): Promise<void> {
  await page.route(path, (route) => route.fulfill({ json: value }));
}
