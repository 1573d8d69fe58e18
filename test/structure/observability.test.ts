import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { METRICS } from "../../lib/observability/metrics.ts";
import { OUTCOMES } from "../../lib/queue/job.ts";

const ROOT = join(import.meta.dirname, "../..");
const page = readFileSync(join(ROOT, "docs/observability.md"), "utf8");
const [log, metrics] = page.split("\n## Metrics\n") as [string, string];

/** The words in the first column of the tables of a text. */
const listed = (text: string) =>
  [...text.matchAll(/^\| (`[^|]+) \|/gm)].flatMap(([, cell]) =>
    [...cell!.matchAll(/`(\w+)`/g)].map(([, name]) => name!),
  );

const sources = ["lib", "handlers"].flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" }).flatMap((name) =>
    name.endsWith(".ts") ? [readFileSync(join(ROOT, folder, name), "utf8")] : [],
  ),
);

test("docs/observability.md has every event that is logged, and no other", () => {
  // Events whose name is in a variable: how an attempt ended, or what happened to one that is not settled.
  const byOutcome = ["completed", "retry", "failed", "snoozed", "deferred", "released", "cancelled", "lost", "expired"];
  for (const outcome of OUTCOMES) expect([...byOutcome, "lease_expired"]).toContain(outcome);
  const literal = sources.flatMap((text) =>
    [...text.matchAll(/\b(?:log|said|write)\(\s*(?:"\w+"|[^";]*?"(?:warn|debug)" : "info"),\s*"(\w+)"/g)].map(
      ([, event]) => event!,
    ),
  );
  expect(literal).toContain("submit");
  expect(literal).toContain("request_refused");
  expect([...new Set(listed(log))].sort()).toEqual([...new Set([...literal, ...byOutcome])].sort());
});

test("docs/observability.md has every metric with its unit", () => {
  for (const [name, unit] of Object.entries(METRICS))
    expect(metrics).toMatch(new RegExp(`^\\|.*\`${name}\`.*\\| ${unit} \\|`, "m"));
});
