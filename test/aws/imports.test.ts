import { readdirSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from "vitest";
import { inPlainNode, NPM, withImportingTasks } from "../imports/importing.ts";
import { startRealWorld } from "../real-tasks/real.ts";
import { job } from "../support/redis.ts";
import { summary } from "../support/worker.ts";
import { type Artifact, packageFunctions } from "./artifacts.ts";
import { useFunctions } from "./functions.ts";
import { nodes } from "./install.ts";

const ARM64 = { npm_config_os: "linux", npm_config_cpu: "arm64", npm_config_libc: "glibc" };

/** The .node files that travel with a function. */
function nativeFiles({ folder }: Artifact): string[] {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return files.filter((file) => file.endsWith(".node")).map((file) => file.slice(file.lastIndexOf("/") + 1));
}

describe.runIf(inject("runtimeClient"))("a packaged task that imports when it runs", () => {
  let world: Awaited<ReturnType<typeof startRealWorld>>;
  beforeAll(async () => {
    world = await startRealWorld();
  });
  afterAll(() => world?.stop());
  const functions = useFunctions({ environment: NPM, change: withImportingTasks });

  test.each(nodes())("gets the same from each import as in plain Node, on $name", async ({ path: node }) => {
    const { queue, start } = functions.deploy();
    const worker = await start("worker", node);
    const importing = job({ task: "importing", payload: "{}" });
    await queue.submit([importing]);
    expect(await worker.invoke({ source: "tick" })).toEqual({
      how: "answered",
      value: summary({ claimed: 1, completed: 1 }),
    });
    const { result } = (await queue.status(importing.id))!;
    expect(JSON.parse(result!)).toEqual(await inPlainNode(node));
  });

  test.each(nodes())("works with six real packages, on $name", async ({ path: node }) => {
    const { queue, start } = functions.deploy();
    const worker = await start("worker", node);
    const jobs = world.jobs.map(({ task, payload }) => job({ task, payload: JSON.stringify(payload) }));
    await queue.submit(jobs);
    await worker.invoke({ source: "tick" });
    for (const [i, { id, task }] of jobs.entries()) {
      const { job, result = "null" } = (await queue.status(id))!;
      const seen = { status: job.status, result: JSON.parse(result) as unknown, attempts: job.attempts };
      expect(seen, task).toMatchObject({ status: "completed", result: world.jobs[i]!.result });
    }
  });

  test("is packaged with its own chunks and no other function's; a function without tasks has no packages", () => {
    const filesOf = (name: string) =>
      readdirSync(functions.artifacts.find((each) => each.name === name)!.folder, {
        recursive: true,
        encoding: "utf8",
      });
    for (const { name } of functions.artifacts) {
      const others = filesOf(name).filter((file) => /^handlers\/./.test(file) && !file.startsWith(`handlers/${name}.`));
      expect(others).toEqual([]);
    }
    expect(filesOf("jobStatus").filter((file) => file.startsWith("node_modules"))).toEqual([]);
    expect(filesOf("worker").join()).toMatch(/handlers\/worker\.own-\w+\.mjs/);
  });

  test("has the native package of the machine that it is packaged for", async () => {
    const folder = await mkdtemp(join(tmpdir(), "wakeq-arm64-"));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const forArm64 = await packageFunctions(folder, "dev", { ...NPM, ...ARM64 }, withImportingTasks);
    const worker = forArm64.find(({ name }) => name === "worker")!;
    expect(nativeFiles(worker).sort()).toEqual(["crc32.linux-arm64-gnu.node", "sharp-linux-arm64-0.35.5.node"]);
    const files = readdirSync(worker.folder, { recursive: true, encoding: "utf8" });
    expect(files).toContainEqual(expect.stringMatching(/sharp-libvips-linux-arm64\/.*\/libvips-cpp\.so/));
  }, 120_000);
});
