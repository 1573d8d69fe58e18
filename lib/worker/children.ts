import { describe } from "../errors.ts";
import { childIdOf } from "../jobs/ids.ts";
import type { JobRequest } from "../jobs/job-request.ts";
import { newJob } from "../jobs/new-job.ts";
import { uniqueRule } from "../jobs/unique.ts";
import { jsonTextOf } from "../json/text.ts";
import type { Log } from "../observability/log.ts";
import { type NewJob, PRIORITIES } from "../queue/job.ts";
import type { SubmitOutcome, WorkerQueue } from "../queue/worker-queue.ts";
import type { ChildOptions, Task, Tasks } from "../tasks.ts";
import type { HeldAttempt } from "./attempt.ts";
import type { Observer } from "./observer.ts";

const YEAR_SECONDS = 365 * 24 * 3_600;

/** The jobs that one attempt submits. */
export class Children {
  readonly #attempt: HeldAttempt;
  readonly #tasks: Tasks;
  #count = 0;

  constructor(attempt: HeldAttempt, tasks: Tasks) {
    this.#attempt = attempt;
    this.#tasks = tasks;
  }

  /** See `TaskContext.submit`. */
  async submit({ name }: Pick<Task, "name">, payload?: unknown, options: ChildOptions = {}): Promise<string> {
    const { id: parentId } = this.#attempt.claimed.job;
    const id = childIdOf(parentId, options.key ?? this.#count++); // before anything is waited for
    const now = this.#attempt.startedAt + Math.round(this.#attempt.ranMs); // by Redis' clock
    const made = await newJob(id, requestOf(name, payload, options, now), this.#tasks, "", now);
    const isSensitive = this.#tasks.get(name)?.sensitive; // then what its schema threw may hold what is secret
    if (made instanceof Error) throw failed(name, made.message, isSensitive ? undefined : made.cause);
    const { trace } = this.#attempt;
    const job: NewJob = trace ? { ...made, traceparent: trace.traceparent } : made;
    const submitted = await this.#attempt.submit(job);
    const holder = submitted.outcome === "full" ? undefined : submitted.conflicts?.get(0);
    if (holder !== undefined) return holder;
    const there = submitted.outcome === "exists" ? submitted.jobs[0] : undefined;
    if (there && there.task !== name)
      throw failed(name, `an earlier attempt submitted ${there.task} here: submit in the same order, or give a key`);
    return id;
  }
}

/** Hands a job that an attempt submits to the queue. */
export async function submitChild(
  {
    queue,
    log,
    observers = [],
  }: {
    queue: Pick<WorkerQueue, "submit" | "injectedNow">;
    log: Log;
    observers?: readonly Observer[];
  },
  job: NewJob,
  parent: HeldAttempt,
): Promise<SubmitOutcome> {
  const submitted = await queue.submit([{ ...job, createdAt: queue.injectedNow() ?? job.createdAt }]);
  const of = { task: job.task, parent_id: parent.claimed.job.id };
  const holder = submitted.outcome === "full" ? undefined : submitted.conflicts?.get(0);
  if (holder !== undefined) {
    log("info", "unique_conflict", { job_id: holder, ...of });
    for (const observer of observers) observer.conflicted(job);
    return submitted;
  }
  const replayed = submitted.outcome === "exists" ? { replayed: true } : {};
  log("info", "submit", { job_id: job.id, ...of, ...replayed });
  if (submitted.outcome === "accepted") for (const observer of observers) observer.submitted(job);
  return submitted;
}

/** @throws Error where an option is wrong, or JSON cannot hold the payload */
function requestOf(task: string, payload: unknown, options: ChildOptions, now: number): JobRequest {
  const { key, priority, delaySeconds, expiresSeconds, maxRetries, unique } = options;
  const runAt = options.runAt === undefined ? undefined : new Date(options.runAt).getTime();
  const latest = now + YEAR_SECONDS * 1_000;
  if (key === "") throw failed(task, "key must not be empty");
  if (priority !== undefined && !PRIORITIES.includes(priority))
    throw failed(task, `priority must be ${PRIORITIES.join(", ")}`);
  if (delaySeconds !== undefined && !(delaySeconds >= 0 && delaySeconds <= YEAR_SECONDS))
    throw failed(task, "delaySeconds must be 0 to a year");
  if (runAt !== undefined && !(runAt <= latest)) throw failed(task, "runAt must be an instant within a year");
  if (expiresSeconds !== undefined && !(expiresSeconds > 0 && expiresSeconds <= YEAR_SECONDS))
    throw failed(task, "expiresSeconds must be positive, and at most a year");
  if (maxRetries !== undefined && !(Number.isInteger(maxRetries) && maxRetries >= 0 && maxRetries <= 100))
    throw failed(task, "maxRetries must be 0 to 100");
  if (unique !== undefined && !uniqueRule().safeParse(unique).success)
    throw failed(task, 'unique must be { key: 1 to 512 characters, until: "started", "finished" or seconds }');
  const text = textOf(task, payload);
  return {
    task,
    // As the task will get it: what JSON changes, a Date for one, must fit the schema changed.
    payload: text === undefined ? undefined : JSON.parse(text),
    priority,
    delay_seconds: delaySeconds,
    run_at: runAt === undefined ? undefined : new Date(runAt).toISOString(),
    expires_seconds: expiresSeconds,
    max_retries: maxRetries,
    unique,
  };
}

function textOf(task: string, payload: unknown): string | undefined {
  try {
    return jsonTextOf(payload, "payload");
  } catch (cause) {
    throw failed(task, describe(cause).message, cause);
  }
}

function failed(task: string, why: string, cause?: unknown): Error {
  return new Error(`the job of ${task} was not submitted: ${why}`, { cause });
}
