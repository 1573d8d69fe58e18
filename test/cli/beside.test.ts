import { expect, test } from "vitest";
import { useInstalled } from "./built.ts";
import { run, useRunning } from "./command.ts";

const { project, script } = useInstalled();
const start = useRunning();

const FILES = {
  "package.json": '{ "type": "module" }',
  "queue.js": `import { defineQueue, defineTask } from "wakeq";
import * as z from "zod";
const say = defineTask({ name: "say", input: z.object({}), run: () => "said" });
export default defineQueue({ tasks: [say] });
`,
};

test("worker uses the store of the wakeq dev beside it, and ends on Ctrl-C", async () => {
  const cwd = await project(FILES);
  const dev = start(script(), ["dev", "--port", "0"], { cwd });
  await dev.says(/is ready/);
  const worker = start(script(), ["worker"], { cwd });
  await worker.says(/"event":"worker_started".*"say"/);
  worker.kill("SIGINT");
  expect(await worker.ended).toBe(0);
  expect(worker.output()).toContain('"event":"worker_ended"');
});

test("run gives a program of the application the store of the wakeq dev beside it, and its exit code back", async () => {
  const cwd = await project({
    ...FILES,
    "app.js": `import queue from "./queue.js";
const { id } = await queue.submit("say", {});
console.log((await queue.wait(id)).result, process.argv[2]);
process.exit(3);
`,
  });
  const without = await run(script(), ["run", "node", "app.js"], { cwd });
  expect([without.code, without.stderr]).toEqual([
    1,
    "wakeq: no wakeq dev runs in this project: run npx wakeq dev in another terminal first\n",
  ]);
  const dev = start(script(), ["dev", "--port", "0"], { cwd });
  await dev.says(/is ready/);
  const { code, stdout } = await run(script(), ["run", "node", "app.js", "--own"], { cwd });
  expect([code, stdout]).toEqual([3, expect.stringContaining("said --own")]);
  const nothing = await run(script(), ["run", "no-such-program"], { cwd });
  expect([nothing.code, nothing.stderr]).toEqual([1, "wakeq: run: there is no program no-such-program\n"]);
});

test("worker without a database says what to run or to set", async () => {
  const { code, stderr } = await run(script(), ["worker"], { cwd: await project(FILES) });
  expect([code, stderr]).toEqual([
    1,
    "wakeq: no database is set, and no wakeq dev runs in this project: run npx wakeq dev in another terminal, or set UPSTASH_REDIS_REST_URL and UPSTASH_REDIS_REST_TOKEN\n",
  ]);
});

test("doctor finds nothing wrong beside wakeq dev, and says what to run without one", async () => {
  const cwd = await project(FILES);
  const alone = await run(script(), ["doctor"], { cwd });
  expect(alone.code).toBe(1);
  expect(alone.stdout).toContain("→ npx wakeq dev, in another terminal; or set UPSTASH_REDIS_REST_URL");
  expect(alone.stdout).not.toContain("npm ");
  const dev = start(script(), ["dev", "--port", "0"], { cwd });
  await dev.says(/is ready/);
  const { code, stdout } = await run(script(), ["doctor", "--json"], { cwd });
  const { ok, findings } = JSON.parse(stdout) as {
    ok: boolean;
    findings: { check: string; seen: string; state: string }[];
  };
  expect([code, ok]).toEqual([0, true]);
  expect(findings).toContainEqual({ check: "tasks", state: "ok", seen: "say" });
  expect(findings).toContainEqual({
    check: "wake-up",
    state: "ok",
    seen: "what accepts jobs runs them as well: no WORKER_FUNCTION_NAME is set",
  });
});

test("doctor reports a queue file that does not load, and goes on", async () => {
  const cwd = await project({ ...FILES, "queue.js": "export const queue = 1;\n" });
  const { code, stdout } = await run(script(), ["doctor"], { cwd });
  expect(code).toBe(1);
  expect(stdout).toMatch(/FAIL +tasks +queue\.js does not load: queue\.js exports no queue/);
  expect(stdout).toMatch(/FAIL +database/);
});

test("key makes a key and its entry", async () => {
  const { code, stdout } = await run(script(), ["key", "--name", "ci", "--scopes", "submit+read"], {
    cwd: await project({}),
  });
  expect(code).toBe(0);
  expect(stdout).toMatch(/^key {4}wq_[\w-]{32}\nentry {2}ci:submit\+read:[0-9a-f]{64}\n$/);
});
