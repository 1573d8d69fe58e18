import { mkdir, readFile, stat, symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { entryOf, QUEUE, useProject, withOptions } from "../support/plugin.ts";

const project = useProject();
const added = (...given: Parameters<typeof project.added>) => project.added(...given);

describe("the functions' files", () => {
  const read = (file: string) => readFile(join(project.folder, ".wakeq", file), "utf8");

  test("it is written for serverless-esbuild where the project has it, and git leaves it out", async () => {
    const { plugin, service } = added(withOptions({ ...QUEUE, path: "/jobs" }));
    expect(await read("api.ts")).toBe(`// Written by wakeq/serverless. Changes are lost.
import { apiHandler, queueIn } from "wakeq/lambda/api";
import * as file from "../src/queue.ts";

export const handler = apiHandler(queueIn(file, "src/queue.ts"), "/jobs");
`);
    expect(await read("worker.ts")).toContain('handler = workerHandler(queueIn(file, "src/queue.ts"));');
    expect(await read(".gitignore")).toBe("*\n");
    await plugin.hooks["before:package:createDeploymentArtifacts"]!();
    expect(service.package).toBeUndefined();
    expect(entryOf(service, "wakeqApi")).not.toHaveProperty("package");
  });

  test("it is written again only where it changes, so that nothing that watches it starts", async () => {
    const file = join(project.folder, ".wakeq/api.ts");
    const writtenAt = async () => (await stat(file)).mtimeMs;
    added(withOptions(QUEUE));
    await utimes(file, 1_000, 1_000);
    added(withOptions(QUEUE));
    expect(await writtenAt()).toBe(1_000_000);
    added(withOptions({ ...QUEUE, path: "/jobs" }));
    expect(await writtenAt()).not.toBe(1_000_000);
  });

  test("a queue in JavaScript is imported as it is, and the project's own zip stays without it", async () => {
    const { service } = added({ custom: { wakeq: { queue: "./src/queue.mjs" } }, package: { patterns: ["!docs/**"] } });
    expect(await read("api.mjs")).toContain('import * as file from "../src/queue.mjs"');
    expect(entryOf(service, "wakeqWorker")).toMatchObject({
      handler: ".wakeq/worker.handler",
      package: { individually: true, patterns: ["!.wakeq/**", ".wakeq/api.mjs", ".wakeq/worker.mjs"] },
    });
    expect(service.package).toEqual({ patterns: ["!docs/**", "!.wakeq/**"] });
  });

  test("a queue in TypeScript is built with the project's own esbuild", async () => {
    await mkdir(join(project.folder, "node_modules/wakeq"), { recursive: true });
    await writeFile(
      join(project.folder, "node_modules/wakeq/package.json"),
      '{"exports":{"./lambda/*":"./lambda.js"}}',
    );
    await writeFile(
      join(project.folder, "node_modules/wakeq/lambda.js"),
      "export const queueIn = (file) => file.queue; export const apiHandler = (queue) => queue; export const workerHandler = apiHandler;",
    );
    await symlink(
      join(import.meta.dirname, "../../node_modules/esbuild"),
      join(project.folder, "node_modules/esbuild"),
    );
    await writeFile(join(project.folder, "src/queue.ts"), "export const queue: number = 42;\n");
    const { plugin, service } = added({ custom: { wakeq: QUEUE } });
    await plugin.hooks["before:package:createDeploymentArtifacts"]!();
    expect(entryOf(service, "wakeqApi")).toMatchObject({
      handler: ".wakeq/build/api.handler",
      package: { individually: true, patterns: ["!**", ".wakeq/build/**"] },
    });
    expect(await import(join(project.folder, ".wakeq/build/worker.mjs"))).toMatchObject({ handler: 42 });

    await writeFile(join(project.folder, "src/queue.ts"), "export const queue = (;\n");
    await expect(plugin.hooks["before:offline:start"]!()).rejects.toThrow(
      /the queue could not be built: Build failed[\s\S]*src\/queue.ts:1:/,
    );
  });

  test("without an esbuild one line says what to install", () => {
    expect(() => added({ custom: { wakeq: QUEUE } })).toThrow(
      "queue: it is in TypeScript, and nothing here builds that: npm install --save-dev esbuild",
    );
  });
});

describe("on a laptop", () => {
  const secrets = { UPSTASH_REDIS_REST_URL: "http://127.0.0.1:8079", UPSTASH_REDIS_REST_TOKEN: "" };
  beforeEach(() => {
    for (const [name, value] of Object.entries(secrets)) vi.stubEnv(name, value);
    vi.stubEnv("AWS_ENDPOINT_URL_LAMBDA", undefined);
  });

  test.each<[object, object, string]>([
    [{}, {}, "http://localhost:3002"],
    [{ host: "0.0.0.0", lambdaPort: 4000 }, {}, "http://127.0.0.1:4000"],
    [{ host: "127.0.0.1", lambdaPort: 4000 }, { lambdaPort: "4001" }, "http://127.0.0.1:4001"],
  ])("with %j and the command's %j wake-ups go to %s", (settings, options, url) => {
    const given = withOptions(QUEUE);
    const custom = { ...given.custom, "serverless-offline": settings };
    const { service } = added({ ...given, custom }, { command: "offline start", options });
    expect(entryOf(service, "wakeqApi").environment.AWS_ENDPOINT_URL_LAMBDA).toBe(url);
  });

  test("secrets come from the shell, SSM is not asked, and one line names those that are missing", () => {
    const { service, warnings } = added(withOptions(QUEUE), { command: "offline" });
    expect(entryOf(service, "wakeqWorker").environment).toMatchObject(secrets);
    expect(warnings).toEqual([expect.stringContaining("set UPSTASH_REDIS_REST_TOKEN in your shell or in .env")]);

    vi.stubEnv("UPSTASH_REDIS_REST_URL", "ssm:/shop/redis-url");
    const { service: again } = added(withOptions(QUEUE), { command: "offline" });
    expect(entryOf(again, "wakeqWorker").environment.UPSTASH_REDIS_REST_URL).toBe("");
  });

  test("a function of the project's own that wakes the worker does so here too; the others stay as they are", () => {
    const functions = {
      orders: { environment: { WORKER_FUNCTION_NAME: "shop-dev-wakeqWorker", UPSTASH_REDIS_REST_URL: "ssm:/db/url" } },
      other: { handler: "src/other.handler" },
    };
    const { service } = added(withOptions(QUEUE, { functions }), { command: "offline start" });
    expect(service.functions!.orders!.environment).toMatchObject({
      AWS_ENDPOINT_URL_LAMBDA: "http://localhost:3002",
      UPSTASH_REDIS_REST_URL: secrets.UPSTASH_REDIS_REST_URL,
    });
    expect(service.functions!.other).toEqual({ handler: "src/other.handler" });
  });

  test("sls invoke local finds the built file", async () => {
    const run = { command: "invoke local", options: { function: "wakeqWorker" } };
    const { plugin, service } = added({ custom: { wakeq: { queue: "src/queue.mjs" } } }, run);
    await plugin.hooks["before:invoke:local:invoke"]!();
    expect(entryOf(service, "wakeqWorker").handler).toBe(".wakeq/worker.mjs.handler");
  });

  test("nothing of this holds for a package", () => {
    const { service, warnings } = added(withOptions(QUEUE), { command: "package" });
    expect(entryOf(service, "wakeqApi").environment).not.toHaveProperty("AWS_ENDPOINT_URL_LAMBDA");
    expect(warnings).toEqual([]);
  });
});
