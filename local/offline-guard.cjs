/**
 * A serverless plugin for `sls offline`. There an asynchronous invocation that throws, or a stray rejection in a handler, ends
 * the whole process; on Lambda it ends one invocation. This plugin logs it, and the other invocations go on.
 */
class OfflineGuard {
  constructor(_serverless, _options, { log }) {
    const note = (error) => {
      // The process that started this one has gone and no longer reads: logging that would fail again, without end.
      if (error?.code === "EPIPE") process.exit(1);
      log.error(`[guard] ${error?.stack ?? error}`);
    };
    const arm = () => {
      process.removeAllListeners("uncaughtException"); // osls exits on the first one
      process.on("uncaughtException", note);
      process.on("unhandledRejection", note);
    };
    this.hooks = { "before:offline:start:init": arm, "before:offline:start": arm };
  }
}

module.exports = OfflineGuard;
