import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { handlers } from "../../handlers/routes/all.ts";
import { problems } from "../../lib/errors.ts";
import { pages, routes } from "../../lib/routes/api.ts";
import { EVERY_ROUTE } from "../../lib/routes/router.ts";

const ROOT = join(import.meta.dirname, "../..");

interface FunctionEntry {
  handler: string;
  role: string;
  events: ({ httpApi: string } | { schedule: unknown })[];
}
const { functions } = parse(readFileSync(join(ROOT, "serverless.yml"), "utf8"), { logLevel: "error" }) as {
  functions: Record<string, FunctionEntry>;
};

/** Routes with a function that is not `api`. */
const APART: Record<string, string> = { submitJob: "submitJob", submitJobs: "submitJob", jobStatus: "jobStatus" };

test("there are four functions, each with a role of its own, and their file is short", () => {
  expect(Object.keys(functions)).toEqual(["submitJob", "jobStatus", "api", "worker"]);
  const files = readdirSync(join(ROOT, "handlers")).filter((name) => name.endsWith(".ts"));
  expect(files.sort()).toEqual(
    Object.keys(functions)
      .map((name) => `${name}.ts`)
      .sort(),
  );
  expect(new Set(Object.values(functions).map(({ role }) => role)).size).toBe(4);
  expect(readFileSync(join(ROOT, "serverless.yml"), "utf8").split("\n").length - 1).toBeLessThan(200);
});

test("every route has its event and its function, and there are no others", () => {
  const served = Object.entries(functions).flatMap(([name, { handler, events }]) =>
    events.flatMap((event) => ("httpApi" in event ? [`${event.httpApi} ${name} ${handler}`] : [])),
  );
  const described = EVERY_ROUTE.map(({ name, method, path }) => {
    const by = APART[name] ?? "api";
    return `${method} ${path} ${by} handlers/${by}.handler`;
  });
  // What a browser asks before it sends from another origin: of every path, and no part of the description.
  const others = ["OPTIONS /{proxy+} api handlers/api.handler", "* api handlers/api.handler"];
  expect(served.sort()).toEqual([...described, ...others].sort());
});

test("every route has a file of its name, and the list of them loads it", async () => {
  const names = [...Object.keys(routes), ...Object.keys(pages)];
  expect(Object.keys(handlers).sort()).toEqual(names.sort());
  const files = readdirSync(join(ROOT, "handlers/routes")).map((file) => file.replace(/\.ts$/, ""));
  expect(files.sort()).toEqual([...names, "all", "preflight"].sort());
  const list = readFileSync(join(ROOT, "handlers/routes/all.ts"), "utf8");
  for (const name of names) expect(list).toContain(`  ${name}: () => import("./${name}.ts"),\n`);
});

test("that a list may miss or double a job that moves is said where callers read it", () => {
  const description = routes.listJobs.answers[200]!.description;
  const texts = ["client/types.ts", "client/README.md", "README.md", "GUARANTEES.md"].map((file) =>
    readFileSync(join(ROOT, file), "utf8"),
  );
  for (const text of [description, ...texts])
    expect(text.replace(/\s+(\* )?/g, " ")).toMatch(/moves [^.]*may appear twice or be missed/);
});

test("a handler is under 30 lines and serves the route of its name", () => {
  for (const name of Object.keys(routes)) {
    const text = readFileSync(join(ROOT, "handlers/routes", `${name}.ts`), "utf8");
    expect(text.split("\n").length, name).toBeLessThanOrEqual(30);
    expect(text).toMatch(new RegExp(`(endpoint|openEndpoint)\\(routes.${name},`));
  }
  for (const name of Object.keys(pages)) {
    expect(
      readFileSync(join(ROOT, "handlers/routes", `${name}.ts`), "utf8").split("\n").length,
      name,
    ).toBeLessThanOrEqual(30);
  }
});

test("every error that a route names exists, and is a client's fault, or one that may pass", () => {
  for (const { errors, name } of Object.values(routes)) {
    for (const code of errors) expect(problems[code].status, `${name}: ${code}`).toSatisfy((n) => n < 500 || n === 503);
  }
});
