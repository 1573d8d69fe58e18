/** A second signal within this time counts as the first one: under npm, Ctrl-C comes from the terminal and from npm. */
const SAME_MS = 500;

/**
 * Calls `end` when this process is told to end: by Ctrl-C, by SIGTERM, or by a terminal that closes (SIGHUP). The shell and
 * npm may repeat SIGHUP, so `end` may be called again. A second Ctrl-C or SIGTERM ends the process immediately.
 */
export function whenAskedToEnd(end: () => void): void {
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, end);
  process.on("SIGHUP", end);
}

/**
 * Resolves when this process is told to end. A second signal ends it immediately, except SIGHUP: a closed terminal may send
 * it several times, by itself, through the shell and through npm.
 */
export function askedToEnd(): Promise<void> {
  return new Promise((resolve) => {
    let askedAt: number | undefined;
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      process.on(signal, () => {
        askedAt ??= performance.now();
        resolve();
        if (signal === "SIGHUP" || performance.now() - askedAt < SAME_MS) return;
        console.log("wakeq: ended immediately; jobs that were running are retried when their leases have run out");
        process.exit(130);
      });
    }
  });
}
