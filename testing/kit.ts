import { jsonOf } from "../lib/http/body.ts";
import { JobRequest } from "../lib/jobs/job-request.ts";
import { newJob } from "../lib/jobs/new-job.ts";
import { createLog } from "../lib/observability/log.ts";
import type { LogLine } from "../lib/observability/task-log.ts";
import type { Job, NewJob, Priority } from "../lib/queue/job.ts";
import { keysOf } from "../lib/queue/keys.ts";
import { WorkerQueue } from "../lib/queue/worker-queue.ts";
import { redisCommands } from "../lib/redis/commands.ts";
import { detailed, parsed } from "../lib/routes/details.ts";
import { check } from "../lib/schema/check.ts";
import type { InferInput, StandardSchema } from "../lib/schema/standard.ts";
import { indexTasks, type Task } from "../lib/tasks.ts";
import { HeldAttempt } from "../lib/worker/attempt.ts";
import { type DrainSummary, drain } from "../lib/worker/drain.ts";
import { createEmbedded } from "../packages/redis-rest-local/src/embedded/embedded.ts";
import { inProcess } from "../packages/redis-rest-local/src/requester.ts";
import { type Duration, msOf } from "./duration.ts";

/** The settings of a test kit. */
export interface KitOptions {
  /** The time at which the clock starts, ms since the epoch. Default 2030-01-01. */
  now?: number;
  /** How many jobs run at the same time. Default 10. */
  concurrency?: number;
}

/** How a job is to run. */
export interface KitSubmitOptions {
  priority?: Priority;
  delay?: Duration;
  maxRetries?: number;
  /** The trace context of the submitting request. The task's `job.traceparent` belongs to the same trace. */
  traceparent?: string;
}

/** A job as it is now, with its payload and result decoded, its newest attempt's log, and whole errors in its attempts. */
export type KitJob = Omit<Job, "token" | "attempts"> & {
  payload?: unknown;
  result?: unknown;
  log?: LogLine[];
  /** The attempts. `detail` is the whole error; the first and the last attempt that failed have it. */
  attempts: ReturnType<typeof detailed>;
};

/** A queue for tests; see `createTestKit`. */
export interface TestKit {
  /**
   * Submits a job and returns its id. The payload goes through JSON and is checked as the API checks it, so the task gets a
   * Date as text, and no member that is undefined.
   *
   * @throws Problem if the API would refuse the job; TypeError if JSON cannot hold the payload
   */
  submit<Schema extends StandardSchema>(
    task: Task<string, Schema>,
    payload?: InferInput<Schema>,
    options?: KitSubmitOptions,
  ): Promise<string>;
  /** Runs jobs until none is ready. Does not wait for jobs that are due later: `advance` does. */
  drain(): Promise<DrainSummary>;
  /**
   * Runs what is ready, then moves the clock and runs what becomes due on the way, each at its time: retries, delayed jobs,
   * jobs of crashed workers.
   */
  advance(by: Duration): Promise<void>;
  /** Lets a worker claim what is ready and crash: before it runs the jobs, or after it ran them but before it reported. */
  crash(when?: "before the run" | "after the run"): Promise<void>;
  /** Cancels a job that has not finished. Does nothing if it has, or if there is no such job. */
  cancel(id: string): Promise<void>;
  /** Returns a job as it is now. @throws Error if there is no such job */
  job(id: string): Promise<KitJob>;
  /** Returns the time of the clock that `advance` moves, ms since the epoch. */
  now(): number;
  /** The queue itself, for what the kit has no verb for. */
  queue: WorkerQueue;
  /** Frees the queue's memory. */
  close(): Promise<void>;
}

const LEASE_MS = 30_000;
/** The listeners of a worker that is about to crash: nobody hears of what happens in it, except for what its tasks submit. */
const NOBODY = { progressed: () => {}, said: () => {}, blockedMs: () => 0, computed: () => {} };

/**
 * Makes a queue in memory, with the scripts that run in production and a clock that is moved by hand. A task's test needs
 * no Redis, no port, no process and no sleep. The task itself runs in real time.
 */
export async function createTestKit(list: readonly Task[], options: KitOptions = {}): Promise<TestKit> {
  const { concurrency = 10 } = options;
  const clock = { now: options.now ?? Date.UTC(2030, 0, 1) };
  const store = await createEmbedded({ now: () => clock.now });
  const redis = redisCommands(inProcess(store));
  const queue = new WorkerQueue(redis, { leaseMs: LEASE_MS, lingerMs: 0 });
  const keys = keysOf();
  const tasks = indexTasks(list);

  let claims = 0;
  const nextToken = () => `kit.${++claims}`;
  const parts = {
    queue,
    tasks,
    concurrency,
    nextToken,
    log: createLog("silent"),
    wake: async () => {},
  };
  const drainNow = () => drain(parts, { remainingMs: () => Number.POSITIVE_INFINITY });

  /** Returns when the next thing happens by itself: a job is due, or a lease runs out. */
  async function nextAt(): Promise<number> {
    const [due, expiry] = await Promise.all(
      [keys.scheduled, keys.leases].map((key) => redis.zrange(key, 0, 0, { withScores: true })),
    );
    return Math.min(...[due, expiry].map((entry) => Number(entry?.[1] ?? Number.POSITIVE_INFINITY)));
  }

  return {
    queue,
    now: () => clock.now,
    close: () => store.close(),
    drain: drainNow,

    async submit(task, payload, { priority, delay, maxRetries, traceparent } = {}) {
      if (tasks.get(task.name) !== task) throw new Error(`unknown task ${task.name}: add it to createTestKit's list`);
      const request = sent({
        task: task.name,
        payload,
        priority,
        max_retries: maxRetries,
        ...(delay === undefined ? {} : { delay_seconds: msOf(delay) / 1_000 }),
      });
      const id = crypto.randomUUID();
      const made = await newJob(id, request, tasks, "");
      if (made instanceof Error) throw made;
      await queue.submit([{ ...made, createdAt: clock.now, ...(traceparent === undefined ? {} : { traceparent }) }]);
      return id;
    },

    async advance(by) {
      const until = clock.now + msOf(by);
      await drainNow();
      for (let at = await nextAt(); at <= until; at = await nextAt()) {
        clock.now = Math.max(clock.now, at);
        await drainNow();
      }
      clock.now = until;
    },

    async crash(when = "before the run") {
      const { claimed } = await queue.step({ claim: { token: nextToken(), count: concurrency, arrived: true } });
      if (when === "before the run") return;
      const submit = (child: NewJob) => queue.submit([{ ...child, createdAt: clock.now }]);
      const jobs = (claimed?.jobs ?? []).filter(({ job }) => tasks.has(job.task));
      const runs = jobs.map(
        (job) =>
          new Promise<void>((ended) => {
            const claimedAt = { sentAt: 0, answeredAt: 0, redisNow: clock.now };
            const attempt = new HeldAttempt(job, claimedAt, { ...NOBODY, ended: () => ended(), submit });
            attempt.start(tasks, clock.now);
            attempt.watch();
          }),
      );
      await Promise.all(runs);
    },

    async cancel(id) {
      await queue.cancel(id);
    },

    async job(id) {
      const found = await queue.status(id);
      if (!found) throw new Error(`there is no job ${id}`);
      const { token: _, ...job } = found.job;
      return {
        ...job,
        ...(found.payload === undefined ? {} : { payload: parsed(found.payload) }),
        ...(found.result === undefined ? {} : { result: parsed(found.result) }),
        ...(found.log === undefined ? {} : { log: parsed(found.log) as LogLine[] }),
        attempts: detailed(found.job.attempts, found),
      };
    },
  };
}

/** Reads a request as the API does. @throws Problem if the API would refuse it; TypeError for a circle or a bigint */
function sent(request: Record<string, unknown>): JobRequest {
  return check(JobRequest(), jsonOf({ headers: {}, body: Buffer.from(JSON.stringify(request)) }));
}
