import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "../..");
const HIDDEN = /(^|\/)(node_modules|dist|\..*)(\/|$)/;
const FOLDERS = ["docs", "client", "examples", "packages"].filter((folder) => existsSync(join(ROOT, folder)));
const pages = readdirSync(ROOT)
  .concat(
    FOLDERS.flatMap((folder) =>
      readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" }).map((name) => `${folder}/${name}`),
    ),
  )
  .filter((name) => name.endsWith(".md") && !HIDDEN.test(name));

test.each(pages)("every link of %s within the repository leads somewhere", (page) => {
  const text = proseOf(page);
  const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link!);
  expect(links.filter((link) => !/^\w+:/.test(link) && !leads(page, link))).toEqual([]);
});

test("a link to a page or a heading that does not exist is found", () => {
  const links = ["docs/limits.md", "docs/limits.md#platforms", "#quick-start", "docs/gone.md", "docs/limits.md#gone"];
  expect(links.map((link) => leads("README.md", link))).toEqual([true, true, true, false, false]);
});

function leads(page: string, link: string): boolean {
  const [path = "", anchor] = link.split("#");
  const target = path === "" ? page : relative(ROOT, join(ROOT, dirname(page), path));
  if (!existsSync(join(ROOT, target))) return false;
  return anchor === undefined || !target.endsWith(".md") || anchorsOf(target).includes(anchor);
}

/** Lists the anchors that GitHub gives to the headings of a page. */
function anchorsOf(page: string): string[] {
  const headings = [...proseOf(page).matchAll(/^#+ (.+)$/gm)].map(([, heading]) => heading!);
  return headings.map((heading) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\s-]/g, "")
      .trim()
      .replaceAll(" ", "-"),
  );
}

/** Reads a page without its blocks of code. */
function proseOf(page: string): string {
  return readFileSync(join(ROOT, page), "utf8").replaceAll(/^```[\s\S]*?^```/gm, "");
}
