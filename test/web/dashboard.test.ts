import { expect, test } from "vitest";
import { useDashboard } from "./dashboard.ts";

const world = useDashboard();
const { answerWith, blankPage, dashboard, expectCalm, finished, submit, targetUrl } = world;

test("the dashboard submits a job and shows it as it completes", async () => {
  const visited = await dashboard();
  const { page } = visited;
  await page.getByRole("button", { name: "New job" }).click();
  await page.getByRole("combobox", { name: "Task" }).last().selectOption("note");
  await page.getByLabel("subject").fill("From a form");
  await page.getByRole("button", { name: "Submit" }).click();

  const detail = page.locator("#detail");
  await detail.locator(".status.completed").first().waitFor();
  expect(await detail.locator("pre").first().textContent()).toContain('"noted": ');
  await page.locator("#rows tr[aria-current] .status.completed").waitFor();
  await page.locator(".place.completed .count", { hasText: /^[1-9]/ }).waitFor();
  expectCalm(visited);
});

test("the dashboard says which field the API refuses", async () => {
  const visited = await dashboard();
  const { page } = visited;
  await page.getByRole("button", { name: "New job" }).click();
  await page.locator("#task").selectOption("count");
  await page.getByLabel("up_to").fill("many");
  await page.getByRole("button", { name: "Submit" }).click();
  await page.locator("#submit-fault", { hasText: "/payload/up_to" }).waitFor();
  expect(await page.getByLabel("up_to").getAttribute("class")).toContain("wrong-field");
  // The browser reports each refused request in its console.
  expect(visited.complaints).toEqual([expect.stringContaining("422")]);
});

test("the dashboard shows a failed job with its error, and retries it", async () => {
  answerWith(410, "gone for good");
  const id = await submit({ task: "call", payload: { url: targetUrl() } });
  expect(await finished(id)).toBe("failed");
  const visited = await dashboard();
  const { page } = visited;
  await page.getByRole("button", { name: /^Failed/ }).click();
  await page
    .locator("#rows")
    .getByRole("button", { name: id.slice(0, 8) })
    .click();
  await page.locator("#detail pre", { hasText: "answered with 410: gone for good" }).waitFor();

  answerWith(200, "fine");
  await page.getByRole("button", { name: "Retry" }).click();
  await page.locator("#detail .facts .status.completed").waitFor();
  expect(await page.locator("#detail .attempts li").count()).toBe(2);
  expect(await finished(id)).toBe("completed");
  expectCalm(visited);
});

test("the dashboard says in one line what is paused", async () => {
  const { page } = await blankPage();
  await page.route(/queue-stats/, async (route) => {
    const stats = await (await route.fetch()).json();
    const since = new Date().toISOString();
    const tasks = [{ task: "<b>note</b>", since, until: since, parked: 1 }];
    await route.fulfill({ json: { ...stats, paused: { since }, paused_tasks: tasks } });
  });
  await page.goto(world.url);
  await page
    .locator("#paused", { hasText: "The queue is paused: no job begins. Paused tasks: <b>note</b> until" })
    .waitFor();
});

test("the dashboard cancels a job that waits", async () => {
  const id = await submit({ task: "note", delay_seconds: 3_600 });
  const visited = await dashboard(`/#${id}`);
  const { page } = visited;
  await page.locator("#detail .status.pending").waitFor();
  await page.locator("#cancel").click();
  await page.locator("#detail .facts .status.cancelled").waitFor();
  expect(await finished(id)).toBe("cancelled");
  await page.keyboard.press("Escape");
  expect(await page.locator("#detail").isHidden()).toBe(true);
  expectCalm(visited);
});

test("the dashboard shows hostile text as text", async () => {
  const hostile = `<img src=x onerror="alert(1)"><script>alert(2)</script>`;
  answerWith(410, hostile);
  const failed = await submit({ task: "call", payload: { url: targetUrl() } });
  expect(await finished(failed)).toBe("failed");
  answerWith(200, hostile);
  const completed = await submit({ task: "call", payload: { url: targetUrl(), body: hostile } });
  expect(await finished(completed)).toBe("completed");
  const visited = await dashboard(`/#${failed}`);
  const { page } = visited;
  await page.locator("#detail pre", { hasText: hostile }).waitFor();
  await page
    .locator("#rows")
    .getByRole("button", { name: completed.slice(0, 8) })
    .click();
  await page.locator("#detail pre", { hasText: "onerror" }).first().waitFor();
  expect(await page.locator("main img, main script, aside img").count()).toBe(0);
  expectCalm(visited);
});

test("the dashboard sends numbers digit by digit, so that the API refuses those that it would change", async () => {
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
  expect(await page.getByLabel("up_to").getAttribute("class")).toContain("wrong-field");

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

test("the dashboard shows the numbers of payload, result and log digit by digit", async () => {
  const id = await submit({ task: "note" });
  expect(await finished(id)).toBe("completed");
  const { page } = await blankPage();
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
  await page.goto(`${world.url}/#${id}`);
  const shown = page.locator("#detail pre");
  await expect.poll(() => shown.count()).toBe(3);
  const texts = await shown.allTextContents();
  for (const text of texts) expect(text.replace(/\s/g, "")).toContain(given);
});

test("the dashboard turns pages, and filters by status and task", async () => {
  await Promise.all(Array.from({ length: 25 }, () => submit({ task: "count", delay_seconds: 3_600 })));
  const visited = await dashboard();
  const { page } = visited;
  await page.locator("#task-filter option", { hasText: "count" }).waitFor({ state: "attached" });
  await page.locator("#task-filter").selectOption("count");
  await page.locator("#status-filter").selectOption("pending");
  const ids = () => page.locator("#rows .id").allTextContents();
  await expect.poll(ids).toHaveLength(20);
  await expect.poll(() => page.locator("#rows .status.pending").count()).toBe(20);
  const first = await ids();
  await page.getByRole("button", { name: "Older" }).click();
  await page.locator("#page", { hasText: "Page 2" }).waitFor();
  expect(await ids()).toHaveLength(5);
  await page.getByRole("button", { name: "Newer" }).click();
  await page.locator("#page", { hasText: "Page 1" }).waitFor();
  expect(await ids()).toEqual(first);
  expectCalm(visited);
});

test("the dashboard sends nothing while nobody looks, and two requests at a refresh", async () => {
  const { page, requests } = await blankPage();
  await page.clock.install();
  await page.goto(world.url);
  await page.locator("#page", { hasText: "Page 1" }).waitFor();
  await page.locator("#task-filter option", { hasText: "note" }).waitFor({ state: "attached" });
  const asked = () => requests.splice(0).map((request) => new URL(request.split(" ")[1]!).pathname);
  asked();
  await page.clock.runFor(14_000);
  expect(asked()).toEqual([]);
  await page.clock.runFor(1_500);
  await expect.poll(() => requests.length).toBe(2);
  expect(asked().sort()).toEqual(["/jobs", "/queue-stats"]);

  await look(false);
  await page.clock.runFor(600_000);
  expect(asked()).toEqual([]);
  await look(true);
  await page.clock.runFor(100);
  await expect.poll(() => requests.length).toBe(2);

  async function look(there: boolean) {
    await page.locator("#refresh:not(:disabled)").waitFor();
    await page.evaluate(`Object.defineProperty(document, "hidden", { configurable: true, value: ${!there} });
        document.dispatchEvent(new Event("visibilitychange"))`);
  }
});

test("the dashboard works with the keyboard alone, and every control has a name", async () => {
  const id = await submit({ task: "note", delay_seconds: 3_600 });
  const { page } = await dashboard();
  await page
    .locator("#rows")
    .getByRole("button", { name: id.slice(0, 8) })
    .focus();
  await page.keyboard.press("Enter");
  await page.locator("#detail .status.pending").waitFor();
  await expect.poll(() => page.evaluate("document.activeElement.id")).toBe("detail-title");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  await expect.poll(() => page.evaluate("document.activeElement.id")).toBe("cancel");
  await page.keyboard.press("Escape");
  await expect.poll(() => page.evaluate("document.activeElement.textContent")).toBe(id.slice(0, 8));
  const nameless = await page.evaluate(`[...document.querySelectorAll("button, input, select, textarea, a")]
      .filter((each) => !(each.textContent.trim() || each.ariaLabel || each.labels?.length)).map((each) => each.outerHTML)`);
  expect(nameless).toEqual([]);
});

test("the dashboard asks for an API key, keeps it for this tab alone, and sends it", async () => {
  const { page } = await blankPage();
  const sent: (string | undefined)[] = [];
  await page.route(/queue-stats|jobs\?/, async (route) => {
    sent.push(route.request().headers().authorization);
    if (sent.at(-1) === "Bearer open sesame") return route.continue();
    const problem = {
      type: "/problems/unauthorized",
      title: "No key",
      status: 401,
      code: "unauthorized",
      detail: "no",
    };
    return route.fulfill({ status: 401, contentType: "application/problem+json", body: JSON.stringify(problem) });
  });
  await page.goto(world.url);
  const banner = page.getByRole("alert").filter({ hasText: "Give an API key" });
  await banner.waitFor();
  expect(await banner.getByRole("link").getAttribute("href")).toBe("problems/unauthorized");
  await page.getByLabel("API key").fill("open sesame");
  await page.getByLabel("API key").press("Enter");
  await page.locator("#page", { hasText: "Page 1" }).waitFor();
  expect(await banner.isHidden()).toBe(true);
  expect(await page.evaluate("[sessionStorage.length, localStorage.length, document.cookie]")).toEqual([1, 0, ""]);
  expect(sent.slice(-2)).toEqual(["Bearer open sesame", "Bearer open sesame"]);
});
