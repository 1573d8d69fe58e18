// biome-ignore-all lint/suspicious/noTemplateCurlyInString: they are CloudFormation's
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { routes, routesAt } from "../support/routes.ts";
import { sharedPackage } from "./shared-package.ts";
import { PLANTED } from "./template/planted.ts";
import {
  environments,
  packaged,
  type Resource,
  resourcesOf,
  serverless,
  type Template,
  templateIn,
} from "./template/template.ts";
import { validate } from "./template/validate.ts";

const STAGES = ["dev", "prod"];
const stacks: Record<string, Template> = {};
beforeAll(async () => {
  for (const stage of STAGES) stacks[stage] = await templateIn(await sharedPackage(stage));
});

describe.each(STAGES)("the stack of the stage %s", (stage) => {
  test("has no fault that the validator finds", () => {
    expect(validate(stacks[stage]!, stage)).toEqual([]);
  });

  test("holds the names of secrets, never their values", () => {
    const { submitJob, worker } = environments(stacks[stage]!);
    expect(submitJob).toMatchObject({
      UPSTASH_REDIS_REST_URL: `ssm:/wakeq/${stage}/redis-url`,
      UPSTASH_REDIS_REST_TOKEN: `ssm:/wakeq/${stage}/redis-token`,
      API_KEYS: `ssm:/wakeq/${stage}/api-keys`,
    });
    expect(worker).not.toHaveProperty("API_KEYS");
  });

  test("runs on arm64 with Node 24 and deletes old logs", () => {
    const functions = resourcesOf(stacks[stage]!, "AWS::Lambda::Function");
    expect(functions).toHaveLength(4);
    for (const [id, { Properties }] of functions)
      expect(Properties, id).toMatchObject({ Architectures: ["arm64"], Runtime: "nodejs24.x" });
    const logs = resourcesOf(stacks[stage]!, "AWS::Logs::LogGroup");
    expect(logs).toHaveLength(5); // the API's own among them
    for (const [id, { Properties }] of logs) expect(Properties?.RetentionInDays, id).toBe(stage === "prod" ? 90 : 14);
  });

  test("wakes the worker once a minute and does not retry a wake-up", () => {
    expect(resourcesOf(stacks[stage]!, "AWS::Events::Rule")).toMatchObject([
      ["WorkerEventsRuleSchedule1", { Properties: { State: "ENABLED", ScheduleExpression: "rate(1 minute)" } }],
    ]);
    expect(resourcesOf(stacks[stage]!, "AWS::Lambda::EventInvokeConfig")).toMatchObject([
      ["WorkerLambdaEvConf", { Properties: { MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 } }],
    ]);
  });

  test("limits the rate of requests", () => {
    expect(stacks[stage]!.Resources.HttpApiStage!.Properties).toMatchObject({
      DefaultRouteSettings: { ThrottlingRateLimit: 100, ThrottlingBurstLimit: 200 },
      AccessLogSettings: { DestinationArn: { "Fn::GetAtt": ["HttpApiLogGroup", "Arn"] } },
    });
  });
});

test.each(STAGES)(
  "in the stage %s, each route that needs no key has a rate limit of its own, set after the route",
  (stage) => {
    const { Properties, DependsOn = [] } = stacks[stage]!.Resources.HttpApiStage!;
    const rates = Properties!.RouteSettings as Record<
      string,
      { ThrottlingRateLimit: number; ThrottlingBurstLimit: number }
    >;
    const withKey = Object.values(routes).filter(({ scope }) => scope !== undefined);
    const known = new Set(withKey.map(({ method, path }) => `${method} ${path}`));
    const open = resourcesOf(stacks[stage]!, "AWS::ApiGatewayV2::Route").filter(
      ([, { Properties }]) => !routesAt(String(Properties?.RouteKey)).every((each) => known.has(each)),
    );
    expect(Object.keys(rates).sort()).toEqual(open.map(([, { Properties }]) => Properties?.RouteKey).sort());
    for (const { ThrottlingRateLimit, ThrottlingBurstLimit } of Object.values(rates)) {
      expect(Number(ThrottlingRateLimit)).toBeLessThanOrEqual(20);
      expect(Number(ThrottlingBurstLimit)).toBeLessThanOrEqual(40);
    }
    expect(DependsOn).toEqual(expect.arrayContaining(open.map(([id]) => id)));
  },
);

test("workers are reserved in the stage prod alone", () => {
  const reserves = ({ Conditions }: Template) => {
    const {
      "Fn::Not": [equals],
    } = Conditions!.ReservesWorkers as { "Fn::Not": [{ "Fn::Equals": unknown[] }] };
    const [given, none] = equals["Fn::Equals"];
    expect([typeof given, typeof none]).toEqual(["string", "string"]);
    return given !== none;
  };
  expect([reserves(stacks.dev!), reserves(stacks.prod!)]).toEqual([false, true]);
});

test("docs/deploy.md says what to do at each alarm, and counts the resources rightly", () => {
  const guide = readFileSync(join(import.meta.dirname, "../../docs/deploy.md"), "utf8");
  const alarms = resourcesOf(stacks.prod!, "AWS::CloudWatch::Alarm").map(([, { Properties }]) =>
    String(Properties?.AlarmName).replace("wakeq-prod-", ""),
  );
  const explained = [...guide.matchAll(/^\| `([a-z0-9]+-[a-z0-9-]+)` \| /gm)].map(([, name]) => name);
  expect(explained.sort()).toEqual(alarms.sort());
  for (const [what, type] of [
    ["Lambda functions", "AWS::Lambda::Function"],
    ["log groups", "AWS::Logs::LogGroup"],
    ["alarms", "AWS::CloudWatch::Alarm"],
  ] as const)
    expect(guide).toContain(`| ${resourcesOf(stacks.prod!, type).length} ${what} |`);
});

test("the environment of the shell that deploys changes nothing", async () => {
  const shell = {
    ...{ UPSTASH_REDIS_REST_TOKEN: "my-own-token", UPSTASH_REDIS_REST_URL: "https://mine.example.com" },
    ...{ API_KEYS: "mine", RATE_LIMIT: "1/1s", ALLOW_PRIVATE_ADDRESSES: "true", SMTP_URL: "smtp://me:pw@example.com" },
    ...{ REDIS_TIMEOUT_MS: "1", SIMULATED_FAILURE_RATE: "1", LOG_LEVEL: "debug", KEY_PREFIX: "mine" },
  };
  const withoutTime = (template: Template) => JSON.stringify(template).replace(/\d{13}-[\d-]+T[\d:.]+Z/g, "");
  expect(withoutTime(await packaged("prod", shell))).toBe(withoutTime(stacks.prod!));
});

test("the lines in docs/deploy.md give tasks a variable, and a secret that only the worker may read", async () => {
  const guide = readFileSync(join(import.meta.dirname, "../../docs/deploy.md"), "utf8");
  const lines = /```yaml\n {4}tasks: &tasks\n([\s\S]*?)```/.exec(guide)![1]!;
  const stack = await packaged("prod", {}, async (service) => {
    const yml = readFileSync(join(service, "serverless.yml"), "utf8");
    expect(yml).toContain("    tasks: &tasks\n");
    writeFileSync(join(service, "serverless.yml"), yml.replace("    tasks: &tasks\n", `    tasks: &tasks\n${lines}`));
  });
  const added = { REPORT_URL: "https://reports.example.com", OPENAI_API_KEY: "ssm:/wakeq/prod/openai-api-key" };
  const { worker, ...others } = environments(stack);
  expect(worker).toMatchObject(added);
  for (const [name, environment] of Object.entries(others))
    for (const variable of Object.keys(added)) expect(environment, name).not.toHaveProperty(variable);
  const rights = (name: string) => JSON.stringify(stack.Resources[name]!.Properties);
  expect(rights("WorkerRole")).toContain(":parameter/wakeq/prod/openai-api-key");
  expect(rights("SubmitJobRole")).not.toContain("openai-api-key");
  expect(validate(stack, "prod")).toEqual([]);
});

test("the stage local is not deployed, not even as the default", async () => {
  const refused = expect.stringContaining("the stage local is for a laptop");
  await expect(serverless(["deploy"])).rejects.toMatchObject({ stdout: refused });
});

/** What the validator says of a copy of the stack with a fault planted. */
function spoilt(plant: (resources: Record<string, Resource>, template: Template) => void): string[] {
  const template = structuredClone(stacks.prod!);
  plant(template.Resources, template);
  return validate(template, "prod");
}
test.each(PLANTED)("the validator finds %s", (_, plant, fault) => {
  expect(spoilt(plant)).toContain(fault);
});
