import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { problems } from "../../lib/errors.ts";
import { pages, routes } from "../../lib/routes/api.ts";

const ROOT = join(import.meta.dirname, "../..");

interface FunctionEntry {
  handler: string;
  events: ({ httpApi: string } | { schedule: unknown })[];
}
const { functions } = parse(readFileSync(join(ROOT, "serverless.yml"), "utf8"), { logLevel: "error" }) as {
  functions: Record<string, FunctionEntry>;
};

test("every route has its function, its event and its handler, and there are no others", () => {
  const served = Object.entries(functions).flatMap(([name, { handler, events }]) =>
    events.flatMap((event) => ("httpApi" in event ? [`${event.httpApi} ${name} ${handler}`] : [])),
  );
  const described = Object.entries(routes).map(
    ([key, { name, method, path }]) => `${method} ${path} ${name} handlers/${key}.handler`,
  );
  const shown = Object.entries(pages).flatMap(([name, paths]) =>
    paths.map((path) => `GET ${path} ${name} handlers/${name}.handler`),
  );
  // What a browser asks before it sends from another origin: of every path, and no part of the description.
  const preflight = "OPTIONS /{proxy+} preflight handlers/preflight.handler";
  const api = "* api handlers/api.handler";
  expect(served.sort()).toEqual([...described, ...shown, preflight, api].sort());
  for (const { handler } of Object.values(functions)) {
    expect(existsSync(join(ROOT, handler.replace(/\.handler$/, ".ts"))), handler).toBe(true);
  }
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
    const text = readFileSync(join(ROOT, "handlers", `${name}.ts`), "utf8");
    expect(text.split("\n").length, name).toBeLessThanOrEqual(30);
    expect(text).toMatch(new RegExp(`(endpoint|openEndpoint)\\(routes.${name},`));
  }
  for (const name of Object.keys(pages)) {
    expect(readFileSync(join(ROOT, "handlers", `${name}.ts`), "utf8").split("\n").length, name).toBeLessThanOrEqual(30);
  }
});

test("every error that a route names exists, and is a client's fault, or one that may pass", () => {
  for (const { errors, name } of Object.values(routes)) {
    for (const code of errors) expect(problems[code].status, `${name}: ${code}`).toSatisfy((n) => n < 500 || n === 503);
  }
});
