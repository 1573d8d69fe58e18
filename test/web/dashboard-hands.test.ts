import type { Page } from "playwright-core";
import { expect, test } from "vitest";

import { useDashboard } from "./dashboard-world.ts";

const world = useDashboard();
const { dashboard, expectCalm, submit } = world;

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

test("a question before a deletion takes the focus once, and Keep gives it back", async () => {
  const id = await submit({ task: "note", delay_seconds: 3_600 });
  const visited = await dashboard(`/#/jobs?job=${id}`);
  const { page } = visited;
  const panel = page.locator("#job");
  await panel.getByRole("button", { name: "Delete" }).click();
  await expect.poll(() => focused(page)).toBe("Delete it");
  await page.locator("#task-filter").focus();
  await drawnAgain(page);
  expect(await focused(page)).toBe("task-filter");
  await panel.getByRole("button", { name: "Keep" }).click();
  await expect.poll(() => focused(page)).toBe("Delete");
  expectCalm(visited);
});
