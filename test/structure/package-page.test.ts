import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { OTHER_OPTIONS, VARIABLES } from "../../lib/app/options.ts";
import { DOCS, ENVIRONMENT } from "../../lib/config/settings.ts";
import type { Variable } from "../../lib/config/variable.ts";
import { defineQueue } from "../../lib/index.ts";
import { EVERY_ROUTE } from "../../lib/routes/all.ts";

const page = readFileSync(join(import.meta.dirname, "../../docs/package.md"), "utf8");
const section = (title: string) => page.split(`\n## ${title}\n`)[1]!.split("\n## ")[0]!;

/** Reads the rows of a table whose first cell is code. */
const rowsOf = (text: string) =>
  [...text.matchAll(/^\| `([\w.]+)[`(].*$/gm)].map(([row, name]) => ({
    name: name!,
    cells: row
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.replaceAll("`", "").trim()),
  }));

describe("docs/package.md", () => {
  test("starts a worker wherever it mounts a queue in a process that stays", () => {
    const blocks = section("Where it runs").match(/```ts\n[\s\S]*?```/g)!;
    const mounts = blocks.filter((block) => /toNode\(queue\)|queue\.fetch/.test(block));
    expect(mounts).toHaveLength(3);
    for (const block of mounts) expect(block).toContain("await startWorker(queue);");
  });

  const options = rowsOf(section("Options"));

  test("lists exactly the options of defineQueue", () => {
    const known = [...Object.keys(VARIABLES), ...OTHER_OPTIONS].filter((name) => name !== "retention");
    expect(options.map(({ name }) => name).sort()).toEqual(known.sort());
  });

  test.each(options)("names the variable of $name, and its default", ({ name, cells: [, variable, preset] }) => {
    expect(variable).toBe(VARIABLES[name] ?? "");
    const settings: Record<string, Variable<unknown>> = { ...ENVIRONMENT, ...DOCS };
    if (!variable || name.startsWith("redis.")) return;
    const value = settings[variable]!.absent();
    const isNone = value === undefined || (Array.isArray(value) && value.length === 0);
    const shown = typeof value === "number" ? value.toLocaleString("en") : String(value);
    expect(preset).toBe(isNone ? "none" : shown);
  });

  const ROUTE_OF: Record<string, string> = {
    submit: "submitJob",
    submitMany: "submitJobs",
    status: "jobStatus",
    wait: "jobStatus",
    cancel: "cancelJob",
    retry: "retryJob",
    runNow: "runJob",
    delete: "deleteJob",
    pause: "pause",
    resume: "resume",
    retryMany: "retryJobs",
    deleteMany: "deleteJobs",
    failures: "failures",
    pulse: "pulse",
    list: "listJobs",
    stats: "queueStats",
    "schedules.put": "putSchedule",
    "schedules.get": "getSchedule",
    "schedules.list": "listSchedules",
    "schedules.delete": "deleteSchedule",
    "schedules.run": "runSchedule",
  };
  /** What a caller inside the application cannot send. */
  const OVER_HTTP_ALONE = ["malformed_json", "unsupported_media_type"];
  const verbs = rowsOf(section("Verbs"));

  test.each(verbs.filter(({ name }) => name in ROUTE_OF))("lists the codes of $name", ({ name, cells }) => {
    const [, , said] = cells;
    if (said!.startsWith("the same")) return; // as in the row above, which serves the same route or its like
    const { errors } = EVERY_ROUTE.find((route) => route.name === ROUTE_OF[name]) as { errors: readonly string[] };
    const codes = said!.split(", ").filter((each) => each !== "");
    expect(codes.sort()).toEqual(errors.filter((code) => !OVER_HTTP_ALONE.includes(code)).sort());
  });

  test("has a row for each verb", () => {
    const declared = Object.entries(defineQueue({ tasks: [] })).flatMap(([verb, value]) =>
      typeof value === "object" ? Object.keys(value as object).map((inner) => `${verb}.${inner}`) : [verb],
    );
    expect(new Set(verbs.map(({ name }) => name))).toEqual(new Set(declared));
  });
});
