/** The stages of a laptop. */
const LOCAL_STAGES = ["local", "test"];

/**
 * A serverless plugin for `sls offline` and `sls invoke local`. Functions see what `serverless.yml` gives them and nothing
 * else, there and on Lambda. On a laptop the worker, which runs tasks, sees the environment of the shell and of `.env` as
 * well. What tasks are given (`custom.environment.tasks`) comes from there alone where it is set there, and a secret
 * (`ssm:NAME`) is never fetched for them: without a value of the developer's it is not set.
 */
class LocalEnvironment {
  constructor({ service, processedInput }) {
    const open = () => {
      const runsHere = /^(offline|invoke local)\b/.test(processedInput.commands.join(" "));
      if (!runsHere || !LOCAL_STAGES.includes(service.provider.stage)) return;
      const worker = service.getFunction("worker");
      worker.environment = environmentOf(
        worker.environment ?? {},
        service.custom.environment?.tasks ?? {},
        process.env,
      );
    };
    this.hooks = { initialize: open }; // osls has read it before any plugin's turn of `invoke local`
  }
}

function environmentOf(declared, ofTasks, developers) {
  const kept = Object.entries(declared).filter(
    ([name, value]) => value !== "" && !(name in ofTasks && (developers[name] || /^ssm:/.test(value))),
  );
  return { ...developers, ...Object.fromEntries(kept) };
}

module.exports = LocalEnvironment;
