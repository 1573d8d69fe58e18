// biome-ignore-all lint/suspicious/noTemplateCurlyInString: they are CloudFormation's
import { type Fault, type Resource, resourcesOf, type Template } from "./template.ts";

interface Statement {
  Effect: string;
  Action: string | string[];
  Resource?: unknown;
  NotAction?: unknown;
  NotResource?: unknown;
}

/** The only wildcard that is needed: Lambda names the streams below a function's log group. */
const LOG_STREAMS =
  /^arn:\$\{AWS::Partition\}:logs:\$\{AWS::Region\}:\$\{AWS::AccountId\}:log-group:\/aws\/lambda\/[\w-]+:\*$/;

/**
 * Finds roles that allow more than their function needs (a wildcard, another function's log, a function that it does not
 * wake, a parameter that it does not read), that allow less, or that two functions share.
 */
export function checkRights(template: Template): Fault[] {
  const functions = resourcesOf(template, "AWS::Lambda::Function");
  const roles = functions.map(([id, entry]) => [id, roleOf(entry), entry] as const);
  const shared = roles.filter(([, role], i) => roles.some(([, other], j) => j < i && other === role));
  const unused = resourcesOf(template, "AWS::IAM::Role").filter(([id]) => !roles.some(([, role]) => role === id));
  // A permission to invoke a function: for this API or this rule.
  const open = resourcesOf(template, "AWS::Lambda::Permission").filter(([, { Properties }]) => !Properties?.SourceArn);
  return [
    ...open.map(([id]): Fault => `${id}: lets anybody's resources invoke the function`),
    ...shared.map(([id, role]): Fault => `${id}: shares the role ${role}`),
    ...unused.map(([id]): Fault => `${id}: is the role of no function`),
    ...roles.flatMap(([id, role, entry]) => checkRole(id, template.Resources[role ?? ""], role ?? "", entry)),
  ];
}

function checkRole(id: string, role: Resource | undefined, name: string, entry: Resource): Fault[] {
  if (role?.Type !== "AWS::IAM::Role") return [`${id}: has no role of its own`];
  const { Policies = [], ManagedPolicyArns = [] } = role.Properties as {
    Policies?: { PolicyDocument: { Statement: Statement[] } }[];
    ManagedPolicyArns?: unknown[];
  };
  const statements = Policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
  const given = statements.flatMap(pairsOf);
  const needed = neededBy(entry);
  const wild = given.filter((pair) => pair.includes("*") && !isLogOfFunction(pair));
  return [
    ...ManagedPolicyArns.map((): Fault => `${name}: has a managed policy`),
    ...wild.map((pair): Fault => `${name}: has a wildcard, ${pair}`),
    ...given
      .filter((pair) => !needed.includes(pair))
      .map((pair): Fault => `${name}: allows more than it needs, ${pair}`),
    ...needed.filter((pair) => !given.includes(pair)).map((pair): Fault => `${name}: does not allow ${pair}`),
  ];
}

function isLogOfFunction(pair: string): boolean {
  const [action = "", resource = ""] = pair.split(" on ");
  return !action.includes("*") && LOG_STREAMS.test(resource);
}

/** `action on resource`, for each pair. */
function pairsOf({ Effect, Action, Resource: on, NotAction, NotResource }: Statement): string[] {
  if (Effect !== "Allow" || NotAction !== undefined || NotResource !== undefined) return ["* on what is not named"];
  const resources = [on].flat().map((each) => (typeof each === "string" ? each : textOf(each)));
  return [Action].flat().flatMap((action) => resources.map((resource) => `${action} on ${resource}`));
}

function textOf(value: unknown): string {
  const { "Fn::Sub": text } = (value ?? {}) as { "Fn::Sub"?: string };
  return text ?? JSON.stringify(value);
}

/** The rights that a function needs, from its name and environment. */
function neededBy({ Properties = {} }: Resource): string[] {
  const { Variables = {} } = (Properties.Environment ?? {}) as { Variables?: Record<string, unknown> };
  const arn = (what: string) => `arn:\${AWS::Partition}:${what.replace(" ", ":${AWS::Region}:${AWS::AccountId}:")}`;
  const log = arn(`logs log-group:/aws/lambda/${Properties.FunctionName}:*`);
  const worker = Variables.WORKER_FUNCTION_NAME;
  const secrets = Object.values(Variables).flatMap((value) => /^ssm:(.+)/.exec(String(value))?.[1] ?? []);
  return [
    ...["logs:CreateLogStream", "logs:PutLogEvents"].map((action) => `${action} on ${log}`),
    ...(worker ? [`lambda:InvokeFunction on ${arn(`lambda function:${worker}`)}`] : []),
    ...secrets.map((name) => `ssm:GetParameters on ${arn(`ssm parameter${name}`)}`),
  ];
}

function roleOf({ Properties = {} }: Resource): string | undefined {
  const { "Fn::GetAtt": [role, attribute] = [] } = (Properties.Role ?? {}) as { "Fn::GetAtt"?: string[] };
  return attribute === "Arn" ? role : undefined;
}
