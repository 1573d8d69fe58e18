import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { useBundledPlatforms } from "../platforms/bundled.ts";
import type { Platforms } from "../platforms/servers.ts";
import { apiKey } from "../support/api.ts";
import { startBrowser, visit } from "../support/browser.ts";
import { useRedis } from "../support/redis.ts";

/** The pages where an application mounts the queue under a path. */
const WAYS = ["serve", "toNode under Express' path", "queue.fetch"];

const redis = useRedis();
const start = useBundledPlatforms();
let open: Platforms;
let browser: Browser;
beforeAll(async () => {
  browser = await startBrowser();
  vi.stubEnv("IS_LOCAL", "true");
  open = await start()(options());
});
afterAll(async () => {
  await browser?.close();
  await open?.stop();
  vi.unstubAllEnvs();
});

function options() {
  return { redis: { url: redis.local.url, token: redis.local.token }, prefix: redis.queue().prefix };
}

async function visited(address: string) {
  const one = await visit(browser, address);
  onTestFinished(() => one.close());
  return one;
}

const PLACES = WAYS.flatMap((way) => ["", "/"].map((slash): [string, string] => [way, slash]));

test.each(PLACES)("%s: the dashboard at /queue%s lists jobs and opens one", async (way, slash) => {
  const base = open.urls[way]!;
  const body = JSON.stringify({ task: "note", payload: { subject: "here" } });
  const submitted = await fetch(`${base}/submit-job`, { method: "POST", body });
  const { job_id } = (await submitted.json()) as { job_id: string };
  const { page, requests, complaints } = await visited("about:blank");
  await page.goto(base + slash);
  await page.getByRole("link", { name: "Jobs" }).click();
  await page.locator(`[data-job="${job_id}"]`).click();
  await page.locator("#job .panel-head .completed").waitFor();
  expect(page.url()).toBe(`${base}${slash}#/jobs?job=${job_id}`);
  await page.reload();
  await page.locator("#job .panel-head .completed").waitFor();
  // A link that is opened in a new tab leads to the same page.
  const href = (await page.getByRole("link", { name: "Failures" }).getAttribute("href"))!;
  expect(new URL(href, page.url()).href).toBe(`${base}${slash}#/failures`);
  expect(requests.filter((each) => !/\/queue([/?#]|$)/.test(new URL(each.split(" ")[1]!).pathname))).toEqual([]);
  expect(complaints).toEqual([]);
  await page.getByRole("link", { name: "API" }).click();
  await page.locator(".opblock").first().waitFor();
});

test.each(PLACES.slice(0, 3))("%s: the API page at /queue/docs%s sends its requests there", async (way, slash) => {
  const base = open.urls[way]!;
  const { page, requests, complaints } = await visited(`${base}/docs${slash}`);
  const submit = page.locator("#operations-Jobs-submitJob");
  await submit.locator(".opblock-summary-control").click();
  await submit.getByRole("button", { name: "Try it out" }).click();
  const answered = page.waitForResponse(/\/queue\/submit-job$/);
  await submit.getByRole("button", { name: "Execute" }).click();
  expect((await answered).status()).toBe(202);
  expect(requests.filter((each) => !each.split(" ")[1]!.startsWith(`${base}/`))).toEqual([]);
  expect(complaints).toEqual([]);
});

test("the page that says what to do about a problem is found there, too", async () => {
  const locked = await start()({ ...options(), apiKeys: [apiKey("reader", "read").entry] });
  onTestFinished(() => locked.stop());
  const { page } = await visited(locked.urls.serve!);
  await page.getByRole("link", { name: "What to do" }).click();
  await page.getByText("Send Authorization: Bearer KEY").waitFor();
  expect(new URL(page.url()).pathname).toBe("/queue/problems/unauthorized");
});
