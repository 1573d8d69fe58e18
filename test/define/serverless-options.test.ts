import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import type { ServerlessProject } from "../../lib/adapters/serverless/project.ts";
import { QUEUE, useProject, withOptions } from "../support/plugin.ts";

const project = useProject();
const added = (...given: Parameters<typeof project.added>) => project.added(...given);

describe("wrong options", () => {
  test.each<[string, unknown, string[]]>([
    ["none at all", undefined, ["queue: expected the file"]],
    ["a text", "src/queue.ts", ["expected { queue: src/queue.ts }, got"]],
    ["no queue", {}, ["queue: expected the file that exports your queue, such as src/queue.ts"]],
    [
      "a folder",
      { queue: "src" },
      ['queue: expected the file that exports your queue, such as src/queue.ts, got "src"'],
    ],
    ["a file that is not there", { queue: "src/nowhere.ts" }, ["queue: there is no file src/nowhere.ts in "]],
    ["a path without a slash", { ...QUEUE, path: "queue" }, ["path: expected a path such as /queue"]],
    ["the root", { ...QUEUE, path: "/" }, ["path: expected a path such as /queue"]],
    [
      "several of them",
      {
        ...QUEUE,
        memory: 1,
        timeout: 901,
        memorySize: "big",
        reservedWorkers: -1,
        alarms: {},
        environment: [],
        statements: [{}],
      },
      [
        "memory: there is no such option; there are queue, path, memorySize,",
        "memorySize: expected the worker's memory in MB",
        "timeout: expected the worker's longest life in seconds, a whole number from 10 to 900, got 901",
        "reservedWorkers: expected a whole number",
        "alarms: expected { email",
        "environment: expected names with values",
        "statements: expected a list",
      ],
    ],
    ["an address without a domain", { ...QUEUE, alarms: { email: "ops" } }, ["alarms: expected"]],
    [
      "settings of wakeq that are wrong",
      { ...QUEUE, environment: { WORKER_CONCURRENCY: "many", RATE_LIMIT: "ssm:/rate" }, apiKeys: ["abc"] },
      ["environment.WORKER_CONCURRENCY: expected a whole number", "apiKeys: expected"],
    ],
  ])("%s: one error says all of it", (_, wakeq, lines) => {
    let thrown: (Error & { code?: string }) | undefined;
    try {
      added(withOptions(wakeq));
    } catch (error) {
      thrown = error as Error;
    }
    expect(thrown).toMatchObject({ code: "WAKEQ_OPTIONS" });
    const said = thrown!.message.split("\n");
    expect(said[0]).toBe("custom.wakeq in serverless.yml is wrong:");
    expect(said.slice(1)).toEqual(lines.map((line) => expect.stringContaining(`  ${line}`)));
  });

  test.each<[string, Partial<ServerlessProject>, string, object?]>([
    ["a function", { functions: { wakeqApi: {} } }, "functions.wakeqApi: the plugin adds one of this name"],
    [
      "a resource",
      { resources: { Resources: { WakeqWorkerRole: {} } } },
      "resources.Resources.WakeqWorkerRole: the plugin",
    ],
    ["a route", own({ httpApi: "GET /queue" }), "path: your function own has the route GET /queue"],
    ["a route below it", own({ httpApi: { method: "post", path: "/queue/x" } }), "has the route POST /queue/x"],
    ["its path", own({ httpApi: { path: "/queue/{proxy+}" } }), "has the route * /queue/{proxy+}"],
    ["a name", { service: "s".repeat(50) }, "is longer than 64 characters"],
  ])("%s of the project's own that is in the way is named", (_, project, line) => {
    expect(() => added(withOptions(QUEUE, project))).toThrow(line);
  });

  test.each([
    ["everything else", { httpApi: "*" }],
    ["a path beside it", { httpApi: "GET /queues" }],
    ["a path above it", { httpApi: { method: "*", path: "/{proxy+}" } }],
    ["the same path of another API", { http: { method: "get", path: "/queue" } }],
    ["a schedule", { schedule: "rate(1 hour)" }],
    ["an event without options", "alexaSkill"],
  ])("a function for %s is not in the way", (_, event) => {
    expect(added(withOptions(QUEUE, own(event))).service.functions).toHaveProperty("wakeqApi");
  });
});

function own(event: unknown): Partial<ServerlessProject> {
  return { functions: { own: { handler: "src/own.handler", events: [event] } } };
}

describe("docs/serverless.md", () => {
  const guide = readFileSync(join(import.meta.dirname, "../../docs/serverless.md"), "utf8");

  test("names every option, and no other", () => {
    const table = guide.split("## Options")[1]!.split("\n\n**")[0]!;
    const named = [...table.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name!);
    expect(() => added(withOptions({ ...QUEUE, nothing: 1 }))).toThrow(`there are ${named.join(", ")}`);
  });

  test("shows the functions as they are added", () => {
    const { functions } = parse(/```yaml\n(functions:\n {2}wakeqApi[\s\S]*?)```/.exec(guide)![1]!);
    functions.wakeqApi.events = functions.wakeqApi.events.map(({ httpApi }: { httpApi: string }) => ({
      httpApi: { method: "*", path: httpApi.replace("ANY ", "") },
    }));
    expect(added(withOptions(QUEUE)).service.functions).toMatchObject(functions);
  });
});
