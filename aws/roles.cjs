/**
 * One IAM role for each function, made from its entry in `serverless.yml`: a function may write its own log, and beyond
 * that exactly what its environment tells it to use. `WORKER_FUNCTION_NAME` allows to invoke the worker, a value
 * `ssm:NAME` to read that parameter. ARNs are put together from names: `!GetAtt` of a function in the role that it runs
 * under would be a cycle.
 *
 * A parameter under a key of your own, instead of AWS' `aws/ssm`, needs `kms:Decrypt` of that key as well.
 *
 * @type {(serverless: { resolveVariable: (address: string) => Promise<any> }) => Promise<object>}
 */
module.exports = async ({ resolveVariable }) => {
  const [service, stage] = [await resolveVariable("self:service"), await resolveVariable("sls:stage")];
  const functions = await resolveVariable("self:functions");
  const roles = Object.entries(functions).map(([key, entry]) => {
    const name = entry.name ?? `${service}-${stage}-${key}`;
    return [entry.role, role(statements(name, entry.environment ?? {}))];
  });
  return { Resources: Object.fromEntries(roles) };
};

function statements(name, environment) {
  const invoked = environment.WORKER_FUNCTION_NAME;
  const secrets = Object.values(environment).flatMap((value) => /^ssm:(\/.+)/.exec(value)?.[1] ?? []);
  return [
    // The streams below a log group are named by Lambda.
    allow(["logs:CreateLogStream", "logs:PutLogEvents"], [arn("logs", `log-group:/aws/lambda/${name}:*`)]),
    ...(invoked ? [allow(["lambda:InvokeFunction"], [arn("lambda", `function:${invoked}`)])] : []),
    ...(secrets.length > 0
      ? [
          allow(
            ["ssm:GetParameters"],
            secrets.map((secret) => arn("ssm", `parameter${secret}`)),
          ),
        ]
      : []),
  ];
}

function allow(actions, resources) {
  return { Effect: "Allow", Action: actions, Resource: resources };
}

function arn(service, what) {
  return { "Fn::Sub": `arn:\${AWS::Partition}:${service}:\${AWS::Region}:\${AWS::AccountId}:${what}` };
}

function role(statement) {
  const Version = "2012-10-17";
  return {
    Type: "AWS::IAM::Role",
    Properties: {
      AssumeRolePolicyDocument: {
        Version,
        Statement: [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }],
      },
      Policies: [{ PolicyName: "its-work", PolicyDocument: { Version, Statement: statement } }],
    },
  };
}
