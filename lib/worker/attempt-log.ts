import { shown } from "../observability/failure.ts";
import type { Ending } from "../queue/worker-queue.ts";
import type { HeldAttempt } from "./attempt.ts";

/** Says how loud the log is about an ending: a failed job waits for a person. */
export function levelOf(ending: Ending): "error" | "warn" | "info" {
  if (ending.outcome === "failed") return ending.isExpired ? "warn" : "error";
  return ending.outcome === "retry" ? "warn" : "info";
}

/** Names the event that the log has for an ending. */
export function eventOf(ending: Ending): string {
  return ending.outcome === "failed" && ending.isExpired ? "expired" : ending.outcome;
}

/** The field of a drain's summary that counts each outcome. */
export const COUNTED_AS = {
  completed: "completed",
  retry: "retried",
  failed: "failed",
  deferred: "released",
  snoozed: "released",
  released: "released",
} as const;

/** Makes the fields that the log has for an attempt. */
export function fieldsOf(attempt: HeldAttempt, ranMs: number) {
  const { trace, waitMs } = attempt;
  return {
    ...namesOf(attempt),
    duration_ms: Math.round(ranMs),
    wait_ms: waitMs,
    ...(trace ? { trace_id: trace.traceId, span_id: trace.spanId, parent_span_id: trace.parentId } : {}),
  };
}

/** Makes the fields that name an attempt. */
export function namesOf({ claimed: { job } }: HeldAttempt) {
  return { job_id: job.id, task: job.task, attempt: job.retries + 1 };
}

/** Makes the fields that say how an attempt ended: all that is known, unless it may be secret. */
export function wordsOf({ isSensitive }: HeldAttempt, ending: Ending) {
  if (ending.outcome === "snoozed") return isSensitive ? {} : { message: ending.message };
  if (!("error" in ending)) return {};
  const { error, message, whole } = ending;
  return isSensitive ? { error } : { error, message, ...(whole === undefined ? {} : { stack: shown(whole) }) };
}
