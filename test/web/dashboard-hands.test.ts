import type { Page } from "playwright-core";
import { expect, test } from "vitest";

import { answerWithJson, failuresOf, schedulesOf } from "./dashboard-answers.ts";
import { useDashboard } from "./dashboard-world.ts";

const world = useDashboard();
const { blankPage, dashboard, expectCalm, submit } = world;

/** Waits until the page has asked once more and is drawn once more. */
async function drawnAgain(page: Page): Promise<void> {
  const before = await page.locator("#cost").textContent();
  await page.evaluate(`document.dispatchEvent(new Event("visibilitychange"))`);
  await expect.poll(() => page.locator("#cost").textContent()).not.toBe(before);
  await page.evaluate("new Promise(requestAnimationFrame)");
}

/** The text or id of what has the focus. */
const focused = (page: Page) =>
  page.evaluate<string>("document.activeElement.id || document.activeElement.textContent");

test("a question before a deletion takes the focus once, and No gives it back; a double click deletes nothing", async () => {
  const id = await submit({ task: "note", delay_seconds: 3_600 });
  const visited = await dashboard(`/#/jobs?job=${id}`);
  const { page } = visited;
  const panel = page.locator("#job");
  await panel.getByRole("button", { name: "Delete" }).click();
  await expect.poll(() => focused(page)).toBe("No");
  await page.locator("#task-filter").focus();
  await drawnAgain(page);
  expect(await focused(page)).toBe("task-filter");
  await panel.getByRole("button", { name: "No", exact: true }).click();
  await expect.poll(() => focused(page)).toBe("Delete");
  let changes = 0;
  page.on("request", (request) => request.method() === "GET" || changes++);
  for (const name of ["Delete", "Cancel"]) await panel.getByRole("button", { name, exact: true }).dblclick();
  await panel.getByRole("button", { name: "Delete", exact: true }).waitFor();
  await panel.getByRole("button", { name: "Cancel", exact: true }).waitFor();
  expect(changes).toBe(0);
  expectCalm(visited);
});

test("a job that is closed gives the focus back to what opened it, or to the title of the view", async () => {
  const id = await submit({ task: "note", delay_seconds: 3_600 });
  const visited = await blankPage();
  const { page } = visited;
  await answerWithJson(page, /\/failures(\?.*)?$/, failuresOf(id, [50]));
  await answerWithJson(page, /\/schedules(\?.*)?$/, schedulesOf(id));
  await answerWithJson(page, /\/run$/, { job_id: id });
  await page.goto(`${world.url}/#/failures`);
  const closes = async (back: string) => {
    await page.locator("#job .whole", { hasText: id }).waitFor();
    await page.keyboard.press("Escape");
    await page.locator("#job").waitFor({ state: "detached" });
    expect(await focused(page)).toBe(back);
  };
  await page.getByRole("link", { name: "See one" }).click();
  await closes("See one");
  // The button that runs a schedule is disabled meanwhile, and so loses the focus.
  await page.keyboard.press("4");
  await page.getByRole("button", { name: "Run now" }).first().click();
  await closes("Run now");
  // Nothing on the page has opened it.
  await page.goto(`${world.url}/#/failures?job=${id}`);
  await page.reload();
  await closes("view-title");
  expectCalm(visited);
});

test("a click on a job's id that opens a new tab opens nothing in this one", async () => {
  const id = await submit({ task: "note", delay_seconds: 3_600 });
  const { page } = await dashboard("/#/jobs");
  const opened = page.context().waitForEvent("page");
  await page.locator(`[data-job="${id}"]`).click({ modifiers: ["ControlOrMeta"] });
  expect(new URL((await opened).url()).hash).toBe(`#/jobs?job=${id}`);
  expect([new URL(page.url()).hash, await page.locator("#job").count()]).toEqual(["#/jobs", 0]);
});

test("the search for what was typed keeps what was chosen meanwhile, and takes nobody back", async () => {
  const { page } = await blankPage();
  await page.clock.install();
  await page.goto(`${world.url}/#/jobs`);
  await page.locator("#task-filter option", { hasText: "note" }).waitFor({ state: "attached" });
  await page.clock.pauseAt((await page.evaluate<number>("Date.now()")) + 60_000);
  const hash = () => new URL(page.url()).hash;
  await page.locator("#search").fill("0");
  await page.locator("#task-filter").selectOption("note");
  await page.clock.runFor(400);
  expect(hash()).toBe("#/jobs?task=note&id=0");
  await page.locator("#search").fill("01");
  await page.getByRole("link", { name: "Schedules" }).click();
  await page.clock.runFor(400);
  expect(hash()).toBe("#/schedules");
});

/** A task whose payload has fields that are called like those of the form. */
const ALIKE = {
  JobRequest: { discriminator: { mapping: { alike: "#/components/schemas/alike" } } },
  alike: {
    properties: {
      payload: {
        type: "object",
        properties: { priority: { type: "string" }, delay_seconds: { type: "integer" }, payload: { type: "string" } },
      },
    },
  },
};

test("a submit, or a run of a schedule, whose unique key is taken is told from one that made a job", async () => {
  const id = await submit({ task: "note", delay_seconds: 3_600 });
  const visited = await blankPage();
  const { page } = visited;
  await answerWithJson(page, /\/schedules(\?.*)?$/, schedulesOf(id));
  await page.route(/\/(submit-job|run)$/, (route) =>
    route.fulfill({ status: 202, json: { job_id: id, unique_conflict: true } }),
  );
  const said = page.locator("#said");
  await page.goto(`${world.url}/#/schedules`);
  const foot = () => page.evaluate<number>(`document.querySelector("#cost").offsetWidth`);
  await page.getByRole("button", { name: "Run now" }).first().waitFor();
  const before = await foot();
  await page.getByRole("button", { name: "Run now" }).first().click();
  await said.filter({ hasText: "Nothing was submitted: this job holds the unique key." }).waitFor();
  await page.locator("#job .whole", { hasText: id }).waitFor();
  // What is said moves nothing.
  expect(await foot()).toBe(before);
  await page.getByRole("button", { name: "Copy id" }).click();
  await said.filter({ hasNotText: "Nothing was submitted" }).waitFor();
  await page.getByRole("button", { name: "New job" }).click();
  await page.getByRole("button", { name: "Submit", exact: true }).click();
  await said.filter({ hasText: "Nothing was submitted: this job holds the unique key." }).waitFor();
  await page.locator("#job .whole", { hasText: id }).waitFor();
  expectCalm(visited);
});

test("a payload's fields may be called like those of the form", async () => {
  const { page } = await blankPage();
  await answerWithJson(page, /\/openapi\.json$/, { components: { schemas: ALIKE } });
  const bodies: unknown[] = [];
  await page.route(/\/submit-job$/, (route) => {
    bodies.push(route.request().postDataJSON());
    const errors = [{ pointer: "/payload/delay_seconds", detail: "too large" }];
    return route.fulfill({ status: 422, json: { title: "Refused", errors } });
  });
  await page.goto(`${world.url}/#/jobs`);
  await page.locator("main:not(:has([aria-busy]))").waitFor();
  await page.keyboard.press("n");
  const own = page.locator("#payload");
  await own.getByLabel("priority").fill("urgent");
  await own.getByLabel("delay_seconds").fill("7");
  await own.getByLabel("payload").fill("a box");
  await page.getByLabel("Delay in seconds").fill("60");
  await page.getByRole("button", { name: "Submit" }).click();
  await page.locator("#submit-fault").waitFor();
  const payload = { priority: "urgent", delay_seconds: 7, payload: "a box" };
  expect(bodies).toEqual([{ task: "alike", priority: "normal", delay_seconds: 60, payload }]);
  expect(await own.getByLabel("delay_seconds").getAttribute("aria-invalid")).toBe("true");
  expect(await page.getByLabel("Delay in seconds").getAttribute("aria-invalid")).toBe("false");
});
