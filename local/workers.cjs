const { BroadcastChannel } = require("node:worker_threads");

/** How long workers may take beyond their grace to give back their jobs, in ms. */
const SETTLE_MS = 3_000;

/**
 * A serverless plugin for `sls offline` alone, which ends every thread at once when it is told to end, and when code has
 * changed: the jobs that run there would wait for their leases to run out. With this the workers are told first, and they
 * give back their jobs, no attempt spent. lib/local-life.ts is the other end.
 */
class Workers {
  constructor(serverless, _options, { log }) {
    /** When each running worker will have ended at the latest, ms since the epoch. */
    this.working = new Map();
    this.ending = false;
    this.serverless = serverless;
    this.heard = () => {};
    this.hooks = {
      "before:offline:start:init": () => this.listen(),
      "before:offline:start:end": () => this.end(),
      "before:offline:functionsUpdated:cleanup": () => this.end(),
      "after:offline:functionsUpdated:cleanup": () => this.goOn(log),
    };
  }

  listen() {
    this.channel = new BroadcastChannel("wakeq:workers");
    this.channel.unref();
    this.channel.onmessage = ({ data: { works, until, ended } }) => {
      if (works) this.working.set(works, until);
      if (works && this.ending) this.channel.postMessage({ end: true });
      if (ended) this.working.delete(ended);
      this.heard();
    };
  }

  /** Tells all workers to end, and waits until they have. */
  async end() {
    this.ending = true;
    this.told = this.isWorking();
    this.channel.postMessage({ end: true });
    const graceMs = Number(process.env.SHUTDOWN_GRACE_SECONDS || 8) * 1_000;
    const timeUp = Date.now() + graceMs + SETTLE_MS;
    while (this.isWorking() && Date.now() < timeUp) {
      await new Promise((resolve) => {
        this.heard = resolve;
        setTimeout(resolve, 100);
      });
    }
  }

  isWorking() {
    return [...this.working.values()].some((until) => until > Date.now());
  }

  /** With the new code, a worker for what the others gave back. */
  async goOn(log) {
    this.ending = false;
    const { AWS_ENDPOINT_URL_LAMBDA: url } = process.env;
    if (!this.told || !url) return;
    const { name } = this.serverless.service.getFunction("worker");
    const headers = { "x-amz-invocation-type": "Event" };
    const body = '{"source":"reload"}';
    await fetch(`${url}/2015-03-31/functions/${name}/invocations`, { method: "POST", headers, body }).catch((error) =>
      log.error(`[workers] ${error}`),
    );
  }
}

module.exports = Workers;
