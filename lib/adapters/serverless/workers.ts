import { BroadcastChannel } from "node:worker_threads";
import { LOCAL_WORKERS } from "../lambda/local-life.ts";

/** How long workers may take to end: the grace of their jobs, and some more to give them back. */
const END_MS = 11_000;
const POLL_MS = 100;

/**
 * Hears of the workers that run under `sls offline start`, and ends them before it ends: it stops every thread immediately,
 * and the jobs in it would wait for their leases to run out. A worker that is told gives its jobs back, their attempts unspent.
 * lib/adapters/lambda/local-life.ts is the other end.
 */
export class LocalWorkers {
  /** The running workers, and when each will have ended at the latest, ms since the epoch. */
  readonly #working = new Map<string, number>();
  #channel: BroadcastChannel | undefined;
  #isEnding = false;

  listen(): void {
    const channel = new BroadcastChannel(LOCAL_WORKERS);
    channel.unref();
    channel.onmessage = (event: unknown) => {
      const { works, until, ended } = (event as { data: { works?: string; until?: number; ended?: string } }).data;
      if (works) this.#working.set(works, until ?? 0);
      if (works && this.#isEnding) channel.postMessage({ end: works });
      if (ended) this.#working.delete(ended);
    };
    this.#channel = channel;
  }

  /** Tells all workers to end. Resolves when they have, or when their time is up. */
  async end(): Promise<void> {
    this.#isEnding = true;
    for (const id of this.#working.keys()) this.#channel?.postMessage({ end: id });
    const timeUp = Date.now() + END_MS;
    const isRunning = () => [...this.#working.values()].some((until) => until > Date.now());
    while (isRunning() && Date.now() < timeUp) await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
