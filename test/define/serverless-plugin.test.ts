// biome-ignore-all lint/suspicious/noTemplateCurlyInString: they are CloudFormation's
import { describe, expect, test } from "vitest";
import type { ServerlessProject } from "../../lib/adapters/serverless/project.ts";
import { entryOf, QUEUE, useProject, withOptions } from "../support/plugin.ts";

const project = useProject();
const added = (...given: Parameters<typeof project.added>) => project.added(...given);

function roleOf(service: ServerlessProject, name: string) {
  const { Properties } = service.resources!.Resources![name] as {
    Properties: Record<string, unknown> & {
      Policies: [{ PolicyDocument: { Statement: { Action: string[]; Resource: unknown[] }[] } }];
    };
  };
  return { ...Properties, statements: Properties.Policies[0].PolicyDocument.Statement };
}
function rightsOf(service: ServerlessProject, name: string): Record<string, unknown[]> {
  return Object.fromEntries(roleOf(service, name).statements.map(({ Action, Resource }) => [Action.join(), Resource]));
}

describe("what the plugin adds", () => {
  test("two functions and two roles; what was there stays as it is", () => {
    const own = { handler: "src/own.handler", events: [{ httpApi: "GET /orders" }] };
    const table = { Type: "AWS::DynamoDB::Table" };
    const outputs = { TableName: { Value: { Ref: "Orders" } } };
    const resources = { Resources: { Orders: table }, Outputs: outputs };
    const { service, warnings } = added(withOptions(QUEUE, { functions: { own }, resources }));
    expect(Object.keys(service.functions!)).toEqual(["own", "wakeqApi", "wakeqWorker"]);
    expect(service.functions!.own).toBe(own);
    expect(service.resources).toEqual({
      Outputs: outputs,
      Resources: { Orders: table, WakeqApiRole: expect.anything(), WakeqWorkerRole: expect.anything() },
    });
    expect(entryOf(service, "wakeqApi")).toMatchObject({
      handler: ".wakeq/api.handler",
      name: "shop-dev-wakeqApi",
      events: [{ httpApi: { method: "*", path: "/queue" } }, { httpApi: { method: "*", path: "/queue/{proxy+}" } }],
    });
    expect(entryOf(service, "wakeqWorker")).toMatchObject({
      handler: ".wakeq/worker.handler",
      memorySize: 512,
      timeout: 120,
      maximumRetryAttempts: 0,
      events: [{ schedule: { rate: ["rate(1 minute)"], input: { source: "tick" } } }],
    });
    expect(entryOf(service, "wakeqWorker")).not.toHaveProperty("reservedConcurrency");
    expect(warnings).toEqual([]);
  });

  test("nothing before osls has read the whole project", () => {
    const { service } = project.loaded(withOptions(QUEUE));
    expect(service.functions).toBeUndefined();
  });

  test("a project without functions and resources of its own gets them too, under the stage's names", () => {
    const { service } = added(withOptions(QUEUE), { stage: "prod" });
    expect(entryOf(service, "wakeqApi").environment).toEqual({
      UPSTASH_REDIS_REST_URL: "ssm:/shop/prod/redis-url",
      UPSTASH_REDIS_REST_TOKEN: "ssm:/shop/prod/redis-token",
      STAGE: "shop-prod",
      WORKER_FUNCTION_NAME: "shop-prod-wakeqWorker",
    });
  });

  test("the options change memory, time, concurrency, path and variables", () => {
    const given = {
      ...QUEUE,
      path: "/internal/jobs",
      memorySize: 1024,
      timeout: 900,
      reservedWorkers: 4,
      apiKeys: "ssm:/shop/keys",
      environment: { UPSTASH_REDIS_REST_URL: "https://db.example.com", WORKER_CONCURRENCY: 3 },
    };
    const { service } = added(withOptions(given));
    expect(entryOf(service, "wakeqWorker")).toMatchObject({ memorySize: 1024, timeout: 900, reservedConcurrency: 4 });
    expect(entryOf(service, "wakeqApi")).toMatchObject({
      events: [{ httpApi: { path: "/internal/jobs" } }, { httpApi: { path: "/internal/jobs/{proxy+}" } }],
      environment: {
        UPSTASH_REDIS_REST_URL: "https://db.example.com",
        WORKER_CONCURRENCY: "3",
        API_KEYS: "ssm:/shop/keys",
      },
    });
    expect(entryOf(service, "wakeqWorker").environment).not.toHaveProperty("API_KEYS");
    expect(entryOf(service, "wakeqWorker").environment).not.toHaveProperty("UPSTASH_REDIS_REST_TOKEN");
  });

  test.each([
    ["nodejs22.x", undefined],
    ["nodejs18.x", "nodejs24.x"],
    ["python3.13", "nodejs24.x"],
  ])("in a project with the runtime %s the functions run on %s", (runtime, expected) => {
    const { service } = added(withOptions(QUEUE, { provider: { runtime } }));
    expect(entryOf(service, "wakeqApi").runtime).toBe(expected);
  });
});

describe("roles", () => {
  const worker = {
    "Fn::Sub": "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:shop-dev-wakeqWorker",
  };
  const log = (name: string) => ({
    "Fn::Sub": `arn:\${AWS::Partition}:logs:\${AWS::Region}:\${AWS::AccountId}:log-group:/aws/lambda/${name}:*`,
  });
  const parameter = (name: string) => ({
    "Fn::Sub": `arn:\${AWS::Partition}:ssm:\${AWS::Region}:\${AWS::AccountId}:parameter/${name}`,
  });
  const database = { UPSTASH_REDIS_REST_URL: "https://db.example.com", UPSTASH_REDIS_REST_TOKEN: "t" };

  test("without secrets a function may write its log and start the worker, and nothing else", () => {
    const { service } = added(withOptions(QUEUE, { provider: { environment: database } }));
    for (const [role, name] of [
      ["WakeqApiRole", "shop-dev-wakeqApi"],
      ["WakeqWorkerRole", "shop-dev-wakeqWorker"],
    ] as const)
      expect(rightsOf(service, role)).toEqual({
        "logs:CreateLogStream,logs:PutLogEvents": [log(name)],
        "lambda:InvokeFunction": [worker],
      });
  });

  test("a secret of the project or of the plugin may be read by the functions that have it", () => {
    const environment = { ...database, UPSTASH_REDIS_REST_TOKEN: "ssm:/db/token:3" };
    const given = {
      ...QUEUE,
      apiKeys: "ssm:keys",
      environment: { TASK_TOKEN: "ssm:arn:aws:ssm:eu-west-1:1:parameter/t" },
    };
    const { service } = added(withOptions(given, { provider: { environment } }));
    const both = ["arn:aws:ssm:eu-west-1:1:parameter/t", parameter("db/token")];
    expect(new Set(rightsOf(service, "WakeqWorkerRole")["ssm:GetParameters"])).toEqual(new Set(both));
    expect(new Set(rightsOf(service, "WakeqApiRole")["ssm:GetParameters"])).toEqual(
      new Set([...both, parameter("keys")]),
    );
  });

  test("what the project asks of every role holds for ours, and the tasks' statements are the worker's", () => {
    const provider = {
      environment: database,
      vpc: { subnetIds: ["subnet-1"] },
      tracing: { lambda: true },
      iam: { role: { path: "/apps/", permissionsBoundary: "arn:aws:iam::1:policy/boundary" } },
    };
    const statement = { Effect: "Allow", Action: ["s3:GetObject"], Resource: ["arn:aws:s3:::orders/*"] };
    const { service } = added(withOptions({ ...QUEUE, statements: [statement] }, { provider }));
    expect(roleOf(service, "WakeqApiRole")).toMatchObject({
      Path: "/apps/",
      PermissionsBoundary: "arn:aws:iam::1:policy/boundary",
    });
    expect(Object.keys(rightsOf(service, "WakeqApiRole"))).toEqual([
      "logs:CreateLogStream,logs:PutLogEvents",
      "lambda:InvokeFunction",
      expect.stringContaining("ec2:CreateNetworkInterface"),
      "xray:PutTraceSegments,xray:PutTelemetryRecords",
    ]);
    expect(roleOf(service, "WakeqWorkerRole").statements.at(-1)).toEqual(statement);
  });
});

describe("alarms", () => {
  const alarmsOf = (alarms: object) => {
    const { service } = added(withOptions({ ...QUEUE, alarms }));
    const { WakeqApiRole, WakeqWorkerRole, ...others } = service.resources!.Resources!;
    return { others: others as Record<string, { Properties: Record<string, unknown> }>, service };
  };

  test("an address gets a topic, and every alarm tells it", () => {
    const { others, service } = alarmsOf({ email: "ops@example.com" });
    const { WakeqAlarmTopic, ...alarms } = others;
    expect(WakeqAlarmTopic!.Properties).toEqual({ Subscription: [{ Protocol: "email", Endpoint: "ops@example.com" }] });
    expect(Object.keys(alarms)).toHaveLength(8);
    for (const { Properties } of Object.values(alarms))
      expect(Properties.AlarmActions).toEqual([{ Ref: "WakeqAlarmTopic" }]);
    expect(entryOf(service, "wakeqWorker").environment).toMatchObject({ METRICS: "on", STAGE: "shop-dev" });
  });

  test("a topic that exists is told as it is, without another", () => {
    const topicArn = { Ref: "OpsTopic" };
    const { others } = alarmsOf({ topicArn });
    expect(others).not.toHaveProperty("WakeqAlarmTopic");
    expect(others.WakeqDeadLettersAlarm!.Properties.AlarmActions).toEqual([topicArn]);
  });
});
