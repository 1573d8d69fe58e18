// biome-ignore-all lint/suspicious/noTemplateCurlyInString: they are CloudFormation's
import type { Resource, Template } from "./template.ts";

// biome-ignore lint/suspicious/noExplicitAny: what is planted is wrong on purpose
const propertiesOf = (resource: Resource | undefined) => resource!.Properties as any;
const statementsOf = (role: Resource | undefined) => propertiesOf(role).Policies[0].PolicyDocument.Statement;
type Plant = (resources: Record<string, Resource>, template: Template) => void;

/** What is wrong, how it is planted, and what the validator says of it. */
export const PLANTED: readonly [what: string, plant: Plant, fault: string][] = [
  [
    "an unknown property",
    ({ WorkerLambdaFunction: it }) => (propertiesOf(it).MemorySise = 512),
    "WorkerLambdaFunction.MemorySise: there is no such property",
  ],
  [
    "an unknown property further down",
    ({ HttpApiStage: it }) => (propertiesOf(it).DefaultRouteSettings.RateLimit = 1),
    "HttpApiStage.DefaultRouteSettings.RateLimit: there is no such property",
  ],
  [
    "an unknown property in a list",
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
    "a missing property that is required",
    ({ WorkerLambdaFunction: it }) => delete propertiesOf(it).Role,
    "WorkerLambdaFunction.Role: is required",
  ],
  [
    "a missing property that AWS requires, although its specification does not say so",
    ({ Api5xxAlarm: it }) => delete propertiesOf(it).EvaluationPeriods,
    "Api5xxAlarm.EvaluationPeriods: is required",
  ],
  [
    "an unknown type",
    ({ WorkerRole: it }) => (it!.Type = "AWS::IAM::Roll"),
    "WorkerRole: there is no resource type AWS::IAM::Roll",
  ],
  [
    "a property beside the properties",
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
    "an unknown attribute",
    ({ WorkerLambdaFunction: it }) => (propertiesOf(it).Role = { "Fn::GetAtt": ["WorkerRole", "ARN"] }),
    "WorkerLambdaFunction.Properties.Role: WorkerRole has no attribute ARN",
  ],
  [
    "a Sub of an unknown attribute",
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
    "an unknown condition",
    ({ AlarmTopic: it }) => (it!.Condition = "HasMail"),
    "AlarmTopic.Condition: there is no condition HasMail",
  ],
  [
    "an unknown condition in an If",
    ({ Api5xxAlarm: it }) => (propertiesOf(it).AlarmActions = { "Fn::If": ["Told", [], { Ref: "AWS::NoValue" }] }),
    "Api5xxAlarm.Properties.AlarmActions: there is no condition Told",
  ],
  [
    "a cycle: a role that names its function by GetAtt",
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
    "a missing right",
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
    "an alarm on an unknown function",
    ({ WorkerErrorsAlarm: it }) => (propertiesOf(it).Dimensions[0].Value = "wakeq-dev-worker"),
    'WorkerErrorsAlarm: there is no FunctionName "wakeq-dev-worker" in this stack',
  ],
];
