/** The metrics that a submit writes, and their units. docs/observability.md says what each one counts. */
export const SUBMIT_METRICS = { Submitted: "Count", UniqueConflicts: "Count" } as const;

/** The metrics that the API writes when it refuses to serve. */
export const API_METRICS = { NotConfigured: "Count" } as const;

/** The metrics that a worker writes; `Submitted` and `UniqueConflicts` count what its tasks submit. Apart, so that a submit does not carry it. */
export const WORKER_METRICS = {
  Submitted: "Count",
  UniqueConflicts: "Count",
  Completed: "Count",
  Retried: "Count",
  Failed: "Count",
  Cancelled: "Count",
  LeaseExpired: "Count",
  Expired: "Count",
  WaitTime: "Milliseconds",
  RunTime: "Milliseconds",
  ScheduleLateMs: "Milliseconds",
  Depth: "Count",
  OldestReady: "Seconds",
  DeadLetters: "Count",
  Paused: "Count",
} as const;

/** Every metric, in the namespace `wakeq` with the dimension `stage`: alarms may name these alone. */
export const METRICS = { ...SUBMIT_METRICS, ...API_METRICS, ...WORKER_METRICS };

/** Finite numbers by metric: one, or a list of at most 100. */
export type MetricValues<Units> = { readonly [Name in keyof Units]?: number | readonly number[] };

/**
 * Makes the fields of a log line from which CloudWatch extracts metrics: its embedded metric format
 * (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html).
 */
export function metricFields<Units extends Record<string, string>>(
  units: Units,
  values: MetricValues<Units>,
  stage: string,
  now = Date.now(),
): Record<string, unknown> {
  const Metrics = Object.keys(values).map((Name) => ({ Name, Unit: units[Name] }));
  const directive = { Namespace: "wakeq", Dimensions: [["stage"]], Metrics };
  return { ...values, stage, _aws: { Timestamp: now, CloudWatchMetrics: [directive] } };
}
