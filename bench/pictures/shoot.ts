import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { startBrowser, visit } from "../../test/support/browser.ts";
import type { Shop } from "./shop.ts";

/** What the pictures show: the view, and what must be on the page before it is taken. */
const VIEWS = [
  { name: "overview", path: () => "/", ready: "main" },
  { name: "failed-job", path: ({ failedJob }: Shop) => `/#/jobs?status=failed&job=${failedJob}`, ready: "main" },
] as const;
const SIZE = { width: 1200, height: 760 };

/** Takes each picture twice, light and dark, and writes it to the folder as `NAME-light.png` and `NAME-dark.png`. */
export async function shoot(shop: Shop, folder: string): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const browser = await startBrowser();
  const files: string[] = [];
  try {
    for (const { name, path, ready } of VIEWS) {
      for (const colorScheme of ["light", "dark"] as const) {
        const { page, close } = await visit(browser, shop.url + path(shop), { viewport: SIZE, colorScheme });
        await page.locator(ready).first().waitFor();
        await page.waitForLoadState("networkidle");
        const file = join(folder, `${name}-${colorScheme}.png`);
        await page.screenshot({ path: file, animations: "disabled" });
        files.push(file);
        await close();
      }
    }
  } finally {
    await browser.close();
  }
  return files;
}
