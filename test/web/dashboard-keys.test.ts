import { expect, test } from "vitest";
import { useDashboard } from "./dashboard-world.ts";

const { dashboard, expectCalm, submit } = useDashboard();

const focused = "document.activeElement?.dataset.job ?? document.activeElement?.id";

test("j and k go down and up the list, Enter opens, Esc closes and gives the focus back", async () => {
  for (let i = 0; i < 3; i++) await submit({ task: "note", delay_seconds: 3_600 + i });
  const visited = await dashboard("/#/jobs?task=note");
  const { page } = visited;
  const shown = await page.evaluate(`[...document.querySelectorAll("#rows .id")].map((each) => each.dataset.job)`);
  const [first, second] = shown as string[];
  await page.keyboard.press("j");
  await expect.poll(() => page.evaluate(focused)).toBe(first);
  await page.keyboard.press("j");
  await expect.poll(() => page.evaluate(focused)).toBe(second);
  await page.keyboard.press("k");
  await page.keyboard.press("Enter");
  await page.locator("#job .whole", { hasText: first! }).waitFor();
  await expect.poll(() => page.evaluate(focused)).toBe("job-title");
  // Where a job is open, the next one is opened in its place.
  await page.keyboard.press("j");
  await page.locator("#job .whole", { hasText: second! }).waitFor();
  await page.keyboard.press("Escape");
  await page.locator("#job").waitFor({ state: "detached" });
  await expect.poll(() => page.evaluate(focused)).toBe(second);
  expectCalm(visited);
});

test("numbers change the view, / searches, n is a new job, ? tells the keys, and none of them while somebody types", async () => {
  await submit({ task: "note", delay_seconds: 3_600 });
  const visited = await dashboard();
  const { page } = visited;
  for (const [key, view] of [
    ["1", "Overview"],
    ["3", "Failures"],
    ["4", "Schedules"],
    ["2", "Jobs"],
  ] as const) {
    await page.keyboard.press(key);
    await page.locator("nav a[aria-current=page]", { hasText: view }).waitFor();
  }
  await page.keyboard.press("?");
  await page.locator("#help", { hasText: "next or previous job (opens it if a job is open)" }).waitFor();
  await page.keyboard.press("Escape");
  await page.locator("#help").waitFor({ state: "detached" });
  await page.keyboard.press("n");
  await page.locator("#submit[open]").waitFor();
  await page.keyboard.press("Escape");
  await page.locator("#submit").waitFor({ state: "detached" });
  await page.keyboard.press("/");
  await expect.poll(() => page.evaluate(focused)).toBe("search");
  await page.keyboard.type("1n?");
  expect(await page.locator("#search").inputValue()).toBe("1n?");
  expect(await page.locator("dialog").count()).toBe(0);
  expectCalm(visited);
});

test("every control has a name, in every view", async () => {
  const id = await submit({ task: "note", delay_seconds: 3_600 });
  const { page } = await dashboard(`/#/jobs?job=${id}`);
  await page.locator("#job .whole").waitFor();
  for (const hash of ["", "#/", "#/failures", "#/schedules"]) {
    if (hash !== "") await page.evaluate(`location.hash = ${JSON.stringify(hash)}`);
    const nameless = await page.evaluate(`[...document.querySelectorAll("button, input, select, textarea, a")]
      .filter((each) => !(each.textContent.trim() || each.ariaLabel || each.labels?.length)).map((each) => each.outerHTML)`);
    expect(nameless).toEqual([]);
  }
});
