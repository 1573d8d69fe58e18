import { describe } from "../lib/errors.ts";
import { printableLines } from "../local/printable.ts";
import { whenAskedToEnd } from "./asked-to-end.ts";
import { outliveOutput } from "./outlive-output.ts";

/**
 * Runs a service as this process. A signal to end aborts `shutdown`, and the process ends when the service has ended. A
 * service that cannot start says why in one line, and the process exits with 1.
 */
export function untilEnded(start: (shutdown: AbortSignal) => Promise<{ ended: Promise<unknown> }>): void {
  outliveOutput();
  const shutdown = new AbortController();
  whenAskedToEnd(() => shutdown.abort());
  start(shutdown.signal)
    .then(({ ended }) => ended)
    .then(
      () => process.exit(0),
      (error: unknown) => {
        console.error(`wakeq: ${printableLines(describe(error).message)}`);
        process.exit(1);
      },
    );
}
