import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const WEB = join(import.meta.dirname, "../../web");

test("the dashboard writes text, never markup", () => {
  const scripts = readdirSync(join(WEB, "dashboard"), { encoding: "utf8" });
  expect(scripts.length).toBeGreaterThan(5);
  for (const name of scripts) {
    const text = readFileSync(join(WEB, "dashboard", name), "utf8");
    expect(text, name).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|eval\(|setHTML/);
  }
});
