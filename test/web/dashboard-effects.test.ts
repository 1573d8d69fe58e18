import { describe, expect, test } from "vitest";
import { borrowStack } from "../support/shared/stack.ts";
import { until } from "../support/stack.ts";
import { useDashboard } from "./dashboard-world.ts";

const STORES: [store: string, environment: Record<string, string>][] = [
  ["the store of this run", {}],
  ...(process.env.TEST_STORE === "embedded" ? [] : [["the embedded store", { REDIS_URL: "embedded:" }] as never]),
];

describe.each(STORES)("on %s", (_, environment) => {
  const world = useDashboard(() => borrowStack(environment));
  const { answerWith, dashboard, expectCalm, finished, submit, targetUrl } = world;

  const api = async (method: string, path: string, body?: unknown) => {
    const response = await fetch(`${world.url}/${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: await response.json() };
  };
  /** Waits until the counts are as wanted. */
  const counted = (wanted: Record<string, number>) =>
    until(
      async () => (await api("GET", "queue-stats")).body as Record<string, number>,
      (stats) => Object.entries(wanted).every(([name, count]) => stats[name] === count),
    );

  test("a group of 50 failures since today is found by its error, retried, and completes", async () => {
    answerWith(410, "gone for good");
    const call = { task: "call", payload: { url: targetUrl() } };
    await api("POST", "submit-jobs", { jobs: Array.from({ length: 50 }, () => call) });
    await api("POST", "submit-jobs", {
      jobs: [{ ...call, payload: { url: "http://127.0.0.1:1/" }, max_retries: 0 }],
    });
    await counted({ failed: 51 });
    const visited = await dashboard("/#/failures");
    const { page } = visited;
    await page.locator("#since").selectOption({ label: "today" });
    await expect.poll(() => new URL(page.url()).hash).toMatch(/^#\/failures\?since=/);
    const group = page.locator(".group", { hasText: "answered with …: gone for good" });
    expect(await group.locator(".count").textContent()).toBe("50");
    await page.locator(".scope", { hasText: "All 51 jobs that failed for good since" }).waitFor();
    await page.locator("#since").selectOption({ label: "any time" });
    answerWith(200, "fine");
    await group.getByRole("button", { name: "Retry …" }).click();
    await group.getByRole("button", { name: "Retry 50 jobs" }).click();
    await page.locator("#bulk", { hasText: "Retried 50 of 50 jobs of call." }).waitFor();
    await group.waitFor({ state: "detached" });
    await counted({ failed: 1, completed: 50 });
    await page.getByRole("button", { name: "Delete …" }).click();
    await page.getByRole("button", { name: "Delete 1 job", exact: true }).click();
    await page.locator(".empty", { hasText: "No job has failed for good." }).waitFor();
    await counted({ failed: 0 });
    expectCalm(visited);
  });

  test("jobs of all kinds that are chosen are deleted, and those that run or wait are left", async () => {
    const [done, cancelled, later] = await Promise.all([
      submit({ task: "note" }),
      submit({ task: "note", delay_seconds: 3_600 }),
      submit({ task: "note", delay_seconds: 3_600 }),
    ]);
    await finished(done);
    await api("POST", `cancel-job/${cancelled}`);
    const visited = await dashboard("/#/jobs?task=note");
    const { page } = visited;
    for (const id of [done, cancelled, later]) await page.getByLabel(`Choose job ${id.slice(0, 8)}`).check();
    await page.getByRole("button", { name: "Delete 2", exact: true }).click();
    await page.getByRole("button", { name: "Delete 2 jobs" }).click();
    await page.locator("#bulk", { hasText: "Deleted 2 of 2 chosen jobs." }).waitFor();
    for (const id of [done, cancelled]) expect((await api("GET", `job-status/${id}`)).status).toBe(404);
    expect((await api("GET", `job-status/${later}`)).status).toBe(200);
    expectCalm(visited);
  });

  test("a delayed job runs now, and is deleted once it has completed", async () => {
    const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const id = await submit({ task: "note", delay_seconds: 3_600 }, { traceparent });
    const visited = await dashboard(`/#/jobs?job=${id}`);
    const { page } = visited;
    await page.locator("#job", { hasText: "0af7651916cd43dd8448eb211c80319c" }).waitFor();
    await page.getByRole("button", { name: "Run now" }).click();
    await page.locator("#said", { hasText: "The job can run now." }).waitFor();
    await page.locator("#job .panel-head .completed").waitFor();
    await page.locator("#job").getByRole("button", { name: "Delete" }).click();
    await page.getByRole("button", { name: "Delete it" }).click();
    await page.locator("#job").waitFor({ state: "detached" });
    expect((await api("GET", `job-status/${id}`)).status).toBe(404);
    expectCalm(visited);
  });

  test("the queue, then a task, is paused where it is seen, and goes on with what has waited", async () => {
    const visited = await dashboard("/#/schedules");
    const { page } = visited;
    await page.getByRole("button", { name: "Pause the queue …" }).click();
    await page.locator("#pause .hint", { hasText: "Running jobs finish. New jobs wait." }).waitFor();
    await page.getByLabel("For").selectOption("an hour");
    await page.locator("#pause").getByRole("button", { name: "Pause" }).click();
    await page.locator(".paused-things", { hasText: "The queue is paused until" }).waitFor();
    const id = await submit({ task: "note" });
    await page.goto(`${world.url}/#/`);
    await page.locator("#verdict", { hasText: "Paused. Nothing new is started. 1 job waits." }).waitFor();
    await page.getByRole("button", { name: "Resume" }).click();
    await page.locator(".paused-things").waitFor({ state: "detached" });
    expect(await finished(id)).toBe("completed");

    await page.goto(`${world.url}/#/schedules`);
    await page.getByRole("button", { name: "Pause a task …" }).click();
    await page.locator("#pause select").first().selectOption("note");
    await page.locator("#pause").getByRole("button", { name: "Pause" }).click();
    await page.locator(".paused-things", { hasText: "note is paused" }).waitFor();
    const parked = await submit({ task: "note" });
    // A worker sets a paused task's jobs aside on its way to those of others.
    expect(await finished(await submit({ task: "count", payload: { up_to: 1 } }))).toBe("completed");
    await page.goto(`${world.url}/#/jobs?status=paused`);
    await page.locator(`[data-job="${parked}"]`).click();
    await page.goto(`${world.url}/#/`);
    await page.locator(".tile.paused", { hasText: "1" }).waitFor();
    await page.getByRole("button", { name: "Resume" }).click();
    expect(await finished(parked)).toBe("completed");
    expectCalm(visited);
  });

  test("a schedule shows its next runs, is paused and resumed, runs now, and is deleted", async () => {
    const report = { task: "note", cron: "0 9 * * *", time_zone: "Europe/Berlin", payload: { subject: "report" } };
    expect((await api("PUT", "schedules/daily-report", report)).status).toBe(201);
    const visited = await dashboard("/#/schedules");
    const { page } = visited;
    const row = page.locator(".group", { hasText: "daily-report" });
    await row.locator("dd", { hasText: "none yet" }).waitFor();
    const { next_runs } = (await api("GET", "schedules/daily-report")).body as { next_runs: string[] };
    expect(next_runs).toHaveLength(3);
    await row.locator(`time[datetime="${next_runs[0]}"]`).waitFor();
    await row.getByRole("button", { name: "Pause …" }).click();
    await page.locator("#pause").getByRole("button", { name: "Pause" }).click();
    await row.locator(".mark.paused").waitFor();
    expect((await api("GET", "schedules/daily-report")).body).toMatchObject({ paused: true, next_runs: [] });
    await row.getByRole("button", { name: "Resume" }).click();
    await row.locator(`time[datetime="${next_runs[0]}"]`).waitFor();
    await row.getByRole("button", { name: "Run now" }).click();
    await page.locator("#job .panel-head .completed").waitFor();
    await page.locator("#job", { hasText: '"report"' }).waitFor();
    await page.keyboard.press("Escape");
    expect((await api("PUT", "schedules/daily-report", { task: "note", every: 1 })).status).toBe(200);
    await submit({ task: "note" }); // it wakes a worker, which waits for what is due soon
    await row.getByRole("link", { name: "open its job" }).click();
    await page.locator("#job .panel-head .completed").waitFor();
    const { last_run } = (await api("GET", "schedules/daily-report")).body as { last_run: { slot: string } };
    expect(Date.parse(last_run.slot) % 1_000).toBe(0);
    await page.keyboard.press("Escape");
    await row.getByRole("button", { name: "Delete …" }).click();
    await page.getByRole("button", { name: "Delete the schedule" }).click();
    await page.locator(".empty", { hasText: "No schedules yet." }).waitFor();
    expect((await api("GET", "schedules/daily-report")).status).toBe(404);
    expectCalm(visited);
  });
});
