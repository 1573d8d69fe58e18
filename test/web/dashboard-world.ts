import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { startBrowser, type Visit, visit } from "../support/browser.ts";
import { type BorrowedStack, borrowStack } from "../support/shared/stack.ts";

/** Counts the requests of a page that have not been answered. For a page that has not been opened yet. */
export async function countOpenRequests(page: Page): Promise<void> {
  await page.addInitScript(`{
    const send = fetch;
    let open = 0;
    globalThis.openRequests = () => open;
    globalThis.fetch = (...of) => {
      open++;
      return send(...of).finally(() => open--);
    };
  }`);
}

/** Moves the page's clock by a little, but not while it waits for an answer: on a busy machine that would time out. */
export async function moveClock(page: Page): Promise<void> {
  while ((await page.evaluate<number>("openRequests()")) > 0);
  await page.clock.runFor(200);
}

/** A stack, a browser, and a server that jobs call, for one test file. Visits end after each test. */
export function useDashboard(borrow: () => Promise<BorrowedStack> = borrowStack) {
  let stack: BorrowedStack;
  let browser: Browser;
  let target: Server;
  let open: Visit[] = [];
  let answer = { status: 200, body: "fine" };
  beforeAll(async () => {
    target = createServer((_, response) => response.writeHead(answer.status).end(answer.body)).listen(0, "127.0.0.1");
    await new Promise((resolve) => target.once("listening", resolve));
    [stack, browser] = await Promise.all([borrow(), startBrowser()]);
  });
  afterAll(async () => {
    await browser?.close();
    stack?.giveBack();
    target.closeAllConnections();
    await new Promise((resolve) => target.close(resolve));
  });
  afterEach(async () => {
    await Promise.all(open.map(({ page }) => page.unrouteAll({ behavior: "ignoreErrors" })));
    await Promise.all(open.map((each) => each.close()));
    open = [];
  });

  /** A page that shows nothing yet, for a test that prepares it. */
  async function blankPage(options: BrowserContextOptions = {}): Promise<Visit> {
    const visited = await visit(browser, "about:blank", options);
    open.push(visited);
    return visited;
  }
  return {
    /** The address of the stack, and so of its dashboard. */
    get url() {
      return stack.url;
    },
    /** The address that jobs call. */
    targetUrl: () => `http://127.0.0.1:${(target.address() as AddressInfo).port}/`,
    /** What the server that jobs call answers from now on. */
    answerWith(status: number, body: string): void {
      answer = { status, body };
    },
    blankPage,
    /** Opens the dashboard at a place, such as `/#/jobs?status=failed`, and waits until it shows the queue. */
    async dashboard(path = "/#/jobs", options: BrowserContextOptions = {}): Promise<Visit> {
      const visited = await blankPage(options);
      await visited.page.goto(stack.url + path);
      await visited.page.locator("main:not(:has([aria-busy]))").waitFor();
      return visited;
    },
    async submit(body: unknown, headers: Record<string, string> = {}): Promise<string> {
      const response = await fetch(`${stack.url}/submit-job`, {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body: JSON.stringify(body),
      });
      expect(response.status).toBe(202);
      return ((await response.json()) as { job_id: string }).job_id;
    },
    /** Waits for the job to finish. Returns its status. */
    async finished(id: string, headers: Record<string, string> = {}): Promise<string> {
      const response = await fetch(`${stack.url}/job-status/${id}?wait=20`, { headers });
      return ((await response.json()) as { status: string }).status;
    },
    /** Expects that the page sent requests to this stack alone, and that the browser complained of nothing. */
    expectCalm({ requests, complaints }: Visit): void {
      expect(requests.length).toBeGreaterThan(3);
      expect(requests.filter((request) => !request.split(" ")[1]!.startsWith(`${stack.url}/`))).toEqual([]);
      expect(complaints).toEqual([]);
    },
  };
}
