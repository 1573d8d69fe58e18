import { isSecret } from "../../config/secrets.ts";
import type { ServerlessProject } from "./project.ts";

interface RoleOptions {
  functionName: string;
  /** The function that it wakes. */
  worker: string;
  /** Everything that stands in its environment, what the provider gives every function among it. */
  environment: Record<string, unknown>;
  statements?: object[];
}

/**
 * Makes a function's role: it may write its own log, start the worker, and read the parameters that its environment names as
 * `ssm:NAME`; beyond that only what the project asks of every function (a network, traces, a key for variables). ARNs are put
 * together from names: `Fn::GetAtt` of a function in the role that it runs under would be a cycle.
 */
export function roleOf(
  { functionName, worker, environment, statements = [] }: RoleOptions,
  { vpc, tracing, kmsKeyArn, iam }: ServerlessProject["provider"],
): object {
  const Version = "2012-10-17";
  const parameters = [...new Set(Object.values(environment).flatMap(parameterOf))];
  const { path, permissionsBoundary } = (typeof iam?.role === "object" ? (iam.role ?? {}) : {}) as Record<
    string,
    unknown
  >;
  return {
    Type: "AWS::IAM::Role",
    Properties: {
      ...(path ? { Path: path } : {}),
      ...(permissionsBoundary ? { PermissionsBoundary: permissionsBoundary } : {}),
      AssumeRolePolicyDocument: {
        Version,
        Statement: [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }],
      },
      Policies: [
        {
          PolicyName: "wakeq",
          PolicyDocument: {
            Version,
            Statement: [
              // Lambda names the streams below a log group.
              allow(
                ["logs:CreateLogStream", "logs:PutLogEvents"],
                [arn("logs", `log-group:/aws/lambda/${functionName}:*`)],
              ),
              allow(["lambda:InvokeFunction"], [arn("lambda", `function:${worker}`)]),
              ...(parameters.length > 0 ? [allow(["ssm:GetParameters"], parameters)] : []),
              ...(vpc ? [allow(NETWORK, ["*"])] : []),
              ...(tracing?.lambda ? [allow(["xray:PutTraceSegments", "xray:PutTelemetryRecords"], ["*"])] : []),
              ...(kmsKeyArn ? [allow(["kms:Decrypt"], [kmsKeyArn])] : []),
              ...statements,
            ],
          },
        },
      ],
    },
  };
}

/** What a function in a VPC needs, as AWS' own policy AWSLambdaVPCAccessExecutionRole has it. */
const NETWORK = ["CreateNetworkInterface", "DescribeNetworkInterfaces", "DescribeSubnets", "DeleteNetworkInterface"]
  .concat(["AssignPrivateIpAddresses", "UnassignPrivateIpAddresses"])
  .map((action) => `ec2:${action}`);

/** Gives the ARN of the parameter that a value `ssm:NAME` stands for; a version or a label (`NAME:3`) is no part of it. */
function parameterOf(value: unknown): unknown[] {
  if (typeof value !== "string" || !isSecret(value)) return [];
  const name = value.slice("ssm:".length);
  if (name.startsWith("arn:")) return [name];
  return [arn("ssm", `parameter/${name.replace(/^\//, "").replace(/:.*$/, "")}`)];
}

function allow(actions: string[], resources: unknown[]): object {
  return { Effect: "Allow", Action: actions, Resource: resources };
}

function arn(service: string, what: string): object {
  return { "Fn::Sub": `arn:\${AWS::Partition}:${service}:\${AWS::Region}:\${AWS::AccountId}:${what}` };
}
