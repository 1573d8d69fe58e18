import { type Backoff, backoffMs, DEFAULT_BACKOFF } from "./backoff.ts";
import { describe } from "./errors.ts";
import { NeverAgain, RetryAfter } from "./tasks.ts";

/** The largest payload of a job, and the largest result, in bytes of JSON. */
export const VALUE_BYTES = 256 * 1024;

/** Why a run was told to stop: the `reason` of its `AbortSignal`. */
export class Stopped extends Error {
  override name = "Stopped";
  readonly why: "timeout" | "cancelled" | "lease_lost" | "released";

  constructor(why: Stopped["why"], message: string) {
    super(message);
    this.why = why;
  }
}

/** What becomes of a job whose attempt failed. */
export type Failure = { error: string; message: string } & (
  | { outcome: "failed" }
  | { outcome: "retry"; delayMs: number }
);

/**
 * Decides what follows from what a run threw: a retry after its backoff, or after the time that the error asks for; or
 * the end, when no retry is left or the error says that none would help. `retries` counts those already spent.
 */
export function failureOf(
  thrown: unknown,
  job: { retries: number; maxRetries: number },
  backoff: Partial<Backoff> = {},
): Failure {
  const { error, message, isFinal, delayMs: asked } = tell(thrown);
  if (isFinal || job.retries >= job.maxRetries) return { outcome: "failed", error, message };
  const wanted = asked ?? backoffMs({ ...DEFAULT_BACKOFF, ...backoff }, job.retries + 1);
  return { outcome: "retry", delayMs: Math.max(0, wanted) || 0, error, message }; // a task can make it NaN
}

/**
 * The result of a run as JSON text, undefined where there is nothing to tell.
 *
 * @throws NeverAgain when JSON cannot hold it or it is larger than `VALUE_BYTES`: the work is done, and would end so again
 */
export function resultOf(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  let result: string | undefined;
  try {
    result = JSON.stringify(value);
  } catch (cause) {
    throw new NeverAgain(`the task ran, but JSON cannot hold its result: ${tell(cause).message}`);
  }
  if (result === undefined) return undefined;
  const bytes = Buffer.byteLength(result);
  if (bytes > VALUE_BYTES)
    throw new NeverAgain(`the task ran, but its result has ${bytes} bytes, more than ${VALUE_BYTES}`);
  return result;
}

interface Told {
  error: string;
  message: string;
  /** A retry would not help. */
  isFinal: boolean;
  /** When to try again, where the error says so. */
  delayMs?: number;
}

/** Reads what was thrown. */
function tell(thrown: unknown): Told {
  const { name, message } = describe(thrown);
  return {
    error: isA(Stopped, thrown) && thrown.why === "timeout" ? "Timeout" : name,
    message,
    isFinal: isA(NeverAgain, thrown),
    ...(isA(RetryAfter, thrown) ? { delayMs: thrown.delayMs } : {}),
  };
}

/** `instanceof`, for anything that can be thrown: a proxy may throw at every look. */
function isA<Kind>(kind: abstract new (...args: never) => Kind, thrown: unknown): thrown is Kind {
  try {
    return thrown instanceof kind;
  } catch {
    return false;
  }
}
