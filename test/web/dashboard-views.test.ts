import type { BrowserContextOptions } from "playwright-core";
import { expect, test } from "vitest";
import { answerWithHistory, answerWithJson, failuresOf, historyOf, schedulesOf } from "./dashboard-answers.ts";
import { useDashboard } from "./dashboard-world.ts";

const world = useDashboard();
const { blankPage, expectCalm, finished, submit } = world;

/** A page that gets these answers, opened at a place. */
async function opened(hash: string, answers: Record<string, unknown>, options: BrowserContextOptions = {}) {
  const visited = await blankPage(options);
  await answerWithHistory(visited.page);
  for (const [name, value] of Object.entries(answers))
    await answerWithJson(visited.page, new RegExp(`/${name}(\\?.*)?$`), value);
  await visited.page.goto(`${world.url}/${hash}`);
  await visited.page.locator("main:not(:has([aria-busy]))").waitFor();
  return visited;
}

const counts = {
  ready: { high: 0, normal: 1_204, low: 0 },
  suspects: 0,
  scheduled: 3,
  processing: 10,
  completed: 90_210,
  failed: 53,
  cancelled: 1,
  oldest_ready_seconds: 250,
  paused_tasks: [],
  totals: { completed: 90_210, failed: 53, lease_expired: 2 },
};
const ADMIN = { "wakeq-may": "submit read admin" };

test("the overview says whether the queue keeps up, what happened, and what fails", async () => {
  const id = await submit({ task: "call", payload: { url: "http://127.0.0.1:1/" }, max_retries: 0 });
  expect(await finished(id)).toBe("failed");
  const failures = failuresOf(
    id,
    [50, 3],
    `Error: connect ECONNREFUSED …, ${"and so did each attempt before it ".repeat(2)}`,
  );
  const visited = await opened("#/", { "queue-stats": counts, failures, schedules: schedulesOf() });
  const { page } = visited;
  await page.locator("#verdict", { hasText: "Falling behind. 1,204 jobs wait, the oldest for 4 min" }).waitFor();
  expect(await page.locator(".tile.running .count").textContent()).toBe("10");
  await page.locator(".totals", { hasText: "2 lease expired" }).waitFor();
  await page.locator(".lines", { hasText: "daily-report" }).getByText("in 3 h").waitFor();
  // The charts' numbers are there for those who see no charts.
  const table = page.locator(".chart", { hasText: "Jobs" }).first();
  await table.getByText("As a table").click();
  expect(await table.locator("tbody tr").count()).toBe(60);
  const first = historyOf("hour").buckets.at(-1)!;
  expect(await table.locator("tbody tr").last().locator("td").last().textContent()).toBe(String(first.completed));
  // The highest value is 2,268 ms: its line has room above it.
  expect(await page.locator(".chart", { hasText: "Wait for a worker" }).locator(".top").textContent()).toBe("2.5 s");
  await page.getByRole("link", { name: "Last month" }).click();
  await expect.poll(() => new URL(page.url()).hash).toBe("#/?range=month");
  await expect.poll(() => table.locator("tbody tr").count()).toBe(30);
  await page.locator(".tile.scheduled", { hasText: "incl. retries" }).waitFor();
  const tops = `["fails-title", "comes-title"].map((id) => document.getElementById(id).getBoundingClientRect().top)`;
  const [fails, comes] = await page.evaluate<number[]>(tops);
  expect(fails).toBe(comes);
  // An error of two lines is not cut.
  const lines = `[...document.querySelectorAll(".lines .two-lines")]`;
  const isCut = `${lines}.map((each) => each.scrollHeight > each.clientHeight || each.scrollWidth > each.clientWidth)`;
  expect(await page.evaluate(isCut)).toEqual([false, false]);
  await page.locator(".lines", { hasText: "ECONNREFUSED" }).getByRole("link").first().click();
  await page.locator("#job .thrown", { hasText: "fetch failed" }).first().waitFor();
  expectCalm(visited);
});

test("a group of 50 failures is retried in steps, with progress", async () => {
  const sample = await submit({ task: "note", delay_seconds: 3_600 });
  const visited = await opened("#/failures", { failures: failuresOf(sample, [250, 3]) });
  const { page } = visited;
  await page.locator(".by-task", { hasText: "call 250 · note 3" }).waitFor();
  const asked: unknown[] = [];
  let go: (() => void) | undefined;
  await page.route(/\/retry-jobs$/, async (route) => {
    asked.push(route.request().postDataJSON());
    if (asked.length === 3) await new Promise<void>((resolve) => (go = resolve));
    return route.fulfill({ json: { done: asked.length === 3 ? 50 : 100, skipped: 0, left: asked.length < 3 } });
  });
  await page.locator(".group", { hasText: "250" }).getByRole("button", { name: "Retry …" }).click();
  await page.getByRole("button", { name: "Retry 250 jobs" }).click();
  await page.locator("#bulk", { hasText: "Retrying 200 of 250 jobs of call" }).waitFor();
  await expect.poll(() => go).toBeDefined();
  // Another change would have to wait for the end of this one.
  const begins = page.locator(".group").getByRole("button", { name: /Retry|Delete/ });
  expect(await Promise.all((await begins.all()).map((each) => each.isDisabled()))).toEqual([true, true, true, true]);
  go?.();
  await page.locator("#bulk", { hasText: "Retried 250 of 250 jobs of call." }).waitFor();
  const group = { status: "failed", task: "call", fingerprint: "print0", limit: 100 };
  expect(asked).toEqual([group, group, group]);
  await page.locator("#bulk").getByRole("button", { name: "Close" }).click();
  await page.locator("#bulk").waitFor({ state: "detached" });
  expectCalm(visited);
});

test("deleting a group since an instant asks once more, spares older jobs, and can be stopped", async () => {
  const since = "2026-01-01T00:00:00.000Z";
  const visited = await opened(`#/failures?since=${since}`, { failures: failuresOf(crypto.randomUUID(), [5_000]) });
  const { page } = visited;
  const asked: unknown[] = [];
  let steps = 0;
  let goOn = () => {};
  const stopped = new Promise<void>((resolve) => (goOn = resolve));
  await page.route(/\/delete-jobs$/, async (route) => {
    asked.push(route.request().postDataJSON());
    if (++steps > 1) await stopped; // the second step lasts until Stop is pressed
    await route.fulfill({ json: { done: 100, skipped: 0, left: true } });
  });
  await page.getByRole("button", { name: "Delete …" }).click();
  await page.getByRole("button", { name: "No", exact: true }).click();
  expect(steps).toBe(0);
  await page.getByRole("button", { name: "Delete …" }).click();
  await page.getByRole("button", { name: "Delete 5,000 jobs" }).click();
  await page.locator("#bulk").getByRole("button", { name: "Stop" }).click();
  goOn();
  await page.locator("#bulk", { hasText: /Deleted [12]00 of/ }).waitFor();
  expect(steps).toBeLessThanOrEqual(2);
  expect(asked[0]).toEqual({ status: "failed", task: "call", fingerprint: "print0", since, limit: 100 });
});

test("where older failures are not counted, a group's buttons and its progress say so", async () => {
  const { page } = await opened("#/failures", {
    failures: { ...failuresOf(crypto.randomUUID(), [1_000]), more: true },
    "retry-jobs": { done: 5_000, skipped: 0, left: false },
  });
  await page.getByRole("button", { name: "Delete …" }).click();
  expect(await page.locator(".sure").textContent()).toContain("Delete all of them, also older ones");
  await page.getByRole("button", { name: "No", exact: true }).click();
  await page.getByRole("button", { name: "Retry …" }).click();
  await page.getByRole("button", { name: "Retry all of them, also older ones" }).click();
  await page.locator("#bulk", { hasText: "Retried 5,000 jobs of call." }).waitFor();
});

test("jobs that are chosen in the list are retried together", async () => {
  const ids = await Promise.all(
    Array.from({ length: 3 }, () => submit({ task: "call", payload: { url: "http://127.0.0.1:1/" }, max_retries: 0 })),
  );
  for (const id of ids) expect(await finished(id)).toBe("failed");
  const visited = await opened("#/jobs?status=failed&task=call", {});
  const { page } = visited;
  const asked: { ids: string[] }[] = [];
  await page.route(/\/retry-jobs$/, (route) => {
    asked.push(route.request().postDataJSON() as { ids: string[] });
    return route.fulfill({ json: { done: 2, skipped: 0, left: false } });
  });
  for (const id of ids.slice(0, 2)) await page.getByLabel(`Choose job ${id.slice(0, 8)}`).check();
  await page.locator(".selection").getByRole("button", { name: "Retry 2" }).click();
  await page.locator("#bulk", { hasText: "Retried 2 of 2 chosen jobs." }).waitFor();
  expect(asked.flatMap((each) => each.ids).sort()).toEqual(ids.slice(0, 2).sort());
  expect(await page.locator(".selection").count()).toBe(0);
});

test("schedules are seen, run, paused until an instant, and resumed", async () => {
  const last = await submit({ task: "note", delay_seconds: 3_600 });
  const answers = { schedules: schedulesOf(last) };
  const visited = await opened("#/schedules", answers, { timezoneId: "America/New_York" });
  const { page } = visited;
  await page.locator("#zone", { hasText: "Times are shown in your time zone, America/New_York." }).waitFor();
  const daily = page.locator(".group", { hasText: "daily-report" });
  expect(await daily.locator("code").first().textContent()).toBe("0 9 * * *");
  await daily.getByText("Europe/Berlin").waitFor();
  expect(await daily.getByRole("link", { name: "open its job" }).count()).toBe(1);
  await page.locator(".group", { hasText: "sweep" }).getByText("every 15 min").waitFor();
  const asked: [string, unknown][] = [];
  await page.route(/\/(pause|resume|schedules\/[\w-]+\/run)$/, (route) => {
    asked.push([new URL(route.request().url()).pathname, route.request().postDataJSON()]);
    return route.fulfill({ json: { job_id: last } });
  });
  await daily.getByRole("button", { name: "Run now" }).click();
  await page.locator("#job .whole", { hasText: last }).waitFor();
  await page.keyboard.press("Escape");
  await daily.getByRole("button", { name: "Pause …" }).click();
  await page.locator("#pause .hint", { hasText: "The schedule makes no jobs until then." }).waitFor();
  await page.getByLabel("For").selectOption("an hour");
  await page.locator("#pause").getByRole("button", { name: "Pause" }).click();
  await page.locator("#pause").waitFor({ state: "detached" });
  await page.locator(".group", { hasText: "sweep" }).getByRole("button", { name: "Resume" }).click();
  await expect.poll(() => asked.length).toBe(3);
  expect(asked[0]![0]).toBe("/schedules/daily-report/run");
  expect(asked[1]).toEqual(["/pause", { schedule: "daily-report", until: expect.stringMatching(/^\d{4}-.*Z$/) }]);
  expect(asked[2]).toEqual(["/resume", { schedule: "sweep" }]);
  expectCalm(visited);
});

test("what is paused is said on the overview, and goes on at a click", async () => {
  const visited = await blankPage();
  const { page } = visited;
  const paused = {
    ...counts,
    paused: { since: "2030-01-01T00:00:00.000Z" },
    paused_tasks: [{ task: "call", parked: 7 }],
  };
  await page.route(/\/queue-stats$/, (route) => route.fulfill({ json: paused, headers: ADMIN }));
  const asked: unknown[] = [];
  await page.route(/\/resume$/, (route) => {
    asked.push(route.request().postDataJSON());
    return route.fulfill({ json: {} });
  });
  await page.goto(`${world.url}/`);
  await page.locator("#verdict", { hasText: "Paused. Nothing new is started. 1,204 jobs wait." }).waitFor();
  await page.locator(".paused-things li", { hasText: "call is paused: 7 jobs wait" }).getByRole("button").click();
  await page.locator("#said", { hasText: "call goes on." }).waitFor();
  expect(asked).toEqual([{ task: "call" }]);
});
