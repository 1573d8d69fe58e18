import type { WorkerApp } from "../app/worker-app.ts";
import type { Life } from "../worker/deadline.ts";
import { invocation } from "./invocation.ts";

const TICK_MS = 60_000;

/** A worker that stays in its process. */
export interface Resident {
  /** Starts a drain, or tells the one that runs. `source` says who wakes, for the log. */
  wake(source: string): void;
  /** Ends the worker after `shutdown`. Resolves when everything is settled or released. */
  end(): Promise<void>;
}

/**
 * Starts a worker that stays in this process. It does not poll: it drains when it is woken, one drain at a time, and at each
 * tick. No wake-up is lost.
 */
export function startResident(app: WorkerApp, shutdown: AbortSignal): Resident {
  const { config, log } = app;
  const listeners = new Set<() => boolean>();
  let draining: Promise<unknown> | undefined;
  /** A wake-up came that no drain heard: the invocation had only asked for work, or had left the queue already. */
  let unheard = false;

  function wake(source: string): void {
    if (shutdown.aborted) return;
    if (draining !== undefined) {
      unheard ||= ![...listeners].some((listener) => listener());
      return;
    }
    const life: Life = {
      remainingMs: () => Number.POSITIVE_INFINITY,
      shutdown,
      graceMs: config.worker.graceMs,
      onWake: (listener) => listeners.add(listener),
    };
    draining = invocation(app, { source, depth: 0 }, life).finally(() => {
      listeners.clear();
      draining = undefined;
      if (!unheard) return;
      unheard = false;
      wake("again");
    });
  }

  const timer = setInterval(wake, TICK_MS, "tick");
  wake("start");
  return {
    wake,
    async end() {
      clearInterval(timer);
      await draining;
      log("info", "worker_ended");
    },
  };
}
