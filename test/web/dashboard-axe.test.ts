import { expect, test } from "vitest";
import { seriousFaults } from "./axe.ts";
import { answerWithHistory, answerWithJson, failuresOf, schedulesOf } from "./dashboard-answers.ts";
import { useDashboard } from "./dashboard-world.ts";

const world = useDashboard();
const { answerWith, blankPage, expectCalm, finished, submit, targetUrl } = world;

type ColorScheme = "light" | "dark";
const looking = (colorScheme: ColorScheme, width: number) => ({ colorScheme, viewport: { width, height: 844 } });

/** Looks at many views, each in a page of its own. */
const MOST_MS = 180_000;

/** Looks at a view as it is. Returns what axe finds serious, and whether the page scrolls sideways. */
async function lookedAt(
  hash: string,
  look: ReturnType<typeof looking>,
  isFull: boolean,
  open?: (page: Page) => unknown,
) {
  const visited = await blankPage(look);
  const { page } = visited;
  if (isFull) {
    await answerWithHistory(page);
    await answerWithJson(page, /\/failures(\?.*)?$/, failuresOf(crypto.randomUUID(), [50, 7, 3]));
    await answerWithJson(page, /\/schedules(\?.*)?$/, schedulesOf(crypto.randomUUID()));
  }
  await page.goto(`${world.url}/${hash}`);
  await page.locator("main:not(:has([aria-busy]))").waitFor();
  await open?.(page);
  const faults = await seriousFaults(page);
  const tooWide = await page.evaluate("document.documentElement.scrollWidth > innerWidth");
  expectCalm(visited);
  return [...faults, ...(tooWide ? ["the page scrolls sideways"] : [])];
}
type Page = Awaited<ReturnType<typeof blankPage>>["page"];

const VIEWS = ["#/", "#/jobs", "#/failures", "#/schedules"];

// Light and dark, wide and narrow, each once empty or full.
test.each([
  ["light", 1280],
  ["dark", 390],
] as const)("on an empty queue no view has a serious fault: %s, %i px", { timeout: MOST_MS }, async (theme, width) => {
  const look = looking(theme, width);
  for (const hash of VIEWS) expect(await lookedAt(hash, look, false), hash).toEqual([]);
});

test.each([
  ["light", 390],
  ["dark", 1280],
] as const)(
  "with 50 jobs no view, and no dialog, has a serious fault: %s, %i px",
  { timeout: MOST_MS },
  async (theme, width) => {
    const look = looking(theme, width);
    const { failed, running } = await fifty();
    for (const hash of [...VIEWS, `#/jobs?job=${failed}`, `#/jobs?job=${running}`, "#/jobs?status=failed&task=call"])
      expect(await lookedAt(hash, look, true), hash).toEqual([]);
    const dialogs: [string, string][] = [
      ["#/jobs", "n"],
      ["#/jobs", "?"],
    ];
    for (const [hash, key] of dialogs) {
      const faults = await lookedAt(hash, look, true, async (page) => {
        await page.keyboard.press(key);
        await page.locator("dialog[open]").waitFor();
      });
      expect(faults, key).toEqual([]);
    }
  },
);

let jobs: Promise<{ failed: string; running: string }> | undefined;

/** Fills the queue with 50 jobs of all kinds, once. */
function fifty() {
  jobs ??= fill();
  return jobs;
}

async function fill() {
  answerWith(410, "gone for good");
  const failed = await submit({ task: "call", payload: { url: targetUrl() }, priority: "high" });
  expect(await finished(failed)).toBe("failed");
  const running = await submit({ task: "count", payload: { up_to: 1_000, rest_ms: 200 } });
  await Promise.all(Array.from({ length: 24 }, () => submit({ task: "note" })));
  await Promise.all(Array.from({ length: 24 }, () => submit({ task: "note", delay_seconds: 3_600, priority: "low" })));
  return { failed, running };
}
