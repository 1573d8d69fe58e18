import type { Page } from "playwright-core";
import { beforeAll, expect, test } from "vitest";
import { OLDEST_MS } from "../../web/dashboard/needs.ts";
import { type Deployed, get, useApi } from "../support/api.ts";
import { job, total } from "../support/redis.ts";
import { failed, running, settle } from "../support/verbs.ts";
import { countOpenRequests, moveClock, useDashboard } from "./dashboard-world.ts";

const world = useDashboard();
const api = useApi();
let deployed: Deployed;
beforeAll(async () => {
  deployed = await api.deploy();
  const dead = job({ maxRetries: 0 });
  await running(deployed.queue, [dead], dead.id);
  await settle(deployed.queue, failed(dead, dead.id));
  await deployed.queue.submit([job({ when: { delayMs: 3_600_000 } })]);
});

/** Answers the page's questions from a queue on which nothing works but the page. */
async function askedHere(page: Page): Promise<string[]> {
  const asked: string[] = [];
  await page.route(/\/(pulse|queue-stats|history|failures|schedules|jobs)(\?|$)/, async (route) => {
    const { pathname, search } = new URL(route.request().url());
    const { status, headers, text } = await deployed.call(get(pathname + search));
    asked.push(pathname + search);
    return route.fulfill({ status, headers, body: text });
  });
  return asked;
}

/** In this time everything that is shown is read once more, whatever the answers are. */
const MINUTES = OLDEST_MS / 60_000;

test.each(["#/", "#/jobs", "#/failures", "#/schedules"])(
  "to watch a quiet queue costs at most 60 commands of Redis a minute: %s",
  async (hash) => {
    const { page } = await world.blankPage();
    const asked = await askedHere(page);
    await page.clock.install();
    await countOpenRequests(page);
    await page.goto(`${world.url}/${hash}`);
    await page.locator("main:not(:has([aria-busy]))").waitFor();
    const questions = () => asked.filter((each) => each.startsWith("/pulse")).length;
    /** Moves the page's clock until it has asked so much more often whether anything has changed. */
    async function asks(more: number): Promise<void> {
      const wanted = questions() + more;
      while (questions() < wanted) await moveClock(page);
    }
    await asks(5);
    const now = () => page.evaluate<number>("Date.now()");
    const before = await now();
    const all = await api.redis.commandsOf(() => asks(30 * MINUTES));
    // On a busy machine the clock goes on while an answer is on its way: then more time passes, and more is read once more.
    const minutes = ((await now()) - before) / 60_000;
    const billed = Object.entries(all).filter(([name]) => !/^(client|script)\b/.test(name));
    const commands = total(Object.fromEntries(billed));
    expect(commands).toBeGreaterThan(30 * MINUTES);
    expect(commands).toBeLessThanOrEqual(60 * minutes);
  },
);
