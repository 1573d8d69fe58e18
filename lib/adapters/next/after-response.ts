import { AsyncLocalStorage } from "node:async_hooks";
import type { DrainOptions, QueueOptions } from "../../app/options.ts";
import { environmentWith } from "../../config/config.ts";
import type { DrainSummary } from "../../worker/drain.ts";

/** How long a function may take. */
export interface NextOptions {
  /**
   * The number that the route's file exports as `maxDuration`, in seconds. Next.js reads that one without running the file, so it
   * must be a literal there, and it is given here again. Workers end before it is over. Default: 300 on Vercel, which is Vercel's
   * own default; elsewhere no limit, since `next start` sets none.
   */
  maxDurationSeconds?: number;
}

const VERCEL_SECONDS = 300;
/** What passes of a function's time before it sees its request, in seconds. */
const START_SECONDS = 1;

/** When the invocation in which this runs must end, on the clock of `performance.now()`. */
const endOfInvocation = new AsyncLocalStorage<number>();

/** Runs what serves a request. All workers that it starts end in time. */
export function withinInvocation<Result>({ maxDurationSeconds }: NextOptions, serve: () => Result): Result {
  const seconds = maxDurationSeconds ?? (isOnVercel() ? VERCEL_SECONDS : Number.POSITIVE_INFINITY);
  const known = endOfInvocation.getStore();
  return endOfInvocation.run(known ?? performance.now() + (seconds - START_SECONDS) * 1_000, serve);
}

/** Runs what outlives the request that began it. */
export function outsideInvocations(work: () => void): void {
  endOfInvocation.exit(work);
}

/** Tells whether functions run for a request alone, and nothing runs between requests. */
export function isOnVercel(): boolean {
  return environmentWith({}).VERCEL !== undefined;
}

/**
 * Makes the `wake` of a queue in a Next.js application: jobs run in the function that submitted them, and `after` keeps it alive
 * once the answer is sent. Outside a request, they run in this process as long as it lives.
 */
export function afterResponse(options: NextOptions = {}): NonNullable<QueueOptions["wake"]> {
  const wake: NonNullable<QueueOptions["wake"]> = async (drain, { source }) => {
    // Every other source is a worker that wants help or must end. One more in the same process would not help, nor live longer.
    if (source === "submit" || source === "redrive" || source === "resume") await keepAlive(options, drain);
  };
  made.add(wake);
  return wake;
}

const made = new WeakSet<object>();

/** Tells whether `afterResponse` made it, so that the jobs run in this process. */
export function isAfterResponse(wake: object | undefined): boolean {
  return wake !== undefined && made.has(wake);
}

/**
 * Begins a drain, and lets Next.js wait for its end. It does not begin after the answer: a request that waits for the job which
 * it submitted would wait in vain.
 */
export function keepAlive(options: NextOptions, drain: (limits: DrainOptions) => Promise<DrainSummary>): Promise<void> {
  return withinInvocation(options, async () => {
    const maxSeconds = (endOfInvocation.getStore()! - performance.now()) / 1_000;
    const working = drain({ maxSeconds, signal: shutdownSignal() }).then(
      () => {},
      () => {}, // it has logged why
    );
    try {
      const { after } = await import("next/server.js");
      after(working);
      after(() => working); // what tasks revalidate (`revalidateTag`) takes effect when a callback ends
    } catch {
      // There is no request to keep open: this process goes on by itself.
    }
  });
}

const shutdown = new AbortController();
const heard = new Set<string>();

/**
 * Aborts when the process is asked to end. It listens only where somebody else does, as `next start` does: a signal that
 * somebody hears no longer ends a process.
 */
function shutdownSignal(): AbortSignal {
  for (const name of ["SIGTERM", "SIGINT"] as const) {
    if (heard.has(name) || process.listenerCount(name) === 0) continue;
    heard.add(name);
    process.once(name, () => shutdown.abort());
  }
  return shutdown.signal;
}
