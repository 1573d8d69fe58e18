import { randomUUID } from "node:crypto";
import { BroadcastChannel, isMainThread } from "node:worker_threads";

/** The channel between workers and serverless-offline's process: local/workers.cjs, or in other projects the plugin, is the other end. */
export const LOCAL_WORKERS = "wakeq:workers";

/**
 * Runs an invocation of the worker on a laptop, and aborts its `shutdown` when it must end: Ctrl-C, SIGTERM, changed code.
 * serverless-offline runs an invocation in a thread, which no signal reaches and which ends with its process: there a
 * message tells it to end, and another says that it has. `sls invoke local` has no threads, and the signals count.
 *
 * On Lambda an invocation ends by itself.
 */
export async function livingLocally<T>(
  remainingMs: () => number,
  run: (shutdown: AbortSignal) => Promise<T>,
): Promise<T> {
  const shutdown = new AbortController();
  const stop = isMainThread
    ? hearSignals(() => shutdown.abort())
    : hearMessages(Date.now() + remainingMs(), () => shutdown.abort());
  try {
    return await run(shutdown.signal);
  } finally {
    stop();
  }
}

function hearSignals(end: () => void): () => void {
  const signals = ["SIGINT", "SIGTERM"] as const;
  for (const signal of signals) process.once(signal, end);
  return () => {
    for (const signal of signals) process.off(signal, end);
  };
}

/** Hears of the end by messages. `until`: when the invocation has ended even if no message says so. */
function hearMessages(until: number, end: () => void): () => void {
  const id = randomUUID();
  const channel = new BroadcastChannel(LOCAL_WORKERS);
  channel.onmessage = ({ data }: { data?: unknown }) => {
    if ((data as { end?: string }).end === id) end();
  };
  // Built, each version of the code has a file of its own.
  channel.postMessage({ works: id, code: import.meta.url, until });
  return () => {
    channel.postMessage({ ended: id });
    channel.close();
  };
}
