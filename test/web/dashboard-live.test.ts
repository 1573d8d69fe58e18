import type { Route } from "playwright-core";
import { expect, test } from "vitest";
import { countOpenRequests, moveClock, useDashboard } from "./dashboard-world.ts";

const world = useDashboard();
const { blankPage, dashboard, finished, submit } = world;

/** Takes the paths of the API that were asked for since the last call. */
const taken = (requests: string[]) =>
  requests
    .splice(0)
    .map((request) => new URL(request.split(" ")[1]!).pathname)
    .filter((path) => !path.startsWith("/dashboard"));

/** Answers the question whether anything has changed, as the test says. */
async function withTag(page: Awaited<ReturnType<typeof blankPage>>["page"]) {
  let tag = "one";
  await page.route(/\/pulse(\?|$)/, (route) => route.fulfill({ json: { tag } }));
  return (other: string) => {
    tag = other;
  };
}

test("on a quiet queue the page asks one question every 2 s, and fetches what it shows when the answer is another", async () => {
  const { page, requests } = await blankPage();
  const change = await withTag(page);
  await page.clock.install();
  await page.goto(`${world.url}/#/jobs`);
  await page.locator("#page").waitFor();
  await page.locator("#task-filter option", { hasText: "note" }).waitFor({ state: "attached" });
  await page.locator("main:not(:has([aria-busy]))").waitFor();
  taken(requests);
  let ranMs = 0;
  /** Moves the page's clock until it has sent that number of requests. */
  const sends = (count: number) =>
    expect
      .poll(async () => {
        if (requests.length === 0) ranMs += 200;
        if (requests.length === 0) await page.clock.runFor(200);
        return requests.length;
      })
      .toBe(count);
  // What it shows was fetched under the tag of another kind of question, and then under that of a third.
  for (const requestsOf of [3, 1, 3]) {
    await sends(requestsOf);
    taken(requests);
  }
  ranMs = 0;
  for (let i = 0; i < 5; i++) {
    await sends(1);
    expect(taken(requests)).toEqual(["/pulse"]);
  }
  expect(ranMs).toBeGreaterThanOrEqual(9_000);
  change("two");
  await sends(3);
  expect(taken(requests).sort()).toEqual(["/jobs", "/pulse", "/queue-stats"]);
});

test("on a quiet queue the page looks at what runs from the moment that a job is due", async () => {
  const { page, requests } = await blankPage();
  await withTag(page);
  await page.route(/\/queue-stats$/, async (route) => {
    const response = await route.fetch();
    const counts = { ...(await response.json()), processing: 0, suspects: 0, ready: { high: 0, normal: 0, low: 0 } };
    return route.fulfill({ response, json: { ...counts, next_due_seconds: 30 } });
  });
  await page.clock.install();
  await countOpenRequests(page);
  await page.goto(`${world.url}/#/jobs`);
  await page.locator("main:not(:has([aria-busy]))").waitFor();
  const now = () => page.evaluate<number>("Date.now()");
  const pulses = () =>
    requests.map((request) => new URL(request.split(" ")[1]!)).filter((url) => url.pathname === "/pulse");
  const began = await now();
  requests.splice(0);
  while ((await now()) - began < 25_000) await moveClock(page);
  const early = pulses().map(({ search }) => search);
  expect(new Set(early)).toEqual(new Set(["?look=keys", "?look=totals"]));
  requests.splice(0);
  while (!pulses().some(({ search }) => search === "")) await moveClock(page);
});

test("the page sends nothing while nobody looks, and asks as soon as somebody does", async () => {
  const { page, requests } = await blankPage();
  await withTag(page);
  await page.clock.install();
  await page.goto(`${world.url}/#/jobs`);
  await page.locator("main:not(:has([aria-busy]))").waitFor();
  await page.locator("#task-filter option", { hasText: "note" }).waitFor({ state: "attached" });
  await look(false);
  await page.evaluate("fetch('health')"); // what was under way has been answered
  taken(requests);
  for (let i = 0; i < 3; i++) {
    await page.clock.runFor(600_000);
    await page.evaluate("fetch('health')");
  }
  expect(taken(requests)).toEqual(["/health", "/health", "/health"]);
  await look(true);
  await page.clock.runFor(100);
  await expect.poll(() => taken(requests)).toContain("/pulse");

  async function look(there: boolean) {
    await page.evaluate(`Object.defineProperty(document, "hidden", { configurable: true, value: ${!there} });
        document.dispatchEvent(new Event("visibilitychange"))`);
  }
});

test("a change is seen while the page is looked at, and list, counts and open job never contradict each other", async () => {
  const visited = await dashboard();
  const { page } = visited;
  // What the page shows after each change of it: the state of the open job in its panel, and in the list.
  await page.evaluate(`
    globalThis.seen = [];
    new MutationObserver(() => {
      const panel = document.querySelector("#job .panel-head .mark")?.className;
      const row = document.querySelector("#rows tr[aria-current] .mark")?.className;
      if (panel && row) globalThis.seen.push([panel, row]);
    }).observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true });`);
  const id = await submit({ task: "count", payload: { up_to: 40, rest_ms: 100 } });
  await page.locator(`[data-job="${id}"]`).click();
  await page.locator("#job .panel-head .running").waitFor();
  expect(await finished(id)).toBe("completed");
  await page.locator("#job .panel-head .completed").waitFor();
  await page.locator("#rows tr[aria-current] .completed").waitFor();
  const seen = (await page.evaluate("globalThis.seen")) as [string, string][];
  expect(seen.length).toBeGreaterThan(0);
  expect(seen.filter(([panel, row]) => panel !== row)).toEqual([]);
  world.expectCalm(visited);
});

test("what was shown stays while the API does not answer, and the page says so until it does", async () => {
  const id = await submit({ task: "note", delay_seconds: 3_600 });
  const { page } = await dashboard();
  const row = page.locator(`[data-job="${id}"]`);
  for (const broken of [/\/(jobs|queue-stats)/, /\/(pulse|jobs|queue-stats)/]) {
    const abort = (route: Route) => route.abort();
    await page.route(broken, abort);
    await page.locator(".banner", { hasText: "The API does not answer" }).waitFor();
    expect(await row.count()).toBe(1);
    await page.unroute(broken, abort);
    await page.locator(".banner").waitFor({ state: "detached" });
  }
});
