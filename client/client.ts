import { fromWire } from "./answer.ts";
import { JobFailedError, WakeqError } from "./errors.ts";
import type { HistoryOptions, JobHistory } from "./history.ts";
import type { FinishedJob, Job, JobSummary } from "./job.ts";
import type {
  CallOptions,
  Changed,
  ClientOptions,
  FailureOptions,
  JobOptions,
  JobRequest,
  JobSelection,
  KeyOptions,
  ListOptions,
  PauseOptions,
  PulseOptions,
  StatusOptions,
  SubmitOptions,
  WaitOptions,
} from "./options.ts";
import { pagesOf, queryOf } from "./pages.ts";
import { randomKey } from "./random-key.ts";
import { schedulesOver } from "./schedules.ts";
import { createSend, type Send } from "./send.ts";
import type { TasksOf, TaskTypes, TaskTypesSource } from "./task-types.ts";
import type { Client, Failures, Paused, Stats, Submitted } from "./types.ts";
import { waitForEnd } from "./wait.ts";

/**
 * Makes a client for wakeq's HTTP API.
 *
 * `createClient<typeof queue>({ url })` knows the tasks of a queue (`typeof taskList`: those of a list): a wrong name or payload
 * does not compile, and results have types. Import the queue with `import type`, so that nothing of it is loaded. Without
 * the type parameter every name compiles, and payloads and results are unknown.
 */
export function createClient<Source extends TaskTypesSource = TaskTypes>(
  options: ClientOptions,
): Client<TasksOf<Source>> {
  return clientOver<TasksOf<Source>>(createSend(options));
}

/** Makes a client that sends its calls with `send`. */
export function clientOver<Tasks extends TaskTypes>(send: Send): Client<Tasks> {
  async function look(id: string, { waitSeconds, signal }: StatusOptions) {
    const query = waitSeconds ? `?wait=${waitSeconds}` : "";
    const { body, retryAfterSeconds } = await send({
      path: at("job-status", id) + query,
      has: "job_id",
      waitSeconds,
      signal,
    });
    return { job: fromWire(body) as Job, retryAfterSeconds };
  }

  async function change(verb: string, id: string, { signal }: CallOptions): Promise<JobSummary> {
    const { body } = await send({ path: at(verb, id), method: "POST", has: "job_id", signal });
    return fromWire(body) as JobSummary;
  }

  /** Sends all that was given: the server refuses what it does not know, where a misspelt name would mean the whole queue. */
  async function setPause(path: string, { signal, ...body }: PauseOptions): Promise<Paused> {
    for (const what of ["task", "schedule"] as const)
      if (what in body && body[what] === undefined) throw new TypeError(`${what}: expected a name, got undefined`);
    return fromWire((await send({ path, method: "POST", body, has: "paused_tasks", signal })).body) as Paused;
  }

  async function changeMany(path: string, { onProgress, ...selection }: JobSelection, { signal }: CallOptions) {
    const all: Changed = { done: 0, skipped: 0 };
    for (let cursor: unknown; ; ) {
      const { body } = await send({ path, method: "POST", body: { ...selection, cursor }, has: "done", signal });
      all.done += body.done as number;
      all.skipped += body.skipped as number;
      onProgress?.({ ...all });
      if (!body.left) return all;
      cursor = body.cursor;
    }
  }

  const client = {
    async submit(
      task: string,
      payload?: unknown,
      { idempotencyKey = randomKey(), traceparent, signal, ...options }: SubmitOptions = {},
    ): Promise<Submitted<string>> {
      const body = toWire({ task, payload, ...options });
      const {
        body: { job_id, unique_conflict },
        replayed,
      } = await send({ path: "/submit-job", method: "POST", body, idempotencyKey, traceparent, has: "job_id", signal });
      return { jobId: job_id as Job["jobId"], replayed, uniqueConflict: unique_conflict === true };
    },

    async submitMany(
      jobs: readonly JobRequest[],
      { idempotencyKey = randomKey(), traceparent, signal }: KeyOptions = {},
    ) {
      const body = { jobs: jobs.map(toWire) };
      const {
        body: { job_ids, unique_conflicts = [] },
        replayed,
      } = await send({
        path: "/submit-jobs",
        method: "POST",
        body,
        idempotencyKey,
        traceparent,
        has: "job_ids",
        signal,
      });
      return { jobIds: job_ids as Job["jobId"][], replayed, uniqueConflicts: unique_conflicts as number[] };
    },

    status: async (id: string, options: StatusOptions = {}): Promise<Job> => (await look(id, options)).job,

    waitFor: (id: string, options: WaitOptions = {}): Promise<FinishedJob> =>
      waitForEnd((how) => look(id, how), options),

    async run(task: string, payload?: unknown, options: SubmitOptions & WaitOptions = {}) {
      const { onProgress, timeoutMs, ...rest } = options;
      const { jobId } = await client.submit(task, payload, rest);
      const job = await client.waitFor(jobId, { onProgress, timeoutMs, signal: options.signal });
      if (job.status !== "completed") throw new JobFailedError(job);
      return job;
    },

    cancel: (id: string, options: CallOptions = {}) => change("cancel-job", id, options),

    async retry(id: string, options: CallOptions = {}): Promise<JobSummary> {
      try {
        return await change("retry-job", id, options);
      } catch (error) {
        // The job is no longer failed: an earlier try, whose reply was lost, has already put it back.
        if (error instanceof WakeqError && error.code === "job_not_failed" && error.afterLostReply)
          return client.status(id, options);
        throw error;
      }
    },

    async runNow(id: string, options: CallOptions = {}): Promise<JobSummary> {
      try {
        return await change("run-job", id, options);
      } catch (error) {
        // The job no longer waits: an earlier try, whose reply was lost, has already let it run.
        if (error instanceof WakeqError && error.code === "job_not_pending" && error.afterLostReply)
          return client.status(id, options);
        throw error;
      }
    },

    retryMany: (selection: JobSelection, options: CallOptions = {}) => changeMany("/retry-jobs", selection, options),

    deleteMany: (selection: JobSelection, options: CallOptions = {}) => changeMany("/delete-jobs", selection, options),

    async failures({ signal, since, ...rest }: FailureOptions = {}): Promise<Failures> {
      const query = { ...rest, since: since instanceof Date ? since.toISOString() : since };
      return fromWire((await send({ path: `/failures?${queryOf(query)}`, has: "groups", signal })).body) as Failures;
    },

    async pulse({ signal, look }: PulseOptions = {}): Promise<string> {
      const query = look === undefined ? "" : `?${queryOf({ look })}`;
      return (await send({ path: `/pulse${query}`, has: "tag", signal })).body.tag as string;
    },

    async delete(id: string, { signal }: CallOptions = {}): Promise<void> {
      try {
        await send({ path: at("jobs", id), method: "DELETE", has: "job_id", signal });
      } catch (error) {
        // There is no such job: an earlier try, whose reply was lost, has already deleted it.
        const isGone = error instanceof WakeqError && error.code === "job_not_found" && error.afterLostReply;
        if (!isGone) throw error;
      }
    },

    list: (options: ListOptions = {}) => pagesOf(send, "/jobs", "jobs", options),

    pause: (options: PauseOptions = {}) => setPause("/pause", options),
    resume: (options: PauseOptions = {}) => setPause("/resume", options),

    async stats({ signal }: CallOptions = {}): Promise<Stats> {
      return fromWire((await send({ path: "/queue-stats", has: "totals", signal })).body) as Stats;
    },

    async history({ range = "hour", signal }: HistoryOptions = {}): Promise<JobHistory> {
      const { body } = await send({ path: `/history?range=${range}`, has: "buckets", signal });
      const read = fromWire(body) as Omit<JobHistory, "from" | "to"> & Record<"from" | "to", string>;
      return { ...read, from: new Date(read.from), to: new Date(read.to) };
    },

    async health({ signal }: CallOptions = {}): Promise<void> {
      await send({ path: "/health", has: "status", retries: 0, signal });
    },

    schedules: schedulesOver<Tasks>(send),
  };
  return client as unknown as Client<Tasks>;
}

function at(verb: string, id: string): string {
  return `/${verb}/${encodeURIComponent(id)}`;
}

function toWire({
  task,
  payload,
  priority,
  delaySeconds,
  runAt,
  expiresSeconds,
  maxRetries,
  unique,
}: JobOptions & { task: string; payload?: unknown }) {
  const terms = {
    delay_seconds: delaySeconds,
    run_at: runAt,
    expires_seconds: expiresSeconds,
    max_retries: maxRetries,
    unique,
  };
  return { task, payload, priority, ...terms };
}
