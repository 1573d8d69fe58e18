const SIGNALS = ["SIGTERM", "SIGINT"] as const;

const living = new Set<AbortController>();
/** Whether this process is to exit when the last of them has ended. */
let exits = false;

/**
 * Aborts when this process is asked to end, by SIGTERM or Ctrl-C, and exits when `ended` has resolved. A second signal ends the
 * process immediately. Where the application listens for the signal too, the application exits.
 */
export function endOnSignals(shutdown: AbortController, ended: Promise<unknown>): void {
  // First of all listeners: the application's own `once` has taken itself away when its turn comes.
  if (living.size === 0) for (const signal of SIGNALS) process.prependListener(signal, endAll);
  living.add(shutdown);
  const forget = () => {
    living.delete(shutdown);
    if (living.size > 0) return;
    stopListening();
    if (exits) process.exit();
  };
  ended.then(forget, forget);
}

function endAll(signal: NodeJS.Signals): void {
  stopListening();
  exits = process.listenerCount(signal) === 0;
  for (const shutdown of living) shutdown.abort();
}

function stopListening(): void {
  for (const signal of SIGNALS) process.off(signal, endAll);
}
