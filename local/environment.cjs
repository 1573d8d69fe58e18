/** The stages that run on a laptop. */
const LOCAL_STAGES = ["local", "test"];

/**
 * A serverless plugin for `sls offline` and `sls invoke local`. There as on Lambda, functions see what `serverless.yml` gives
 * them and nothing else. On a laptop the worker, which runs tasks, also sees the environment of the shell and of `.env`. A
 * variable for tasks (`custom.environment.tasks`) takes its value from there if it is set there. A secret (`ssm:NAME`) is
 * never fetched: unless the developer sets it, it is not set.
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
    this.hooks = { initialize: open }; // osls reads it before `invoke local` reaches any plugin
  }
}

function environmentOf(declared, ofTasks, developers) {
  const kept = Object.entries(declared).filter(
    ([name, value]) => value !== "" && !(name in ofTasks && (developers[name] || /^ssm:/.test(value))),
  );
  return { ...developers, ...Object.fromEntries(kept) };
}

module.exports = LocalEnvironment;
