import { expect, test } from "vitest";
import { seriousFaults } from "./axe.ts";
import { answerWithHistory, answerWithJson, failuresOf, schedulesOf } from "./dashboard-answers.ts";
import { useDashboard } from "./dashboard-world.ts";

const world = useDashboard();
const { answerWith, blankPage, expectCalm, finished, submit, targetUrl } = world;

const LOOKS = (["light", "dark"] as const).flatMap((colorScheme) =>
  [1280, 390].map((width) => ({ colorScheme, viewport: { width, height: 844 } })),
);
const named = LOOKS.map((look) => [`${look.colorScheme}, ${look.viewport.width} px`, look] as const);

/** Looks at a view as it is. Returns what axe finds serious, and whether the page scrolls sideways. */
async function lookedAt(hash: string, look: (typeof LOOKS)[number], isFull: boolean, open?: (page: Page) => unknown) {
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

test.each(named)("on an empty queue no view has a serious fault: %s", async (_, look) => {
  for (const hash of VIEWS) expect(await lookedAt(hash, look, false), hash).toEqual([]);
});

test.each(named)("with 50 jobs no view, and no dialog, has a serious fault: %s", async (_, look) => {
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
});

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
