import { WakeqTimeoutError } from "./errors.ts";
import type { FinishedJob, Job } from "./job.ts";
import { limit, pause } from "./limit.ts";
import type { StatusOptions, WaitOptions } from "./options.ts";

/** How long the server holds a look open. It answers earlier if the job finishes, but not if the job only makes progress. */
const HELD_SECONDS = 20;
const HELD_FOR_PROGRESS_SECONDS = 2;
/** How much earlier than `timeoutMs` a look must end, so that its answer still arrives in time. */
const ON_THE_WAY_MS = 500;

/** Reads the job's status once. */
export type StatusLook = (options: StatusOptions) => Promise<{ job: Job; retryAfterSeconds: number | undefined }>;

/**
 * Looks until the job has ended.
 *
 * @throws WakeqTimeoutError after `timeoutMs`; the signal's reason; the error of a look, after its resends
 */
export async function waitForEnd(look: StatusLook, options: WaitOptions): Promise<FinishedJob> {
  const { onProgress, timeoutMs = Number.POSITIVE_INFINITY } = options;
  let last: Job | undefined;
  let shown: string | undefined;
  const late = () => new WakeqTimeoutError(`the job is ${last?.status ?? "unseen"} after ${timeoutMs} ms`, last);
  const { signal, leftMs, clear } = limit(timeoutMs, late, options.signal);
  const longest = onProgress ? HELD_FOR_PROGRESS_SECONDS : HELD_SECONDS;
  let waitSeconds = longest;
  try {
    for (;;) {
      const askedAt = performance.now();
      const held = Math.max(0, Math.min(waitSeconds, Math.floor((leftMs() - ON_THE_WAY_MS) / 1_000)));
      const { job, retryAfterSeconds = 1 } = await look({ waitSeconds: held, signal });
      last = job;
      const now = JSON.stringify(job);
      if (now !== shown) onProgress?.(job);
      shown = now;
      if (isFinished(job)) return job;

      // The server says at least one second, and a look that it held open has already waited. If it says more, the job
      // is due later and cannot change before then, so the next look need not be held open.
      const waitedMs = retryAfterSeconds > 1 ? 0 : performance.now() - askedAt;
      waitSeconds = retryAfterSeconds > longest ? 0 : longest;
      await pause(Math.max(0, retryAfterSeconds * 1_000 - waitedMs), signal);
    }
  } finally {
    clear();
  }
}

function isFinished(job: Job): job is FinishedJob {
  return job.finishedAt !== undefined;
}
