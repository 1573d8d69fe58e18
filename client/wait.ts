import { WakeqTimeoutError } from "./errors.ts";
import type { FinishedJob, Job } from "./job.ts";
import { limit, pause } from "./limit.ts";
import type { StatusOptions, WaitOptions } from "./options.ts";

/** The server holds a look open for so long, and answers earlier if the job finishes, but not if it gets on. */
const HELD_SECONDS = 20;
const HELD_FOR_PROGRESS_SECONDS = 2;
/** A look held until the very end of `timeoutMs` would come too late to be of use. */
const ON_THE_WAY_MS = 500;

export type Look = (options: StatusOptions) => Promise<{ job: Job; retryAfterSeconds: number | undefined }>;

/**
 * Look until the job is over.
 *
 * @throws WakeqTimeoutError after `timeoutMs`; the signal's reason; what a look throws, its resends done
 */
export async function waitForEnd(look: Look, options: WaitOptions): Promise<FinishedJob> {
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

      // A second is the least that the server says, and a look that it held has waited already. More: nothing can
      // change before (a job due later), so do not have a look held open in vain after that.
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
