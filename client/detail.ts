/** An error of an attempt, whole. */
export interface JobError {
  name: string;
  message: string;
  /** Where it came from, a line each, in terms of the sources. */
  stack?: string;
  /** As `ECONNREFUSED`. */
  code?: string;
  cause?: JobError;
  /** Those of an `AggregateError`. */
  errors?: JobError[];
}

/** A line that a task logged. */
export interface LogLine {
  at: Date;
  message: string;
  fields?: Record<string, unknown>;
}
