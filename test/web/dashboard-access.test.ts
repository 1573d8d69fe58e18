import { expect, test } from "vitest";
import { borrowKeyedStack, sharedKeys } from "../support/shared/keyed.ts";
import { useDashboard } from "./dashboard-world.ts";

const world = useDashboard(borrowKeyedStack);
const { blankPage, expectCalm, finished, submit } = world;
const admin = sharedKeys.admin.headers;

/** Opens the dashboard and gives it a key. */
async function withKey(name: keyof typeof sharedKeys, path = "/#/jobs") {
  const visited = await blankPage();
  const { page } = visited;
  await page.goto(world.url + path);
  await page.getByLabel("API key").fill(sharedKeys[name].key);
  await page.getByLabel("API key").press("Enter");
  await page.locator("#key-form").waitFor({ state: "detached" });
  await page.locator("main:not(:has([aria-busy]))").waitFor();
  visited.complaints.splice(0); // the browser reports the refused requests before it
  return visited;
}

test("the dashboard asks for an API key, keeps it for this tab alone, sends it, and forgets it", async () => {
  const { page } = await blankPage();
  const sent: (string | undefined)[] = [];
  page.on("request", (request) => {
    if (/queue-stats|jobs\?/.test(request.url())) sent.push(request.headers().authorization);
  });
  await page.goto(`${world.url}/#/jobs`);
  const prompt = page.locator("#key-form");
  await prompt.getByRole("heading", { name: "This queue needs an API key" }).waitFor();
  await prompt.getByRole("alert").filter({ hasText: "there is no API key with the request" }).waitFor();
  expect(await prompt.getByRole("link").getAttribute("href")).toBe("problems/unauthorized");
  expect(await page.locator("#rows").count()).toBe(0);

  await page.getByLabel("API key").fill("open-sesame");
  await page.getByLabel("API key").press("Enter");
  await prompt.getByRole("alert").filter({ hasText: "this key is not known" }).waitFor();

  sent.splice(0);
  await page.getByLabel("API key").fill(sharedKeys.admin.key);
  await page.getByLabel("API key").press("Enter");
  await page.locator("main:not(:has([aria-busy])) #page").waitFor();
  expect(await page.evaluate("[sessionStorage.length, localStorage.length, document.cookie]")).toEqual([1, 0, ""]);
  expect(new Set(sent)).toEqual(new Set([admin.authorization]));
  await page.reload();
  await page.locator("#page").waitFor();

  await page.getByRole("button", { name: "Forget the key" }).click();
  await prompt.waitFor();
  expect(await page.evaluate("sessionStorage.length")).toBe(0);
});

const CHANGES = /New job|Retry|Cancel|Delete|Run now|Submit|Pause|Resume|Choose/;

test("a key that may only read sees no button that changes anything, in any view", async () => {
  const failed = await submit({ task: "call", payload: { url: "http://127.0.0.1:1/" }, max_retries: 0 }, admin);
  expect(await finished(failed, admin)).toBe("failed");
  const waiting = await submit({ task: "note", delay_seconds: 3_600 }, admin);
  const visited = await withKey("read");
  const { page } = visited;
  for (const path of ["#/", "#/jobs", "#/failures", "#/schedules", `#/jobs?job=${failed}`, `#/jobs?job=${waiting}`]) {
    await page.goto(`${world.url}/${path}`);
    await page.locator("main:not(:has([aria-busy]))").waitFor();
    if (path.includes("job=")) await page.locator("#job .whole").waitFor();
    // The names that a reader hears.
    const names = await page.evaluate(
      `[...document.querySelectorAll("button, input[type=checkbox]")].map((each) => each.ariaLabel ?? each.textContent)`,
    );
    expect(
      (names as string[]).filter((name) => CHANGES.test(name)),
      path,
    ).toEqual([]);
  }
  expectCalm(visited);
});

test("a key that may read and submit can submit a job, and change none", async () => {
  const visited = await withKey("page");
  const { page } = visited;
  await page.getByRole("button", { name: "New job" }).click();
  await page.locator("#task").selectOption("note");
  await page.getByRole("button", { name: "Submit" }).click();
  await page.locator("#job .panel-head .completed").waitFor();
  expect(await page.locator("#job").getByRole("button", { name: "Submit again" }).count()).toBe(1);
  expect(await page.locator("#job").getByRole("button", { name: "Delete" }).count()).toBe(0);
  expectCalm(visited);
});

test("what a key may not do is refused where the reader sees it", async () => {
  const id = await submit({ task: "note", delay_seconds: 3_600 }, admin);
  const { page } = await withKey("admin", `/#/jobs?job=${id}`);
  await page.locator("#job .panel-head .scheduled").waitFor();
  await page.route(/cancel-job/, (route) =>
    route.fulfill({
      status: 403,
      json: { title: "No right", detail: "this needs the scope admin", code: "forbidden" },
    }),
  );
  await page.locator("#job").getByRole("button", { name: "Cancel" }).click();
  await page.locator("#job").getByRole("button", { name: "Cancel it" }).click();
  await page.locator("#job [role=alert]", { hasText: "this needs the scope admin" }).waitFor();
});
