import { expect, test } from "vitest";
import { useDashboard } from "./dashboard-world.ts";

const world = useDashboard();
const { answerWith, blankPage, dashboard, expectCalm, finished, submit, targetUrl } = world;

test("the dashboard submits a job and shows it as it completes", async () => {
  const visited = await dashboard();
  const { page } = visited;
  await page.getByRole("button", { name: "New job" }).click();
  await page.locator("#task").selectOption("note");
  await page.getByLabel("subject").fill("From a form");
  await page.getByRole("button", { name: "Submit" }).click();

  const panel = page.locator("#job");
  await panel.locator(".panel-head .completed").waitFor();
  await panel.getByText('"noted": ').waitFor();
  await page.locator("#rows tr[aria-current] .completed").waitFor();
  await page.locator(".state-filter.completed .count", { hasText: /^[1-9]/ }).waitFor();
  expectCalm(visited);
});

test("the dashboard says which field the API refuses, and what is not JSON is not sent", async () => {
  const visited = await dashboard();
  const { page } = visited;
  await page.getByRole("button", { name: "New job" }).click();
  await page.locator("#task").selectOption("count");
  await page.getByLabel("up_to").fill("many");
  await page.getByRole("button", { name: "Submit" }).click();
  await page.locator("#submit-fault", { hasText: "/payload/up_to" }).waitFor();
  expect(await page.getByLabel("up_to").getAttribute("aria-invalid")).toBe("true");
  // The browser reports each refused request in its console.
  expect(visited.complaints).toEqual([expect.stringContaining("422")]);

  const sent = visited.requests.filter((each) => each.includes("submit-job")).length;
  await page.getByRole("button", { name: "Write JSON" }).click();
  expect(await page.locator("[name=payload]").inputValue()).toBe('{\n  "up_to": "many"\n}');
  await page.locator("[name=payload]").fill("{ up_to: 1 }");
  await page.getByRole("button", { name: "Submit" }).click();
  await page.locator("#submit-fault", { hasText: "Correct the marked field" }).waitFor();
  expect(visited.requests.filter((each) => each.includes("submit-job"))).toHaveLength(sent);
});

test("a failed job is found by its error, read, retried, and completes", async () => {
  answerWith(410, "gone for good");
  const id = await submit({ task: "call", payload: { url: targetUrl() } });
  expect(await finished(id)).toBe("failed");
  const visited = await dashboard("/");
  const { page } = visited;
  await page.locator(".tile.failed").click();
  await page.locator("#rows tr", { hasText: "NonRetriableError: answered with 410: gone for good" }).first().click();
  const panel = page.locator("#job");
  await panel.locator(".thrown .message", { hasText: "answered with 410: gone for good" }).waitFor();
  expect(await panel.locator(".thrown .stack").first().textContent()).toMatch(/at .*tasks/);

  answerWith(200, "fine");
  await panel.getByRole("button", { name: "Retry" }).click();
  await panel.locator(".panel-head .completed").waitFor();
  expect(await panel.locator(".step.ran").count()).toBe(2);
  expect(await finished(id)).toBe("completed");
  expectCalm(visited);
});

test("the dashboard cancels a job that waits, and Esc closes it", async () => {
  const id = await submit({ task: "note", delay_seconds: 3_600 });
  const visited = await dashboard(`/#${id}`);
  const { page } = visited;
  await page.locator("#job .panel-head .scheduled").waitFor();
  await page.getByRole("button", { name: "Cancel" }).click();
  await page.getByRole("button", { name: "Cancel it" }).click();
  await page.locator("#job .panel-head .cancelled").waitFor();
  expect(await finished(id)).toBe("cancelled");
  await page.keyboard.press("Escape");
  await page.locator("#job").waitFor({ state: "detached" });
  expectCalm(visited);
});

test("a running job is shown with its progress as it runs, and cancelled", async () => {
  const id = await submit({ task: "count", payload: { up_to: 1_000, rest_ms: 100 } });
  const visited = await dashboard(`/#/jobs?job=${id}`);
  const { page } = visited;
  const panel = page.locator("#job");
  await panel.locator(".panel-head .running").waitFor();
  await panel.locator(".going progress").waitFor();
  const before = (await panel.locator(".going").textContent()) ?? "";
  await panel.locator(".going", { hasNotText: before }).waitFor();
  await panel.locator(".step.ran.running").waitFor();
  await panel.getByRole("button", { name: "Cancel" }).click();
  await panel.getByRole("button", { name: "Cancel it" }).click();
  await panel.locator(".panel-head .cancelled").waitFor();
  expect(await finished(id)).toBe("cancelled");
  expectCalm(visited);
});

test("a job is submitted again with an edited payload, and copied as a command", async () => {
  const visited = await blankPage({ permissions: ["clipboard-read", "clipboard-write"] });
  const { page } = visited;
  const id = await submit({ task: "note", payload: { subject: "it's first" }, priority: "high" });
  expect(await finished(id)).toBe("completed");
  await page.goto(`${world.url}/#/jobs?job=${id}`);
  const panel = page.locator("#job");
  await panel.getByRole("button", { name: "Copy as curl" }).click();
  await page.locator("#said", { hasText: "Copied" }).waitFor();
  const copied = await page.evaluate("navigator.clipboard.readText()");
  expect(copied).toBe(
    [
      `curl '${world.url}/submit-job'`,
      "-H 'content-type: application/json'",
      `-d '{"task":"note","payload":{"subject":"it'\\''s first"},"priority":"high","max_retries":3}'`,
    ].join(" \\\n  "),
  );

  await panel.getByRole("button", { name: "Submit again" }).click();
  const payload = page.locator("#submit [name=payload]");
  expect(JSON.parse(await payload.inputValue())).toEqual({ subject: "it's first" });
  expect(await page.locator("#priority").inputValue()).toBe("high");
  await payload.fill('{"subject": "second"}');
  await page.getByRole("button", { name: "Submit", exact: true }).click();
  await page.locator("#submit").waitFor({ state: "detached" });
  await panel.locator(".panel-head .completed").waitFor();
  await panel.getByText('"second"').waitFor();
  expect(page.url()).not.toContain(id);
  expectCalm(visited);
});
