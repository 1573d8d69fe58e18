import { type Backoff, backoffMs, DEFAULT_BACKOFF } from "../backoff.ts";
import { describe } from "../errors.ts";
import { jsonTextOf } from "../json/text.ts";
import { asksFor, NonRetriableError } from "../task-errors.ts";
import { DEFAULT_MAX_SNOOZE_MS } from "../tasks.ts";

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

/** What becomes of a job whose attempt failed, or asked to run later. */
export type Failure =
  | ({ error: string; message: string } & ({ outcome: "failed" } | { outcome: "retry"; delayMs: number }))
  | { outcome: "snoozed"; delayMs: number; message: string };

/**
 * Decides what becomes of a job whose run threw: a retry after its backoff, or after the time that the error asks for; or
 * the end, when no retry is left or the error says that none would help. `retries` counts those already spent.
 * A `SnoozeError` costs no attempt while it and those before it (`snoozedMs`) stay within `maxSnoozeMs`.
 */
export function failureOf(
  thrown: unknown,
  job: { retries: number; maxRetries: number; snoozedMs?: number | undefined },
  backoff: Partial<Backoff> = {},
  maxSnoozeMs = DEFAULT_MAX_SNOOZE_MS,
): Failure {
  const { error, isFinal, delayMs: asked, snoozeMs, ...told } = tell(thrown);
  const tooLong = snoozeMs === undefined ? undefined : whyTooLong(snoozeMs, job.snoozedMs, maxSnoozeMs);
  if (snoozeMs !== undefined && !tooLong) return { outcome: "snoozed", delayMs: snoozeMs, message: told.message };
  const message = tooLong ? `${tooLong}: ${told.message}` : told.message;
  if (isFinal || job.retries >= job.maxRetries) return { outcome: "failed", error, message };
  const ownMs = waitOf(backoff, job.retries + 1);
  const wanted = asked ?? Math.max(ownMs, Math.min(snoozeMs || 0, maxSnoozeMs));
  return { outcome: "retry", delayMs: Math.max(0, wanted), error, message };
}

/** Computes the wait from the task's backoff, or from the default where the task's gives no number. */
function waitOf(backoff: Partial<Backoff>, failures: number): number {
  const wanted = backoffMs({ ...DEFAULT_BACKOFF, ...backoff }, failures);
  return Number.isNaN(wanted) ? backoffMs(DEFAULT_BACKOFF, failures) : wanted;
}

/** Says why a snooze is refused, so that its attempt fails; undefined where it is granted. */
function whyTooLong(askedMs: number, snoozedMs = 0, maxSnoozeMs: number): string | undefined {
  if (Number.isNaN(askedMs)) return `SnoozeError: expected a number of milliseconds, got ${askedMs}`;
  if (snoozedMs + askedMs <= maxSnoozeMs) return undefined;
  const asked = `asked to run ${askedMs / 1_000} s later, after ${snoozedMs / 1_000} s in all`;
  return `${asked}, and maxSnoozeMs allows ${maxSnoozeMs / 1_000} s`;
}

/**
 * Turns the result of a run into JSON text; undefined where there is none. An error in it becomes its name and message.
 *
 * @throws NonRetriableError when JSON would change it or it is larger than `VALUE_BYTES`: a retry would end the same way
 */
export function resultOf(value: unknown): string | undefined {
  let result: string | undefined;
  try {
    result = jsonTextOf(value, "result");
  } catch (cause) {
    throw new NonRetriableError(`the task ran, but JSON cannot hold its result: ${tell(cause).message}`);
  }
  if (result === undefined) return undefined;
  const bytes = Buffer.byteLength(result);
  if (bytes > VALUE_BYTES)
    throw new NonRetriableError(`the task ran, but its result has ${bytes} bytes, more than ${VALUE_BYTES}`);
  return result;
}

interface ThrownError {
  error: string;
  message: string;
  /** Whether a retry would not help. */
  isFinal: boolean;
  /** When to try again, where the error says so. */
  delayMs?: number;
  /** When to run again without counting this attempt, where the error asks for that. */
  snoozeMs?: number;
}

/** Reads what was thrown. */
function tell(thrown: unknown): ThrownError {
  const { name, message } = describe(thrown);
  return {
    error: isTimeout(thrown) ? "Timeout" : name,
    message,
    isFinal: asksFor("end", thrown),
    ...(asksFor("retry", thrown) && Number.isFinite(thrown.delayMs) ? { delayMs: thrown.delayMs } : {}),
    ...(asksFor("snooze", thrown) ? { snoozeMs: thrown.delayMs } : {}),
  };
}

/** Tells whether the run ended for its time limit. Never throws: a proxy may throw at every look. */
function isTimeout(thrown: unknown): boolean {
  try {
    return thrown instanceof Stopped && thrown.why === "timeout";
  } catch {
    return false;
  }
}
