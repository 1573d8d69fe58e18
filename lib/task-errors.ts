/** Throw it to fail the job for good: a retry would not help. */
export class NonRetriableError extends Error {
  override name = "NonRetriableError";
}

/**
 * Throw it to have the job retried after `delayMs`, if it has retries left, instead of after its backoff. A
 * delay that is not a finite number is ignored: the backoff decides.
 */
export class RetryAfterError extends Error {
  override name = "RetryAfterError";
  /** In ms; `NaN` where the delay given was not a finite number. */
  readonly delayMs: number;

  constructor(delayMs: number, message: string) {
    super(message);
    this.delayMs = Number.isFinite(delayMs) ? Math.max(0, Math.round(delayMs)) : Number.NaN;
  }
}

/**
 * Throw it to have the job run again after `delayMs`, at least a second, without spending an attempt: the time has not come,
 * or somebody asked to slow down. Beyond the task's `maxSnoozeMs` in all, the attempt fails: it is retried after that time
 * like any other, if it has retries left.
 */
export class SnoozeError extends Error {
  override name = "SnoozeError";
  readonly delayMs: number;

  constructor(delayMs: number, message = "the task asked to run later") {
    super(message);
    this.delayMs = Math.max(1_000, Math.round(delayMs));
  }
}
