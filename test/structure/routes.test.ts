import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import * as z from "zod/mini";
import { problems } from "../../lib/errors.ts";
import { answer, type Described } from "../../lib/http/described.ts";
import { API_ROUTES, EVERY_ROUTE } from "../../lib/routes/all.ts";
import { described } from "../../lib/routes/described/all.ts";
import { listJobs } from "../../lib/routes/described/list-jobs.ts";
import { routesAt } from "../support/routes.ts";

type RouteName = (typeof API_ROUTES)[number]["name"];

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
  expect(readFileSync(join(ROOT, "serverless.yml"), "utf8").split("\n").length - 1).toBeLessThan(230);
});

test("every route has its event and its function, and there are no others", () => {
  const served = Object.entries(functions).flatMap(([name, { handler, events }]) =>
    events
      .flatMap((event) => ("httpApi" in event ? routesAt(event.httpApi) : []))
      .map((each) => `${each} ${name} ${handler}`),
  );
  const described = EVERY_ROUTE.map(({ name, method, path }) => {
    const by = APART[name] ?? "api";
    return `${method} ${path} ${by} handlers/${by}.handler`;
  });
  // What a browser asks before it sends from another origin: of every path, and no part of the description.
  const others = ["OPTIONS /{proxy+} api handlers/api.handler", "* api handlers/api.handler"];
  expect(served.sort()).toEqual([...described, ...others].sort());
});

test("every route is one file of its name, with its data and its handler, and the list has it", () => {
  const kebab = (name: string) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  for (const { name } of API_ROUTES) {
    const text = readFileSync(join(ROOT, `lib/routes/${kebab(name)}.ts`), "utf8");
    expect(text).toMatch(new RegExp(`^export const ${name} = (route|openRoute)\\(\\{\\n  name: "${name}",$`, "m"));
    expect(text, `${name} handles its requests`).toMatch(/^ {2}async (handle|answer)\(/m);
  }
  const declared = readdirSync(join(ROOT, "lib/routes"))
    .filter((file) => file.endsWith(".ts"))
    .map((file) => readFileSync(join(ROOT, "lib/routes", file), "utf8"))
    .flatMap((text) => [...text.matchAll(/^export const (\w+) = (?:route|openRoute)\(/gm)].map(([, name]) => name));
  expect(declared.sort()).toEqual(API_ROUTES.map(({ name }) => name).sort());
});

test("a Lambda function is a few lines", () => {
  for (const name of Object.keys(functions)) {
    const text = readFileSync(join(ROOT, `handlers/${name}.ts`), "utf8");
    expect(text.split("\n").length, name).toBeLessThanOrEqual(20);
  }
});

test("that a list may miss or double a job that moves is said where callers read it", () => {
  const description = listJobs.answers[200]!.description;
  const texts = ["client/types.ts", "client/README.md", "README.md", "GUARANTEES.md"].map((file) =>
    readFileSync(join(ROOT, file), "utf8"),
  );
  for (const text of [description, ...texts])
    expect(text.replace(/\s+(\* )?/g, " ")).toMatch(/moves [^.]*may appear twice or be missed/);
});

test("words about a route, a field or a header that there is not do not compile", () => {
  const { health: _, ...others } = described;
  // @ts-expect-error  a route without words
  const missing: Record<RouteName, Described> = others;
  // @ts-expect-error  words about no route
  const unknown = { ...described, nobody: described.health } satisfies Record<RouteName, Described>;
  const schema = z.object({ status: z.literal("pass") });
  // @ts-expect-error  an example that does not fit its schema
  const misfit = answer({ description: "", schema, examples: { pass: { state: "pass" } } });
  // @ts-expect-error  a header that is not described
  const header = answer({ description: "", schema, headers: ["X-Nothing"] });
  expect([missing, unknown, misfit, header]).toHaveLength(4); // the compiler is the test: `npm run check`
});

test("every error that a route names exists, and is a client's fault, or one that may pass", () => {
  for (const { errors, name } of API_ROUTES) {
    for (const code of errors) expect(problems[code].status, `${name}: ${code}`).toSatisfy((n) => n < 500 || n === 503);
  }
});
