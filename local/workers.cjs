const { BroadcastChannel } = require("node:worker_threads");

/** How long workers may take to give back their jobs, beyond their grace, in ms. */
const SETTLE_MS = 3_000;

/**
 * A serverless plugin for `sls offline`, which ends every thread immediately when it is told to end: running jobs would wait
 * for their leases to run out. This plugin tells the workers first, and they give back their jobs without spending an attempt.
 * Once there is newer code (reload.cjs), it also tells workers of older code to end, and starts one of the newer code.
 * lib/adapters/lambda/local-life.ts is the other end.
 */
class Workers {
  constructor(serverless, _options, { log }) {
    /** The running workers: the file of their code, and when each will have ended at the latest, ms since the epoch. */
    this.working = new Map();
    /** The files of the newest code. */
    this.current = [];
    this.ending = false;
    this.serverless = serverless;
    this.log = log;
    this.heard = () => {};
    this.hooks = {
      "before:offline:start:init": () => this.listen(),
      "before:offline:start:end": () => this.end(),
    };
  }

  listen() {
    this.channel = new BroadcastChannel("wakeq:workers");
    this.channel.unref();
    this.channel.onmessage = ({ data: { works, code, until, ended } }) => {
      if (works) this.working.set(works, { code, until });
      if (works && (this.ending || !this.isCurrent(code))) this.channel.postMessage({ end: works });
      if (ended) this.working.delete(ended);
      this.heard();
    };
  }

  /** Tells all workers to end, and waits until they have. */
  async end() {
    this.ending = true;
    await this.endThose(() => true);
  }

  /** Tells the workers of older code to end. Then one of the newer code takes the jobs that they gave back. */
  async renew(files) {
    this.current = files;
    const wereThere = await this.endThose(({ code }) => !this.isCurrent(code));
    if (wereThere && !this.ending) await this.wake();
  }

  isCurrent(code) {
    return this.current.some((file) => code.endsWith(`/${file}`));
  }

  /** Tells these workers to end. Returns whether there were any. */
  async endThose(which) {
    const left = () => [...this.working].filter(([, each]) => which(each) && each.until > Date.now());
    const told = left();
    for (const [id] of told) this.channel.postMessage({ end: id });
    const graceMs = Number(process.env.SHUTDOWN_GRACE_SECONDS || 8) * 1_000;
    const timeUp = Date.now() + graceMs + SETTLE_MS;
    while (left().length > 0 && Date.now() < timeUp) {
      await new Promise((resolve) => {
        this.heard = resolve;
        setTimeout(resolve, 100);
      });
    }
    return told.length > 0;
  }

  async wake() {
    const { AWS_ENDPOINT_URL_LAMBDA: url } = process.env;
    if (!url) return;
    const { name } = this.serverless.service.getFunction("worker");
    const headers = { "x-amz-invocation-type": "Event" };
    const body = '{"source":"reload"}';
    await fetch(`${url}/2015-03-31/functions/${name}/invocations`, { method: "POST", headers, body }).catch((error) =>
      this.log.error(`[workers] ${error}`),
    );
  }
}

module.exports = Workers;
