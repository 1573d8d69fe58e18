/** Returns the database of the running local stack, for `serverless.yml`. The values are empty if no stack runs. */
async function stackSettings() {
  const { dataDirOf, runningStack } = require("tsx/cjs/api").require("./stack-file.ts", __filename);
  const { rest, lambda } = (await runningStack(dataDirOf(process.env))) ?? {};
  return { redisUrl: rest?.url ?? "", redisToken: rest?.token ?? "", lambdaUrl: lambda ?? "" };
}

let settings;

module.exports = () => {
  settings ??= stackSettings();
  return settings;
};
