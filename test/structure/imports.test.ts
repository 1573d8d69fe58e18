import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { expect, test } from "vitest";
import { settings } from "../../esbuild.config.cjs";

const ROOT = join(import.meta.dirname, "../..");

/** What each folder may import of the project, longest match first. Packages are checked apart. */
const MAY_IMPORT: [string, RegExp][] = [
  ["handlers/", /^(lib\/adapters\/lambda\/|tasks\/)/], // the package's doors alone
  ["tasks/", /^(tasks\/|lib\/(tasks|text)\.ts$)/],
  ["lib/routes/", /^(lib|web)\//], // pages among them
  ["lib/define/", /^(lib|client)\//], // a queue's verbs are those of the client
  ["lib/index.ts", /^(lib|client)\//],
  ["lib/", /^lib\//], // who may import whom within it: ROOMS
  ["packages/", /^packages\//], // a second opinion on Redis' protocol, which knows nothing of the queue
  ["local/", /^(local|packages)\//],
  ["bin/chaos.ts", /^test\/chaos\//], // a test that is run by hand
  ["bin/build.ts", /^esbuild\.config\.cjs$/],
  ["bin/package/", /^(bin\/|esbuild\.config\.cjs$)/],
  ["bin/", /^(bin|lib|tasks|local|packages)\//],
  ["bench/init.ts", /^(bench|test\/aws)\//],
  ["bench/lives.ts", /^(bench|lib|packages|test\/aws)\//],
  ["bench/load.ts", /^(bench|test\/load)\//],
  ["bench/import.ts", /^(bench|bin\/package)\//],
  ["bench/dev.ts", /^(bench|bin\/package)\//],
  ["bench/built.ts", /^bin\/build\.ts$/],
  ["bench/pictures/", /^(bench|lib|testing)\/|^test\/support\/browser\.ts$/], // the page, over a run at a fast clock
  ["bench/views/", /^(bench|lib|packages)\/|^test\/support\/browser\.ts$/],
  ["bench/bundle.ts", /^bin\/build\.ts$/],
  ["bench/", /^(bench|lib|tasks|packages)\//],
  ["testing/", /^(testing|lib|client|packages)\//],
];

/**
 * The rooms of `lib/`, the lowest first. A room imports itself and those below it. `tasks.ts` is a room of one file; the other
 * files that lie in `lib/` itself are the floor, and import none.
 */
const ROOMS = [
  "floor",
  "json",
  "schema",
  "queue",
  "tasks.ts",
  "observability",
  "jobs",
  "schedules",
  "redis",
  "config",
  "worker",
  "app",
  "http",
  "openapi",
  "routes",
  "adapters",
  "define",
  "doors",
];

/** What an application imports: the package's doors. They may import every room. */
const DOORS = ["lib/index.ts", "lib/lambda.ts", "lib/next.ts", "lib/node.ts", "lib/serverless.ts"];

/** What is there where it is used: the framework that the application is made with. */
const OF_THE_APPLICATION = ["next/server.js"];

/** Arrows that are not there, although the order above would allow them. */
const APART: [string, RegExp][] = [
  ["schedules", /^(json|observability)$/],
  ["queue", /^(json|schema)$/], // it never looks into a payload
  ["worker", /^(config|redis)$/], // it is given a queue
  ["http", /^worker$/],
  ["routes", /^worker$/],
  ["openapi", /^(worker|queue|redis|config|app)$/],
];

function roomOf(file: string): string {
  if (DOORS.includes(file)) return "doors";
  const [, room, rest] = file.split("/") as [string, string, string | undefined];
  return rest !== undefined || room === "tasks.ts" ? room : "floor";
}

function filesBelow(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => /\.(ts|mjs|cjs)$/.test(name) && !/(^|\/)(dist|node_modules)\//.test(name))
    .map((name) => join(folder, name));
}

function importsOf(file: string): string[] {
  const text = readFileSync(join(ROOT, file), "utf8");
  const code = text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/\/\/.*$/gm, "");
  return [...code.matchAll(/(?:from|import)\s*\(?\s*"([^"]+)"/g)].map((match) => match[1]!);
}

const files = ["handlers", "tasks", "lib", "local", "packages", "bin", "bench", "testing"].flatMap(filesBelow);

test("every folder imports only what it may", () => {
  const wrong = files.flatMap((file) => {
    const allowed = MAY_IMPORT.find(([folder]) => file.startsWith(folder))![1];
    return importsOf(file)
      .filter((name) => name.startsWith("."))
      .map((name) => relative(ROOT, join(ROOT, dirname(file), name)))
      .filter((target) => !allowed.test(target))
      .map((target) => `${file} imports ${target}`);
  });
  expect(files.length).toBeGreaterThan(30);
  expect(wrong).toEqual([]);
});

test("every room of lib imports only those below it", () => {
  const arrows = files
    .filter((file) => file.startsWith("lib/"))
    .flatMap((file) =>
      importsOf(file)
        .filter((name) => name.startsWith("."))
        .map((name) => ({ file, target: relative(ROOT, join(ROOT, dirname(file), name)) })),
    )
    .filter(({ target }) => target.startsWith("lib/"))
    .map(({ file, target }) => ({ file, target, from: roomOf(file), to: roomOf(target) }));
  const rooms = new Set(arrows.flatMap(({ from, to }) => [from, to]));
  expect([...rooms].sort()).toEqual([...ROOMS].sort());
  const isWrong = (from: string, to: string) =>
    ROOMS.indexOf(to) > ROOMS.indexOf(from) || APART.some(([room, not]) => room === from && not.test(to));
  const wrong = arrows
    .filter(({ from, to }) => isWrong(from, to))
    .map(({ file, target }) => `${file} imports ${target}`);
  expect(wrong).toEqual([]);
});

test("the queue knows no HTTP and no Lambda", () => {
  const wrong = files
    .filter((file) => file.startsWith("lib/queue/"))
    .flatMap((file) => importsOf(file).filter((name) => /http|aws|serverless/.test(name)));
  expect(wrong).toEqual([]);
});

test("the engine reads the environment in one file", () => {
  const readers = files.filter(
    (file) => /^(lib|handlers)\//.test(file) && readFileSync(join(ROOT, file), "utf8").includes("process.env"),
  );
  expect(readers).toEqual(["lib/config/config.ts"]);
});

test("what is deployed, and what npm installs, needs no package beside it", () => {
  const { dependencies = {}, devDependencies } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
    dependencies?: Record<string, string>;
    devDependencies: Record<string, string>;
  };
  const deployed = files.filter((file) => /^(lib|handlers|tasks|testing)\//.test(file));
  const packages = deployed.flatMap((file) =>
    importsOf(file)
      .filter((name) => !name.startsWith(".") && !name.startsWith("node:") && !OF_THE_APPLICATION.includes(name))
      .map((name) =>
        name
          .split("/")
          .slice(0, name.startsWith("@") ? 2 : 1)
          .join("/"),
      ),
  );
  // The builds take in what is imported: it only has to be here when they run.
  expect([...new Set(packages)].filter((name) => !(name in { ...dependencies, ...devDependencies }))).toEqual([]);
  // A package with native code stays outside the bundle, and is installed where it runs.
  expect(settings.external.filter((name) => !(name in dependencies))).toEqual([]);
});

test("docs/architecture.md lists the rooms in their order", () => {
  const table = readFileSync(join(ROOT, "docs/architecture.md"), "utf8").split("| folder |")[1]!.split("\n\n")[0]!;
  const cells = [...table.matchAll(/^\| (?!-)([^|]+) \|/gm)].map(([, cell]) => cell!);
  const rooms = cells.flatMap((cell) => cell.replaceAll(/[`/]/g, "").replace("lib*.ts", "floor").split(", "));
  expect(rooms).toEqual(ROOMS.filter((room) => room !== "tasks.ts"));
});
