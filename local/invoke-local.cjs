const NO_STACK =
  "no local stack runs here, so there is no database: run npm start in another terminal (with the same LOCAL_DATA_DIR), or set UPSTASH_REDIS_REST_URL and UPSTASH_REDIS_REST_TOKEN";

/**
 * A serverless plugin for `sls invoke local`. It gives a function of a local stage the database of the stack that runs
 * beside it, and sends its wake-ups there. If no stack runs, it says so before anything is built.
 *
 * `sls invoke local` finds `worker.js` and `worker.cjs` but not `worker.mjs`, so this gives it the file's whole name. It must
 * be listed after serverless-esbuild, which needs the name without the extension.
 */
class InvokeLocal {
  constructor(serverless, { function: name }) {
    const isAsked = () => serverless.processedInput.commands.join(" ") === "invoke local";
    this.hooks = {
      initialize: () => (isAsked() ? findStack(serverless, name) : undefined),
      "before:invoke:local:invoke": () => {
        const { handler } = serverless.service.getFunction(name);
        serverless.service.getFunction(name).handler = handler.replace(/(?=\.\w+$)/, ".mjs");
      },
    };
  }
}

async function findStack({ service, classes }, name) {
  if (!service.getAllFunctions().includes(name)) return; // osls says so
  const { environment = {} } = service.getFunction(name);
  if (environment.UPSTASH_REDIS_REST_URL === "") throw new classes.Error(NO_STACK);
  const { lambdaUrl } = await require("./stack-settings.cjs")();
  if (lambdaUrl === "" || process.env.AWS_ENDPOINT_URL_LAMBDA) return;
  Object.assign(process.env, {
    AWS_ENDPOINT_URL_LAMBDA: lambdaUrl,
    AWS_ACCESS_KEY_ID: "local",
    AWS_SECRET_ACCESS_KEY: "local",
  });
}

module.exports = InvokeLocal;
