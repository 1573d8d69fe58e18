import { execFile } from "node:child_process";
import { cp, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Change, temporaryService } from "../support/service-copy.ts";

const ROOT = join(import.meta.dirname, "../..");
const GREET = `import * as z from "zod/mini";
import { defineTask } from "../lib/tasks.ts";

/** Greets somebody. */
export const greet = defineTask({
  name: "greet",
  input: z.strictObject({ to: z.string() }),
  run: ({ input }) => \`Hello, \${input.to}!\`,
});
`;
const INDEX = `import { greet } from "./greet.ts";

/** Every task that this deployment knows. */
export const taskList = [greet] as const;
`;

/** Deletes the tasks that ship, and their tests, and adds one task. */
const withOwnTask: Change = async (service) => {
  await cp(join(ROOT, "test"), join(service, "test"), { recursive: true });
  for (const folder of ["tasks", "test/tasks"]) await rm(join(service, folder), { recursive: true });
  await mkdir(join(service, "tasks"));
  await writeFile(join(service, "tasks/greet.ts"), GREET);
  await writeFile(join(service, "tasks/index.ts"), INDEX);
  await cp(join(ROOT, ".gitignore"), join(service, ".gitignore"));
  await promisify(execFile)("git", ["init", "-q"], { cwd: service });
};

let service: Awaited<ReturnType<typeof temporaryService>>;
beforeAll(async () => {
  service = await temporaryService(withOwnTask);
});
afterAll(() => service?.remove());

/** Runs a command in the copy. Resolves with what it printed, and its exit code. */
async function run(command: string, ...words: string[]): Promise<{ code: number; printed: string }> {
  const { VITEST: _, ...env } = process.env;
  const options = { cwd: service.folder, env, maxBuffer: 64 * 1024 ** 2 };
  return promisify(execFile)(command, words, options).then(
    ({ stdout, stderr }) => ({ code: 0, printed: stdout + stderr }),
    ({ code, stdout, stderr }) => ({ code, printed: stdout + stderr }),
  );
}

test("with the tasks that ship deleted and one added, the check, the fast tests and the package are as before", async () => {
  const check = await run("npm", "run", "check");
  expect(check.code, check.printed.slice(-3_000)).toBe(0);
  const fast = await run("npm", "run", "test:fast");
  expect(fast.code, fast.printed.slice(-3_000)).toBe(0);
  const packaged = await run("npx", "sls", "package", "--stage", "prod");
  expect(packaged.code, packaged.printed.slice(-3_000)).toBe(0);
  const pages = await run(
    "npx",
    "vitest",
    "run",
    "test/structure/markdown.test.ts",
    "test/structure/architecture.test.ts",
  );
  expect(pages.code, pages.printed.slice(-3_000)).toBe(0);
}, 900_000);
