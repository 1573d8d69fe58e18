import { expect, test } from "vitest";
import { useDashboard } from "./dashboard-world.ts";

const world = useDashboard();
const { answerWith, blankPage, dashboard, expectCalm, finished, submit, targetUrl } = world;

test("hostile payloads, errors, log lines and tasks stay text", async () => {
  const hostile = `<img src=x onerror="alert(1)"><script>alert(2)</script>`;
  answerWith(410, hostile);
  const failed = await submit({ task: "call", payload: { url: targetUrl() } });
  expect(await finished(failed)).toBe("failed");
  answerWith(200, hostile);
  const completed = await submit({ task: "call", payload: { url: targetUrl(), body: hostile } });
  expect(await finished(completed)).toBe("completed");
  const visited = await blankPage();
  const { page } = visited;
  // What no task of ours logs, and what no worker would run.
  await page.route(/job-status|\/jobs\?/, async (route) => {
    const response = await route.fetch();
    const text = await response.text();
    const log = JSON.stringify([{ at: "2030-01-01T00:00:00.000Z", message: hostile, fields: { [hostile]: hostile } }]);
    const changed = text.replaceAll('"task":"call"', `"task":${JSON.stringify(hostile)},"log":${log}`);
    return route.fulfill({ response, body: changed });
  });
  await page.goto(`${world.url}/#/jobs?job=${failed}`);
  await page.locator("#job .thrown", { hasText: hostile }).waitFor();
  await page.locator("#job h2", { hasText: hostile }).waitFor();
  await page.locator("#job .log", { hasText: hostile }).waitFor();
  await page.locator("#rows .says", { hasText: hostile }).first().waitFor();
  await page.locator("#rows .task", { hasText: hostile }).first().waitFor();
  await page.locator(`[data-job="${completed}"]`).click();
  await page.locator("#job pre", { hasText: "onerror" }).first().waitFor();
  expect(await page.locator("#app img, #app script").count()).toBe(0);
  expectCalm(visited);
});

test("numbers are sent digit by digit, so that the API refuses those that it would change", async () => {
  const { page } = await dashboard();
  await page.getByRole("button", { name: "New job" }).click();
  const bodies: string[] = [];
  page.on("request", (request) => {
    if (request.url().endsWith("/submit-job")) bodies.push(request.postData() ?? "");
  });
  const refused = page.locator("#submit-fault", { hasText: "send it as a string: the number" });

  await page.locator("#task").selectOption("count");
  await page.getByLabel("up_to").fill("9007199254740993");
  await page.getByRole("button", { name: "Submit" }).click();
  await refused.waitFor();
  expect(await page.getByLabel("up_to").getAttribute("aria-invalid")).toBe("true");

  await page.locator("#task").selectOption("call");
  await page.getByLabel("url").fill(targetUrl());
  await page.locator('#payload [name="body"]').fill('{"ids": [1, 9007199254740993, 1e400], "0.5": "9007199254740993"}');
  await page.getByRole("button", { name: "Submit" }).click();
  await refused.filter({ hasText: "/payload/body/ids/2" }).waitFor();
  expect(bodies).toEqual([
    expect.stringContaining('"up_to":9007199254740993'),
    expect.stringContaining('"body":{"ids":[1,9007199254740993,1e400],"0.5":"9007199254740993"}'),
  ]);
});

test("the numbers of payload, result and log are shown digit by digit", async () => {
  const id = await submit({ task: "note" });
  expect(await finished(id)).toBe("completed");
  const { page } = await blankPage({ timezoneId: "America/New_York" });
  const given = '{"n":9007199254740993,"f":[0.12345678901234567891,1.0,-0,1E400],"text":"9007199254740993"}';
  await page.route(/job-status/, async (route) => {
    const answer = await route.fetch();
    const text = (await answer.text()).replace(
      /\}$/,
      `,"payload":${given},"log":[
        {"at":"2030-01-01T00:00:00.000Z","message":"said","fields":${given}}]}`,
    );
    return route.fulfill({ response: answer, body: text.replace(/"result":\{.*?\}/, `"result":${given}`) });
  });
  await page.goto(`${world.url}/#/jobs?job=${id}`);
  const shown = page.locator("#job pre");
  await shown.nth(2).waitFor();
  const texts = await shown.allTextContents();
  expect(texts).toHaveLength(3);
  for (const text of texts) expect(text.replace(/\s/g, "")).toContain(given);
  // The log's clock is the reader's, as all others are.
  expect(await page.locator("#job .log").textContent()).toContain("19:00:00.000 said");
});

test("filters, page and open job are in the URL: Back, reload and a link show the same", async () => {
  for (let i = 0; i < 3; i++)
    await Promise.all(Array.from({ length: 20 }, () => submit({ task: "count", delay_seconds: 3_600 })));
  const visited = await dashboard();
  const { page } = visited;
  const ids = () => page.locator("#rows .id").allTextContents();
  await page.locator("#task-filter").selectOption("count");
  await expect.poll(() => new URL(page.url()).hash).toBe("#/jobs?task=count");
  await page.getByRole("navigation", { name: "States" }).getByRole("link", { name: "scheduled" }).click();
  await page.locator("#rows .id").nth(49).waitFor();
  await page.locator("main:not(:has([aria-busy]))").waitFor();
  const first = await ids();
  await page.getByRole("button", { name: "Older" }).click();
  await page.locator("#page", { hasText: "Page 2" }).waitFor();
  await page.locator("main:not(:has([aria-busy]))").waitFor();
  const second = await ids();
  expect(second.length).toBeGreaterThanOrEqual(10);
  await page.locator("#rows .id").first().click();
  await page.locator("#job .panel-head .scheduled").waitFor();
  const address = page.url();

  await page.reload();
  await page.locator("#job .panel-head .scheduled").waitFor();
  await expect.poll(ids).toEqual(second);
  await page.goBack();
  await page.locator("#job").waitFor({ state: "detached" });
  expect(await ids()).toEqual(second);
  await page.getByRole("button", { name: "Newer" }).click();
  await page.locator("#page", { hasText: "Page 1" }).waitFor();
  await expect.poll(ids).toEqual(first);

  const other = await blankPage();
  await other.page.goto(address);
  await other.page.locator("#job .panel-head .scheduled").waitFor();
  await expect.poll(() => other.page.locator("#rows .id").allTextContents()).toEqual(second);
  await other.page.getByRole("button", { name: "Newest" }).click();
  await expect.poll(() => other.page.locator("#rows .id").allTextContents()).toEqual(first);
  expectCalm(visited);
});

test.for([["overview"], ["jobs"], ["failures"]])(
  "an id typed right after / in %s opens its job, however late the page is painted",
  async ([view]) => {
    const id = await submit({ task: "note", delay_seconds: 3_600 });
    const visited = await blankPage();
    const { page } = visited;
    await page.addInitScript(`{
      const nextFrame = requestAnimationFrame;
      requestAnimationFrame = (act) => nextFrame(() => setTimeout(act, 500));
    }`);
    await page.goto(`${world.url}/#/${view}`);
    await page.locator("main:not(:has([aria-busy]))").waitFor();
    await page.keyboard.press("/");
    await page.keyboard.type(id);
    await page.keyboard.press("Enter");
    await page.locator("#job .whole", { hasText: id }).waitFor();
    expectCalm(visited);
  },
);

test("what can be no id is not asked for, and the page says what an id is", async () => {
  const visited = await dashboard();
  const { page } = visited;
  await page.locator("#search").fill("SKU-972");
  await page.locator("#search-hint", { hasText: "Ids have only" }).waitFor();
  await page.keyboard.press("Enter");
  expect(new URL(page.url()).hash).toBe("#/jobs");
  await page.locator("#search").fill("AB-");
  await expect.poll(() => new URL(page.url()).hash).toBe("#/jobs?id=ab-");
  expect(await page.locator("#search-hint").count()).toBe(0);
  expectCalm(visited);
});

test("a job that does not exist is said to be gone, and the list stays", async () => {
  await submit({ task: "note", delay_seconds: 3_600 });
  const { page } = await dashboard(`/#/jobs?job=${crypto.randomUUID()}`);
  await page.locator("#job .empty", { hasText: /no job/i }).waitFor();
  expect(await page.locator("#rows tr").count()).toBeGreaterThan(0);
  expect(await page.locator(".banner").count()).toBe(0);
});
