import type { Browser } from "playwright-core";
import { startBrowser, visit } from "../../test/support/browser.ts";
import { median, table } from "../table.ts";
import { openQueue } from "./queue.ts";

/** How long each view takes to open on an empty queue and on a full one: from the address to what it shows. */
const VIEWS = [
  { name: "overview", path: "/#/", shows: ".tiles .count" },
  { name: "jobs", path: "/#/jobs", shows: "table.list tbody tr, .view .empty" },
  { name: "failed jobs", path: "/#/jobs?status=failed", shows: "table.list tbody tr, .view .empty" },
  { name: "failures", path: "/#/failures", shows: ".groups li, .view .empty" },
  { name: "schedules", path: "/#/schedules", shows: ".groups li, .view .empty" },
] as const;
const ROUNDS = 9;
const FULL = { waiting: 100_000, completed: 100_000, failed: 10_000 };

const browser = await startBrowser();
const [empty, full] = [await openQueue({ waiting: 0, completed: 0, failed: 0 }), await openQueue(FULL)];
try {
  const rows: string[][] = [];
  for (const view of VIEWS) {
    const took = { empty: [] as number[], full: [] as number[] };
    for (let round = 0; round < ROUNDS; round++) {
      took.empty.push(await msToOpen(browser, empty.url, view));
      took.full.push(await msToOpen(browser, full.url, view));
    }
    const [onEmpty, onFull] = [median(took.empty), median(took.full)];
    rows.push([view.name, onEmpty.toFixed(0), onFull.toFixed(0), `${(onFull / onEmpty).toFixed(2)} ×`]);
  }
  const heads = ["view, ms to open", "empty", "100,000 waiting, 100,000 completed, 10,000 failed", "ratio"];
  console.log(table(heads, rows));
} finally {
  await browser.close();
  await Promise.all([empty.close(), full.close()]);
}

async function msToOpen(with_: Browser, url: string, { path, shows }: (typeof VIEWS)[number]): Promise<number> {
  const { page, close } = await visit(with_, "about:blank");
  const began = performance.now();
  await page.goto(url + path);
  await page.locator(shows).first().waitFor();
  const took = performance.now() - began;
  await close();
  return took;
}
