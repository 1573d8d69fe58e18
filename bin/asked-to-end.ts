/**
 * Calls `end` when this process is told to end: by Ctrl-C, by SIGTERM, or by a terminal that closes (SIGHUP). The shell and
 * npm may repeat SIGHUP, so `end` may be called again. A second Ctrl-C or SIGTERM ends the process immediately.
 */
export function whenAskedToEnd(end: () => void): void {
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, end);
  process.on("SIGHUP", end);
}
