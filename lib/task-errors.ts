/**
 * Names what an error asks of the worker. A symbol of the registry, so that a worker understands the errors of another copy of the
 * package (an application may load one with `import` and one with `require`) and of another realm, where `instanceof` says no.
 */
const ASKS = Symbol.for("wakeq.asks");

interface Asking {
  end: NonRetriableError;
  retry: RetryAfterError;
  snooze: SnoozeError;
}

/** Tells whether something that was thrown asks the worker for this. Never throws: a proxy may throw at every look. */
export function asksFor<What extends keyof Asking>(what: What, thrown: unknown): thrown is Asking[What] {
  try {
    return (thrown as { [ASKS]?: unknown } | null | undefined)?.[ASKS] === what;
  } catch {
    return false;
  }
}

/** Throw it to fail the job for good: a retry would not help. */
export class NonRetriableError extends Error {
  override name = "NonRetriableError";

  get [ASKS](): "end" {
    return "end";
  }
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

  get [ASKS](): "retry" {
    return "retry";
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

  get [ASKS](): "snooze" {
    return "snooze";
  }
}
