import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "../..");
/** The tests of the tasks that ship are in one folder, and are deleted with the tasks. */
const OF_THE_TASKS = /^test\/tasks\//;
/** The names of the tasks that ship. */
const SHIPPED = ["send_email", "http_request", "count_primes"];
/** The variables that they read. */
const SETTINGS = ["SMTP_URL", "MAIL_FROM", "SIMULATED_FAILURE_RATE", "ALLOW_PRIVATE_ADDRESSES", "DEMO_TASKS"];
/** Records as an older version wrote them. */
const OLD_RECORDS = ["test/queue/upgrade.test.ts"];

const files = ["test", "bench", "testing", "lib", "local", "packages", "handlers"].flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .map((name) => join(folder, name))
    .filter((name) => /\.(ts|mjs|cjs)$/.test(name) && !name.includes("node_modules")),
);

test("only the tests of the tasks that ship import them, so other tests survive when tasks are added or deleted", () => {
  const importing = files.filter((file) => {
    const code = readFileSync(join(ROOT, file), "utf8");
    const imported = [...code.matchAll(/(?:from|import)\s*\(?\s*"(\.[^"]+)"/g)].map(([, name]) => name!);
    return imported.some((name) => relative(ROOT, join(ROOT, dirname(file), name)).startsWith("tasks/"));
  });
  const functions = ["api", "submitJob", "worker"].map((name) => `handlers/${name}.ts`);
  expect(importing.filter((file) => !OF_THE_TASKS.test(file)).sort()).toEqual(functions);
});

test("no other test names a task that ships", () => {
  const naming = files
    .filter((file) => /^(test|bench|testing)\//.test(file) && !OF_THE_TASKS.test(file))
    .filter((file) => file !== "test/structure/tasks.test.ts")
    .filter((file) => SHIPPED.some((name) => readFileSync(join(ROOT, file), "utf8").includes(`"${name}"`)));
  expect(naming).toEqual(OLD_RECORDS);
});

test("the engine knows no setting of a task", () => {
  const engine = [
    ...files,
    ...readdirSync(join(ROOT, "bin"), { recursive: true, encoding: "utf8" }).map((name) => `bin/${name}`),
  ];
  const naming = engine
    .filter((file) => /^(lib|handlers|testing|bench|bin|local|packages)\/.*\.\w+$/.test(file))
    .filter((file) => SETTINGS.some((name) => readFileSync(join(ROOT, file), "utf8").includes(name)));
  expect(naming).toEqual([]);
});

test("tasks/index.ts exports a list and nothing else, so replacing the tasks takes one line", () => {
  const exported = [
    ...readFileSync(join(ROOT, "tasks/index.ts"), "utf8").matchAll(/^export (?:const|function) (\w+)/gm),
  ];
  expect(exported.map(([, name]) => name)).toEqual(["taskList"]);
});

test("no page whose paths and code are checked needs a file of the tasks that ship", () => {
  const pages = ["README.md", "CONTRIBUTING.md", "AGENTS.md"].concat(
    readdirSync(join(ROOT, "docs"), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".md") && name !== "settings.md")
      .map((name) => `docs/${name}`),
  );
  const needing = pages.filter((page) =>
    /["`](?:\.\.\/)*(?:test\/tasks\b|tasks\/(?!index\.ts)[\w-]+\.ts)/.test(readFileSync(join(ROOT, page), "utf8")),
  );
  expect(needing).toEqual([]);
});
