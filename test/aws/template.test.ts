// biome-ignore-all lint/suspicious/noTemplateCurlyInString: they are CloudFormation's
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { routes } from "../support/routes.ts";
import { environments, packaged, type Resource, resourcesOf, serverless, type Template } from "./template/template.ts";
import { validate } from "./template/validate.ts";

const STAGES = ["dev", "prod"];
const stacks: Record<string, Template> = {};
beforeAll(async () => {
  for (const stage of STAGES) stacks[stage] = await packaged(stage);
});

describe.each(STAGES)("the stack of the stage %s, packaged without an account", (stage) => {
  test("has nothing that AWS would refuse, no right too many, and no alarm on a metric that nobody writes", () => {
    expect(validate(stacks[stage]!, stage)).toEqual([]);
  });

  test("has no secret, but the names of those to read", () => {
    const { submitJob, worker } = environments(stacks[stage]!);
    expect(submitJob).toMatchObject({
      UPSTASH_REDIS_REST_URL: `ssm:/wakeq/${stage}/redis-url`,
      UPSTASH_REDIS_REST_TOKEN: `ssm:/wakeq/${stage}/redis-token`,
      API_KEYS: `ssm:/wakeq/${stage}/api-keys`,
    });
    expect(worker).not.toHaveProperty("API_KEYS");
  });

  test("runs on arm64 with Node 24, and keeps its logs for a time", () => {
    const functions = resourcesOf(stacks[stage]!, "AWS::Lambda::Function");
    expect(functions).toHaveLength(4);
    for (const [id, { Properties }] of functions)
      expect(Properties, id).toMatchObject({ Architectures: ["arm64"], Runtime: "nodejs24.x" });
    const logs = resourcesOf(stacks[stage]!, "AWS::Logs::LogGroup");
    expect(logs).toHaveLength(5); // the API's own among them
    for (const [id, { Properties }] of logs) expect(Properties?.RetentionInDays, id).toBe(stage === "prod" ? 90 : 14);
  });

  test("wakes the worker once a minute, and does not retry a wake-up", () => {
    expect(resourcesOf(stacks[stage]!, "AWS::Events::Rule")).toMatchObject([
      ["WorkerEventsRuleSchedule1", { Properties: { State: "ENABLED", ScheduleExpression: "rate(1 minute)" } }],
    ]);
    expect(resourcesOf(stacks[stage]!, "AWS::Lambda::EventInvokeConfig")).toMatchObject([
      ["WorkerLambdaEvConf", { Properties: { MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 } }],
    ]);
  });

  test("bounds how much the API takes", () => {
    expect(stacks[stage]!.Resources.HttpApiStage!.Properties).toMatchObject({
      DefaultRouteSettings: { ThrottlingRateLimit: 100, ThrottlingBurstLimit: 200 },
      AccessLogSettings: { DestinationArn: { "Fn::GetAtt": ["HttpApiLogGroup", "Arn"] } },
    });
  });
});

test.each(STAGES)(
  "of the stage %s, each route that needs no key has a rate of its own, set when the route is there",
  (stage) => {
    const { Properties, DependsOn = [] } = stacks[stage]!.Resources.HttpApiStage!;
    const rates = Properties!.RouteSettings as Record<
      string,
      { ThrottlingRateLimit: number; ThrottlingBurstLimit: number }
    >;
    const withKey = Object.values(routes).filter(({ scope }) => scope !== undefined);
    const known = new Set(withKey.map(({ method, path }) => `${method} ${path}`));
    const open = resourcesOf(stacks[stage]!, "AWS::ApiGatewayV2::Route").filter(
      ([, { Properties }]) => !known.has(String(Properties?.RouteKey)),
    );
    expect(Object.keys(rates).sort()).toEqual(open.map(([, { Properties }]) => Properties?.RouteKey).sort());
    for (const { ThrottlingRateLimit, ThrottlingBurstLimit } of Object.values(rates)) {
      expect(Number(ThrottlingRateLimit)).toBeLessThanOrEqual(20);
      expect(Number(ThrottlingBurstLimit)).toBeLessThanOrEqual(40);
    }
    expect(DependsOn).toEqual(expect.arrayContaining(open.map(([id]) => id)));
  },
);

test("sets workers aside where there are some to set aside: compared as texts, which a --param always is", () => {
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

test("docs/deploy.md says what to do at each alarm, and counts what there is", () => {
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

test("what the shell that deploys has set changes nothing", async () => {
  const shell = {
    ...{ UPSTASH_REDIS_REST_TOKEN: "my-own-token", UPSTASH_REDIS_REST_URL: "https://mine.example.com" },
    ...{ API_KEYS: "mine", RATE_LIMIT: "1/1s", ALLOW_PRIVATE_ADDRESSES: "true", SMTP_URL: "smtp://me:pw@example.com" },
    ...{ REDIS_TIMEOUT_MS: "1", SIMULATED_FAILURE_RATE: "1", LOG_LEVEL: "debug", KEY_PREFIX: "mine" },
  };
  const withoutTime = (template: Template) => JSON.stringify(template).replace(/\d{13}-[\d-]+T[\d:.]+Z/g, "");
  expect(withoutTime(await packaged("prod", shell))).toBe(withoutTime(stacks.prod!));
});

test("the line of docs/deploy.md gives tasks a variable, and a secret that the worker alone may read", async () => {
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

test("a laptop's stage is not deployed, not even by leaving out which", async () => {
  const refused = expect.stringContaining("the stage local is for a laptop");
  await expect(serverless(["deploy"])).rejects.toMatchObject({ stdout: refused });
});

/** A copy of the stack with a fault planted. */
function spoilt(plant: (resources: Record<string, Resource>, template: Template) => void): string[] {
  const template = structuredClone(stacks.prod!);
  plant(template.Resources, template);
  return validate(template, "prod");
}
// biome-ignore lint/suspicious/noExplicitAny: what is planted is wrong on purpose
const propertiesOf = (resource: Resource | undefined) => resource!.Properties as any;
const statementsOf = (role: Resource | undefined) => propertiesOf(role).Policies[0].PolicyDocument.Statement;

describe("the validator finds", () => {
  test.each<[string, (resources: Record<string, Resource>, template: Template) => void, string]>([
    [
      "a property that there is not",
      ({ WorkerLambdaFunction: it }) => (propertiesOf(it).MemorySise = 512),
      "WorkerLambdaFunction.MemorySise: there is no such property",
    ],
    [
      "one that there is not, further down",
      ({ HttpApiStage: it }) => (propertiesOf(it).DefaultRouteSettings.RateLimit = 1),
      "HttpApiStage.DefaultRouteSettings.RateLimit: there is no such property",
    ],
    [
      "one that there is not, in a list",
      ({ WorkerEventsRuleSchedule1: it }) => (propertiesOf(it).Targets[0].Payload = "{}"),
      "WorkerEventsRuleSchedule1.Targets[0].Payload: there is no such property",
    ],
    [
      "a number where text belongs",
      ({ OldestReadyAlarm: it }) => (propertiesOf(it).MetricName = 5),
      "OldestReadyAlarm.MetricName: should be text",
    ],
    [
      "text where a number belongs, chosen by a condition",
      ({ WorkerLambdaFunction: it }) => (propertiesOf(it).ReservedConcurrentExecutions["Fn::If"][1] = "ten"),
      "WorkerLambdaFunction.ReservedConcurrentExecutions: should be a whole number",
    ],
    [
      "a value where a list belongs",
      ({ ApiLambdaFunction: it }) => (propertiesOf(it).Architectures = "arm64"),
      "ApiLambdaFunction.Architectures: should be a list",
    ],
    [
      "an object where text belongs",
      ({ JobStatusLambdaFunction: it }) => (propertiesOf(it).Environment.Variables.A = {}),
      "JobStatusLambdaFunction.Environment.Variables.A: should be text",
    ],
    [
      "a required property that is missing",
      ({ WorkerLambdaFunction: it }) => delete propertiesOf(it).Role,
      "WorkerLambdaFunction.Role: is required",
    ],
    [
      "one that the specification does not call required",
      ({ Api5xxAlarm: it }) => delete propertiesOf(it).EvaluationPeriods,
      "Api5xxAlarm.EvaluationPeriods: is required",
    ],
    [
      "a type that there is not",
      ({ WorkerRole: it }) => (it!.Type = "AWS::IAM::Roll"),
      "WorkerRole: there is no resource type AWS::IAM::Roll",
    ],
    [
      "a key beside the properties that belongs into them",
      ({ WorkerRole: it }) => Object.assign(it!, { Policies: [] }),
      "WorkerRole: a resource has no Policies",
    ],
    [
      "a Ref to nothing",
      ({ Api5xxAlarm: it }) => (propertiesOf(it).Dimensions[0].Value = { Ref: "HttpApy" }),
      "Api5xxAlarm.Properties.Dimensions[0].Value: there is no resource HttpApy",
    ],
    [
      "a GetAtt of nothing",
      ({ WorkerLambdaFunction: it }) => (propertiesOf(it).Role = { "Fn::GetAtt": ["NoRole", "Arn"] }),
      "WorkerLambdaFunction.Properties.Role: there is no resource NoRole",
    ],
    [
      "an attribute that there is not",
      ({ WorkerLambdaFunction: it }) => (propertiesOf(it).Role = { "Fn::GetAtt": ["WorkerRole", "ARN"] }),
      "WorkerLambdaFunction.Properties.Role: WorkerRole has no attribute ARN",
    ],
    [
      "a Sub of an attribute that there is not",
      (_, { Outputs }) => (Outputs!.DashboardUrl!.Value = { "Fn::Sub": "${HttpApi.Url}/" }),
      "Outputs.DashboardUrl.Value: HttpApi has no attribute Url",
    ],
    [
      "a Sub of nothing",
      ({ WorkerRole: it }) => (statementsOf(it)[1].Resource[0] = { "Fn::Sub": "arn:${AWS::Partition}:${Nothing}" }),
      "WorkerRole.Properties.Policies[0].PolicyDocument.Statement[1].Resource[0]: there is no resource Nothing",
    ],
    [
      "a DependsOn of nothing",
      ({ HttpApiStage: it }) => (it!.DependsOn = ["HttpApiRouteGetHelth"]),
      "HttpApiStage.DependsOn: there is no resource HttpApiRouteGetHelth",
    ],
    [
      "a condition that there is not",
      ({ AlarmTopic: it }) => (it!.Condition = "HasMail"),
      "AlarmTopic.Condition: there is no condition HasMail",
    ],
    [
      "a condition that there is not, in an If",
      ({ Api5xxAlarm: it }) => (propertiesOf(it).AlarmActions = { "Fn::If": ["Told", [], { Ref: "AWS::NoValue" }] }),
      "Api5xxAlarm.Properties.AlarmActions: there is no condition Told",
    ],
    [
      "a circle: a role that names its function by GetAtt",
      ({ WorkerRole: it }) => (statementsOf(it)[1].Resource[0] = { "Fn::GetAtt": ["WorkerLambdaFunction", "Arn"] }),
      "WorkerLambdaFunction: needs itself (WorkerLambdaFunction → WorkerRole → WorkerLambdaFunction)",
    ],
    [
      "a wildcard in an action",
      ({ WorkerRole: it }) => (statementsOf(it)[0].Action = "logs:*"),
      "WorkerRole: has a wildcard, logs:* on arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:/aws/lambda/wakeq-prod-worker:*",
    ],
    [
      "a wildcard in a resource",
      ({ ApiRole: it }) => (statementsOf(it)[0].Resource = "*"),
      "ApiRole: has a wildcard, logs:PutLogEvents on *",
    ],
    [
      "a statement that allows all but something",
      ({ ApiRole: it }) => statementsOf(it).push({ Effect: "Allow", NotAction: "iam:*", Resource: "*" }),
      "ApiRole: has a wildcard, * on what is not named",
    ],
    [
      "a secret that a function does not read",
      ({ WorkerRole: it, SubmitJobRole: other }) => statementsOf(it).push(statementsOf(other).at(-1)),
      "WorkerRole: allows more than it needs, ssm:GetParameters on arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}:parameter/wakeq/prod/api-keys",
    ],
    [
      "a right that is missing",
      ({ SubmitJobRole: it }) => statementsOf(it).splice(1, 1),
      "SubmitJobRole: does not allow lambda:InvokeFunction on arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:wakeq-prod-worker",
    ],
    [
      "another function's role",
      ({ ApiLambdaFunction: it }) => (propertiesOf(it).Role = { "Fn::GetAtt": ["WorkerRole", "Arn"] }),
      "WorkerLambdaFunction: shares the role WorkerRole",
    ],
    [
      "a managed policy",
      ({ WorkerRole: it }) => (propertiesOf(it).ManagedPolicyArns = ["arn:aws:iam::aws:policy/AdministratorAccess"]),
      "WorkerRole: has a managed policy",
    ],
    [
      "a function that any API may invoke",
      ({ WorkerLambdaPermissionEventsRuleSchedule1: it }) => delete propertiesOf(it).SourceArn,
      "WorkerLambdaPermissionEventsRuleSchedule1: lets anybody's resources invoke the function",
    ],
    [
      "an alarm on a metric that AWS does not write",
      ({ Api5xxAlarm: it }) => (propertiesOf(it).MetricName = "5XX"),
      "Api5xxAlarm: there is no metric AWS/ApiGateway 5XX",
    ],
    [
      "an alarm on another kind of API's dimensions",
      ({ Api5xxAlarm: it }) => (propertiesOf(it).Dimensions[0].Name = "ApiName"),
      "Api5xxAlarm: AWS/ApiGateway 5xx has no dimensions ApiName",
    ],
    [
      "an alarm on a metric of ours that nothing writes",
      ({ OldestReadyAlarm: it }) => (propertiesOf(it).MetricName = "OldestJob"),
      "OldestReadyAlarm: nothing writes the metric OldestJob",
    ],
    [
      "an alarm on another stage",
      ({ DeadLettersAlarm: it }) => (propertiesOf(it).Dimensions[0].Value = "dev"),
      "DeadLettersAlarm: our metrics have the dimension stage=prod, not stage=dev",
    ],
    [
      "an alarm on a function that there is not",
      ({ WorkerErrorsAlarm: it }) => (propertiesOf(it).Dimensions[0].Value = "wakeq-dev-worker"),
      'WorkerErrorsAlarm: there is no FunctionName "wakeq-dev-worker" in this stack',
    ],
  ])("%s", (_, plant, fault) => {
    expect(spoilt(plant)).toContain(fault);
  });
});
