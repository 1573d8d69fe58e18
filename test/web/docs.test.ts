import type { Browser, Route } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { startBrowser, visit } from "../support/browser.ts";
import { routes } from "../support/routes.ts";
import { borrowKeyedStack, sharedKeys } from "../support/shared/keyed.ts";
import { type BorrowedStack, borrowStack } from "../support/shared/stack.ts";
import { tasks } from "../support/tasks.ts";

let stack: BorrowedStack;
let browser: Browser;
beforeAll(async () => {
  [stack, browser] = await Promise.all([borrowStack(), startBrowser()]);
});
afterAll(async () => {
  await browser?.close();
  stack?.giveBack();
});

test("the API page shows every route and task, can try one out, and calls no other server", async () => {
  const { page, requests, complaints, close } = await visit(browser, `${stack.url}/docs`);
  await page.locator(".opblock").first().waitFor();
  expect(await page.locator(".opblock").count()).toBe(Object.keys(routes).length);
  await page.locator(".info", { hasText: "wakes on submit" }).waitFor();

  const submit = page.locator("#operations-Jobs-submitJob");
  await submit.locator(".opblock-summary-control").click();
  await submit.getByRole("button", { name: "Try it out" }).click();
  const answered = page.waitForResponse(/\/submit-job$/);
  await submit.getByRole("button", { name: "Execute" }).click();
  const response = await answered;
  expect(response.status()).toBe(202);
  const { job_id } = (await response.json()) as { job_id: string };
  await submit.locator(".live-responses-table", { hasText: job_id }).waitFor();

  const done = await fetch(`${stack.url}/job-status/${job_id}?wait=20`);
  expect(await done.json()).toMatchObject({ task: "note", status: "completed" });

  for (const name of tasks.keys()) await page.getByText(`Payload of ${name}`, { exact: true }).waitFor();
  expect(requests.filter((request) => !request.split(" ")[1]!.startsWith(`${stack.url}/`))).toEqual([]);
  expect(complaints).toEqual([]);
  await close();
});

test("if a key is required the page asks for it, and shows nothing before", async () => {
  const { key } = sharedKeys.read;
  const locked = await borrowKeyedStack();
  onTestFinished(() => locked.giveBack());
  const { page, close } = await visit(browser, `${locked.url}/docs`);
  await page.locator("#key-form").waitFor();
  expect(await page.locator(".opblock").count()).toBe(0);
  await page.locator("#key").fill("wq_wrong");
  await page.getByRole("button", { name: "Show" }).click();
  await page.getByText("this key is not known here").waitFor();
  await page.locator("#key").fill(key);
  await page.getByRole("button", { name: "Show" }).click();
  await page.locator(".opblock").first().waitFor();
  expect(await page.locator("#key-form").isVisible()).toBe(false);
  const stats = page.locator("#operations-Queue-queueStats");
  await stats.locator(".opblock-summary-control").click();
  await stats.getByRole("button", { name: "Try it out" }).click();
  const answered = page.waitForResponse(/\/queue-stats$/);
  await stats.getByRole("button", { name: "Execute" }).click();
  expect((await answered).status()).toBe(200);
  await close();
});

test.each<[string, (route: Route) => Promise<void>, string]>([
  ["a problem", (route) => route.fulfill({ status: 503, json: { detail: "Its log says why." } }), "Its log says why."],
  ["no JSON", (route) => route.fulfill({ status: 502, body: "<html>" }), "The server answered with status 502."],
  ["nothing", (route) => route.abort(), "The server did not answer."],
])("if the answer is %s instead of the API description, the page says so", async (_, answer, words) => {
  const page = await browser.newPage();
  onTestFinished(() => page.close());
  await page.route("**/openapi.json", answer);
  await page.goto(`${stack.url}/docs`);
  await page.getByRole("alert").filter({ hasText: words }).waitFor();
  expect(await page.locator("#key-form").isVisible()).toBe(false);
});
