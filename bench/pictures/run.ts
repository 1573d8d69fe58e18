import { join } from "node:path";
import { drawCharts } from "./charts.ts";
import { shoot } from "./shoot.ts";
import { openShop } from "./shop.ts";

/** Makes the pictures of README again: of the page over a run, and of the figures in README. */
const FOLDER = join(process.cwd(), "docs/pictures");

const drawn = await drawCharts(join(process.cwd(), "README.md"), FOLDER);
console.log("An hour of a shop's queue passes in a minute …");
const shop = await openShop();
try {
  for (const file of [...drawn, ...(await shoot(shop, FOLDER))]) console.log(file);
} finally {
  await shop.close();
}
