import type { Job, Priority, Status } from "./job.ts";
import type { PayloadField, PayloadOf, TaskName, TaskTypes } from "./task-types.ts";

export interface ClientOptions {
  /** Where the API is, with its stage if it has one: `https://abc.execute-api.eu-central-1.amazonaws.com`. */
  url: string;
  /** An API key, as `npm run key` made it. A local stack needs none. */
  key?: string | undefined;
  /** Instead of the global one. */
  fetch?: ((url: string, init: RequestInit) => Promise<Response>) | undefined;
  /** The limit for a call with all its resends; what a call asks the server to wait comes on top. Default 30,000. */
  timeoutMs?: number | undefined;
  /** How often a call is sent again where that may help. Default 4. */
  retries?: number | undefined;
}

export interface CallOptions {
  /** Ends the call, and every wait in it, at once: it rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
}

/** When a job may run first: at once, after a while, or at an instant; at most a year from now. */
type When =
  | { delaySeconds?: number | undefined; runAt?: undefined }
  | { delaySeconds?: undefined; runAt?: Date | string | undefined };

export type JobOptions = When & {
  /** Default `normal`. High goes before normal before low, but in one claim of twenty low goes first. */
  priority?: Priority | undefined;
  /** After the first attempt, 0 to 100. Default: what the task says, else 3. */
  maxRetries?: number | undefined;
};

export interface KeyOptions extends CallOptions {
  /** The same key with the same content gives the same job, however often it is submitted. Default: one of its own for each call. */
  idempotencyKey?: string | undefined;
  /** W3C Trace Context, `00-<trace>-<span>-01`: the trace that the runs of the job shall belong to. */
  traceparent?: string | undefined;
}

export type SubmitOptions = JobOptions & KeyOptions;

/** A job to submit, as one of many. */
export type JobRequest<Tasks extends TaskTypes = TaskTypes, Name extends TaskName<Tasks> = TaskName<Tasks>> =
  Name extends TaskName<Tasks> ? { task: Name } & PayloadField<PayloadOf<Tasks, Name>> & JobOptions : never;

export interface StatusOptions extends CallOptions {
  /** Answer as soon as the job finishes, and after so long at the latest. Whole seconds, 0 to 25. */
  waitSeconds?: number | undefined;
}

export interface WaitOptions<Seen = Job> extends CallOptions {
  /** Called with the job as first seen, then whenever something about it has changed (a look every 2 s), and at its end. */
  onProgress?: ((job: Seen) => void) | undefined;
  /** Default: none, as long as it takes. */
  timeoutMs?: number | undefined;
}

export interface ListOptions<Name extends string = string> extends CallOptions {
  status?: Status | undefined;
  task?: Name | undefined;
  /** Jobs a page, 1 to 100. Default 50. */
  limit?: number | undefined;
  /** Go on behind an earlier page: its `nextCursor`. */
  cursor?: string | undefined;
}
