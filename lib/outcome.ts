import { type Backoff, backoffMs, DEFAULT_BACKOFF } from "./backoff.ts";
import { describe } from "./errors.ts";
import { jsonTextOf } from "./json-text.ts";
import { NeverAgain, RetryAfter } from "./tasks.ts";
import { cut } from "./text.ts";

/** The largest payload of a job, and the largest result, in bytes of JSON. */
export const VALUE_BYTES = 256 * 1024;

/** The longest error message kept, in characters. */
const MESSAGE_CHARACTERS = 10_000;

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
  return { outcome: "retry", delayMs: Math.max(0, asked ?? waitOf(backoff, job.retries + 1)), error, message };
}

/** By the task's backoff, or where that makes no number of it, by the default. */
function waitOf(backoff: Partial<Backoff>, failures: number): number {
  const wanted = backoffMs({ ...DEFAULT_BACKOFF, ...backoff }, failures);
  return Number.isNaN(wanted) ? backoffMs(DEFAULT_BACKOFF, failures) : wanted;
}

/**
 * The result of a run as JSON text, undefined where there is nothing to tell. An error in it becomes its name and message.
 *
 * @throws NeverAgain when JSON would change it or it is larger than `VALUE_BYTES`: the work is done, and would end so again
 */
export function resultOf(value: unknown): string | undefined {
  let result: string | undefined;
  try {
    result = jsonTextOf(value, "result");
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

/** Reads what was thrown. Anything can be: messages of any type, and objects that throw at every look. */
function tell(thrown: unknown): Told {
  try {
    const { name, message } = describe(thrown);
    return {
      error: thrown instanceof Stopped && thrown.why === "timeout" ? "Timeout" : String(name),
      message: cut(String(message), MESSAGE_CHARACTERS),
      isFinal: thrown instanceof NeverAgain,
      ...(thrown instanceof RetryAfter && Number.isFinite(thrown.delayMs) ? { delayMs: thrown.delayMs } : {}),
    };
  } catch {
    return { error: "Error", message: "what was thrown cannot be read", isFinal: false };
  }
}
