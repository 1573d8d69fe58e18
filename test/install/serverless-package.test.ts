import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { METRICS } from "../../lib/observability/metrics.ts";
import { checkAlarms } from "../aws/template/alarms.ts";
import { checkReferences } from "../aws/template/references.ts";
import { checkRights } from "../aws/template/rights.ts";
import { checkProperties } from "../aws/template/spec.ts";
import { resourcesOf } from "../aws/template/template.ts";
import { type Packaged, packaged, serverlessProject } from "./serverless-project.ts";

let folder: string;
let remove: () => Promise<void>;
let yml: string;
beforeAll(async () => {
  ({ folder, remove } = await serverlessProject());
  yml = await readFile(join(folder, "serverless.yml"), "utf8");
});
afterEach(() => rm(join(folder, ".wakeq"), { recursive: true, force: true }));
afterAll(() => remove());

/** Packages the project with another serverless.yml. */
async function packagedWith(...changes: [from: string | RegExp, to: string][]): Promise<Packaged> {
  let text = yml;
  for (const [from, to] of changes) {
    expect(text).toMatch(from);
    text = text.replace(from, to);
  }
  await writeFile(join(folder, "serverless.yml"), text);
  return packaged(folder);
}

const WITHOUT_PLUGIN: [string | RegExp, string] = ["wakeq/serverless, ", ""];
const WITHOUT_ESBUILD: [string | RegExp, string] = ["serverless-esbuild, ", ""];
const OWN_IN_JAVASCRIPT: [string | RegExp, string] = ["src/welcome.handler", "src/plain.handler"];
const PLAIN = 'export const handler = async () => ({ statusCode: 200, body: "own" });\n';

/** osls takes seconds for a package, and up to a minute on a machine that does other things too. */
const SLOW = { timeout: 240_000 };

describe("an existing project that gets the plugin", SLOW, () => {
  test("keeps every resource and output that it had, and its zip", async () => {
    const before = await packagedWith(WITHOUT_PLUGIN);
    const { template, zips } = await packagedWith();
    expect(template.Resources).toMatchObject(before.template.Resources);
    for (const [id, resource] of Object.entries(before.template.Resources))
      expect(template.Resources[id], id).toEqual(resource);
    expect(template.Outputs).toEqual(before.template.Outputs);
    expect(zips["welcome.zip"]).toEqual(before.zips["welcome.zip"]);
    const added = Object.keys(template.Resources).filter((id) => !(id in before.template.Resources));
    expect(added.sort()).toEqual([
      "HttpApiIntegrationWakeqApi",
      "HttpApiRouteAnyQueue",
      "HttpApiRouteAnyQueueProxyVar",
      "WakeqApiLambdaFunction",
      "WakeqApiLambdaPermissionHttpApi",
      "WakeqApiLogGroup",
      "WakeqApiRole",
      "WakeqWorkerEventsRuleSchedule1",
      "WakeqWorkerLambdaEvConf",
      "WakeqWorkerLambdaFunction",
      "WakeqWorkerLambdaPermissionEventsRuleSchedule1",
      "WakeqWorkerLogGroup",
      "WakeqWorkerRole",
    ]);
  });

  test("has no fault that the validator finds; the queue's functions may do what they need and no more", async () => {
    const { template } = await packagedWith(["{ queue:", "{ alarms: { email: ops@example.com }, queue:"]);
    const ours = checkRights(template).filter(
      (fault) => !/^(IamRoleLambdaExecution|WelcomeLambdaFunction):/.test(fault),
    );
    expect([
      ...checkProperties(template),
      ...checkReferences(template),
      ...checkAlarms(template, { metrics: Object.keys(METRICS), stage: "shop-dev" }),
      ...ours,
    ]).toEqual([]);
    expect(resourcesOf(template, "AWS::CloudWatch::Alarm")).toHaveLength(8);
  });

  test("has a queue without serverless-esbuild too: its own esbuild builds it, and nothing else travels", async () => {
    await writeFile(join(folder, "src/plain.mjs"), PLAIN);
    const before = await packagedWith(WITHOUT_PLUGIN, WITHOUT_ESBUILD, OWN_IN_JAVASCRIPT);
    const { zips, template } = await packagedWith(WITHOUT_ESBUILD, OWN_IN_JAVASCRIPT);
    expect(zips["welcome.zip"]).toEqual(before.zips["welcome.zip"]);
    expect(zips["wakeqWorker.zip"]).toContain(".wakeq/build/worker.mjs");
    expect(zips["wakeqWorker.zip"]!.filter((name) => !name.startsWith(".wakeq/build/"))).toEqual([]);
    expect(template.Resources.WakeqWorkerLambdaFunction!.Properties!.Handler).toBe(".wakeq/build/worker.handler");
  });

  test("may have the queue in JavaScript: its files and its packages travel as they are, and no data of wakeq dev", async () => {
    await mkdir(join(folder, ".wakeq/data"), { recursive: true });
    for (const file of ["stack.json", "data/dump.rdb"]) await writeFile(join(folder, ".wakeq", file), "secret");
    const { code } = await import("esbuild").then(async ({ transform }) =>
      transform(await readFile(join(folder, "src/queue.ts"), "utf8"), { loader: "ts", format: "esm" }),
    );
    await writeFile(join(folder, "src/queue.mjs"), code);
    await writeFile(join(folder, "src/plain.mjs"), PLAIN);
    const { zips } = await packagedWith(WITHOUT_ESBUILD, OWN_IN_JAVASCRIPT, ["src/queue.ts", "src/queue.mjs"]);
    expect(zips["wakeqApi.zip"]).toEqual(
      expect.arrayContaining([".wakeq/api.mjs", "src/queue.mjs", "node_modules/wakeq/dist/lib/adapters/lambda/api.js"]),
    );
    const generated = zips["wakeqApi.zip"]!.filter((name) => name.startsWith(".wakeq/"));
    expect(generated.sort()).toEqual([".wakeq/api.mjs", ".wakeq/worker.mjs"]);
  });

  test("is told in one error, whatever the mode of the configuration's check, what is wrong with the options", async () => {
    for (const mode of ["error", "warn"]) {
      const wrong = packagedWith(
        ["queue: src/queue.ts, path: /queue", "queue: src/nothing.ts, path: /welcome, timeout: 30"],
        ["service: shop", `service: shop\nconfigValidationMode: ${mode}`],
      );
      await expect(wrong).rejects.toMatchObject({
        stdout: expect.stringMatching(
          /custom\.wakeq in serverless\.yml is wrong:\n +queue: there is no file src\/nothing\.ts in .*\n +path: your function welcome has the route POST \/welcome\/\{name\}/,
        ),
      });
    }
  });
});
