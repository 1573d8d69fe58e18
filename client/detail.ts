/** The whole error of an attempt. */
export interface JobError {
  name: string;
  message: string;
  /** The stack, one frame a line, with the places in the source files. */
  stack?: string;
  /** The error's code, for example `ECONNREFUSED`. */
  code?: string;
  cause?: JobError;
  /** The errors inside an `AggregateError`. */
  errors?: JobError[];
}

/** A line that a task logged. */
export interface LogLine {
  at: Date;
  message: string;
  fields?: Record<string, unknown>;
}
