import { execFile } from "node:child_process";
import { cp } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, describe, expect, test } from "vitest";
import { emptyProject, install, projectWithPackage } from "./project.ts";

const EXAMPLES = join(import.meta.dirname, "../../examples/testing");
const run = promisify(execFile);

/** Runs a command in a project, with nothing of this process' test runner in its environment. Returns what it printed. */
async function printed(folder: string, command: string, ...args: string[]): Promise<string> {
  const { PATH, HOME } = process.env;
  const { stdout, stderr } = await run(command, args, { cwd: folder, env: { PATH, HOME, CI: "1" } });
  return stdout + stderr;
}

describe.each([
  { style: "esm", runner: ["node_modules/.bin/vitest", "run"], passed: /Tests .*3 passed/ },
  { style: "commonjs", runner: ["node_modules/.bin/jest"], passed: /Tests: +3 passed/ },
])("the example $style, from the tarball", ({ style, runner: [command, ...args], passed }) => {
  let folder: string;
  beforeAll(async () => {
    const project = await emptyProject();
    ({ folder } = project);
    await cp(join(EXAMPLES, style), folder, { recursive: true });
    await install(folder);
    return project.remove;
  });

  test(`its tests pass under ${command!.split("/").at(-1)}`, async () => {
    expect(await printed(folder, command!, ...args)).toMatch(passed);
  });

  test("its tests pass under node:test", async () => {
    expect(await printed(folder, process.execPath, "--test", "sign-up.node-test.js")).toMatch(/pass 2/);
  });
});

test("a kit of one copy of the package serves a queue of the other", async () => {
  const folder = await projectWithPackage();
  // What a bundler or a transform may do to one of the two.
  const code = `
    import { createRequire } from "node:module";
    import { defineQueue, defineTask, SnoozeError } from "wakeq";
    const require = createRequire(import.meta.url);
    const copy = require("./node_modules/wakeq/dist/testing/index.cjs");
    const input = { "~standard": { version: 1, vendor: "own", validate: (value) => ({ value }) } };
    const later = defineTask({ name: "later", input, run: ({ job }) => { throw new SnoozeError(3_600_000); } });
    const queue = defineQueue({ tasks: [later] });
    const kit = await copy.createTestKit(queue);
    const { id } = await queue.submit(later, {});
    await queue.drain();
    const { status, attempts } = await kit.job(id);
    const refused = await kit.submit("nothing", {}).catch(({ name, code }) => name + " " + code);
    console.log(status, attempts.length, refused);
    await kit.close();`;
  expect(await printed(folder, process.execPath, "--input-type=module", "-e", code)).toBe(
    "pending 0 WakeqError unknown_task\n",
  );
});
