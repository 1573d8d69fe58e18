/**
 * A serverless plugin for `sls invoke local` alone, which looks for `worker.js` and `worker.cjs` but not for `worker.mjs`:
 * here it gets the file's whole name. Listed after serverless-esbuild, which goes by the name without it.
 */
class InvokeLocal {
  constructor(serverless, { function: name }) {
    this.hooks = {
      "before:invoke:local:invoke": () => {
        const { handler } = serverless.service.getFunction(name);
        serverless.service.getFunction(name).handler = handler.replace(/(?=\.\w+$)/, ".mjs");
      },
    };
  }
}

module.exports = InvokeLocal;
