import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const WEB = join(import.meta.dirname, "../../web");

test("the dashboard writes text, never markup", () => {
  const scripts = readdirSync(join(WEB, "dashboard"), { recursive: true, encoding: "utf8" }).filter((name) =>
    /\.tsx?$/.test(name),
  );
  expect(scripts.length).toBeGreaterThan(30);
  for (const name of scripts) {
    const text = readFileSync(join(WEB, "dashboard", name), "utf8");
    expect(text, name).not.toMatch(
      /dangerouslySetInnerHTML|innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|eval\(|setHTML/,
    );
  }
});
