import { clientOver } from "../client/client.ts";
import { WakeqError } from "../client/errors.ts";
import { type Core, type Cored, coreOf, createCore } from "../lib/app/core.ts";
import { environmentWith } from "../lib/config/config.ts";
import { inProcess } from "../lib/define/in-process.ts";
import type { Queue } from "../lib/define/queue-types.ts";
import { scheduleVerbs } from "../lib/define/schedule-verbs.ts";
import { Problem, problems } from "../lib/errors.ts";
import { jsonOf } from "../lib/http/body.ts";
import { JobRequest } from "../lib/jobs/job-request.ts";
import { newJob } from "../lib/jobs/new-job.ts";
import { createLog } from "../lib/observability/log.ts";
import type { LogLine } from "../lib/observability/task-log.ts";
import type { NewJob } from "../lib/queue/job.ts";
import { pause, resume } from "../lib/queue/pauses.ts";
import { detailed, parsed } from "../lib/routes/details.ts";
import { pauseSchedule, resumeSchedule } from "../lib/routes/schedules.ts";
import { check } from "../lib/schema/check.ts";
import type { Task, Tasks } from "../lib/tasks.ts";
import { HeldAttempt } from "../lib/worker/attempt.ts";
import { drain } from "../lib/worker/drain.ts";
import { msOf } from "./duration.ts";
import { createKitApp, type KitApp } from "./kit-app.ts";
import type { KitAdvanceOptions, KitOptions, KitSubmitOptions, TestKit } from "./kit-types.ts";

/** The listeners of a worker that is about to crash: nobody hears of what happens in it, except for what its tasks submit. */
const NOBODY = { progressed: () => {}, said: () => {}, blockedMs: () => 0, computed: () => {} };

/**
 * Makes a queue in memory, with the scripts that run in production and a clock that is moved by hand. A task's test needs
 * no Redis, no port, no process and no sleep. The task itself runs in real time.
 *
 * Given a queue made by `defineQueue`, the kit takes its tasks and options, and until `close` everything that the application
 * does with that queue (`queue.submit` in a route, `queue.fetch`, `queue.drain`) happens in the kit. Nobody is woken: jobs run
 * when the kit is told to. Given a list of tasks, or a function that loads one, the defaults hold.
 *
 * @throws Error where another kit holds the queue; ConfigError where a setting of the queue is wrong
 */
export async function createTestKit<const Tasks extends readonly Task[]>(
  given: Queue<Tasks> | Tasks | (() => Promise<Tasks>),
  options: KitOptions = {},
): Promise<TestKit<Tasks>> {
  const clock = { now: options.now ?? Date.now() };
  const now = () => clock.now;
  const isBare = typeof given === "function" || isList(given);
  const core = isBare ? createCore({ tasks: given }) : coreOf(given as Cored);
  const lent = lend(core, createKitApp(core, isBare ? {} : environmentWith(core.settings), now));
  try {
    return await kitOver(core, await lent.opening, clock, options, lent.giveBack);
  } catch (error) {
    lent.giveBack();
    throw error;
  }
}

function isList(given: object): given is readonly Task[] {
  return Array.isArray(given);
}

/** Lets a queue work in the kit, until it is given back. A call that comes while the kit opens waits for it. */
function lend(core: Core, opening: Promise<KitApp>) {
  const { given } = core;
  if (given.standIn) throw new Error("another test kit holds this queue: close it first");
  given.standIn = async () => (await opening).app;
  const giveBack = () => {
    given.standIn = undefined;
  };
  return { opening, giveBack };
}

async function kitOver<Tasks extends readonly Task[]>(
  core: Core,
  { app, close }: KitApp,
  clock: { now: number },
  { concurrency = app.config.worker.concurrency }: KitOptions,
  giveBack: () => void,
): Promise<TestKit<Tasks>> {
  const { queue, keys, redis } = app;
  const now = () => clock.now;
  const tasks = await app.tasks();
  let claims = 0;
  const nextToken = () => `kit.${++claims}`;
  const parts = { queue, tasks, concurrency, nextToken, log: createLog("silent"), wake: async () => {} };
  const drainNow = () => drain(parts, { remainingMs: () => Number.POSITIVE_INFINITY });

  /** Returns when the next thing happens by itself: a job is due, or a lease runs out. */
  async function nextAt(): Promise<number> {
    const [due, expiry] = await Promise.all(
      [keys.scheduled, keys.leases].map((key) => redis.zrange(key, 0, 0, { withScores: true })),
    );
    return Math.min(...[due, expiry].map((entry) => Number(entry?.[1] ?? Number.POSITIVE_INFINITY)));
  }

  async function forgetOld(): Promise<void> {
    while ((await queue.trim()).more);
  }

  const kit = {
    queue,
    now,
    drain: drainNow,
    schedules: scheduleVerbs(clientOver<Tasks>(inProcess(core)).schedules),

    async close() {
      giveBack();
      await close();
    },

    async submit(
      task: string | { name: string },
      payload?: unknown,
      { priority, delay, expires, maxRetries, unique, traceparent }: KitSubmitOptions = {},
    ) {
      const name = nameOf(task);
      const request = sent({
        task: name,
        payload,
        priority,
        max_retries: maxRetries,
        ...(expires === undefined ? {} : { expires_seconds: msOf(expires) / 1_000 }),
        unique,
        ...(delay === undefined ? {} : { delay_seconds: msOf(delay) / 1_000 }),
      });
      const id = crypto.randomUUID();
      const made = await newJob(id, request, tasks, "");
      if (made instanceof Problem) throw refused(made);
      const submitted = await queue.submit([{ ...made, ...(traceparent === undefined ? {} : { traceparent }) }]);
      return ("conflicts" in submitted && submitted.conflicts?.get(0)) || id;
    },

    async advance(by: Parameters<TestKit["advance"]>[0], { workers = true }: KitAdvanceOptions = {}) {
      const until = by instanceof Date ? Math.max(clock.now, by.getTime()) : clock.now + msOf(by);
      if (!workers) {
        clock.now = until;
        return;
      }
      await drainNow();
      for (let at = await nextAt(); at <= until; at = await nextAt()) {
        clock.now = Math.max(clock.now, at);
        await drainNow();
      }
      clock.now = until;
      await forgetOld();
    },

    async crash(when: Parameters<TestKit["crash"]>[0] = "before the run") {
      const { claimed } = await queue.step({ claim: { token: nextToken(), count: concurrency, arrived: true } });
      if (when === "before the run") return;
      const jobs = (claimed?.jobs ?? []).filter(({ job }) => tasks.has(job.task));
      const runs = jobs.map(
        (job) =>
          new Promise<void>((ended) => {
            const claimedAt = { sentAt: 0, answeredAt: 0, redisNow: clock.now };
            const events = { ...NOBODY, ended: () => ended(), submit: (child: NewJob) => queue.submit([child]) };
            const attempt = new HeldAttempt(job, claimedAt, events);
            attempt.start(tasks, clock.now);
            attempt.watch();
          }),
      );
      await Promise.all(runs);
    },

    async cancel(id: string) {
      await queue.cancel(id);
    },

    async runNow(id: string) {
      await queue.runNow(id);
    },

    async delete(id: string) {
      await queue.delete([id]);
    },

    async pause({ until, ...what }: WhatToPause & { until?: Date | string | number } = {}) {
      const { task, schedule } = whatIn(what, tasks);
      const untilMs = until === undefined ? undefined : new Date(until).getTime();
      const outcome = Number.isNaN(untilMs)
        ? "past"
        : schedule === undefined
          ? await pause({ redis, keys, now }, { task, until: untilMs })
          : await pauseSchedule(app, schedule, untilMs).catch(rethrown);
      if (outcome === "full") throw new RangeError("too many tasks are paused: resume one of them first");
      if (outcome !== "paused") throw new RangeError(`until: expected an instant within a year from now, got ${until}`);
    },

    async resume(what: WhatToPause = {}) {
      const { task, schedule } = whatIn(what, tasks);
      if (schedule !== undefined) await resumeSchedule(app, schedule).catch(rethrown);
      else await resume({ redis, keys, now }, { task });
    },

    async job(id: string) {
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
  return kit as unknown as TestKit<Tasks>;
}

interface WhatToPause {
  task?: string | { name: string };
  schedule?: string;
}

/** Names what to pause or resume. @throws TypeError where that is no task of the queue, or a task and a schedule */
function whatIn(what: WhatToPause, tasks: Tasks): { task: string | undefined; schedule: string | undefined } {
  const { schedule } = what;
  const task = nameOf(what.task);
  if (task !== undefined && schedule !== undefined) throw new TypeError("expected a task or a schedule, got both");
  const isTask = schedule === undefined && "task" in what;
  if (isTask && !(task !== undefined && tasks.has(task))) throw new TypeError(`there is no task ${task}`);
  return { task, schedule };
}

function nameOf(task: string | { name: string } | undefined): string | undefined {
  return typeof task === "object" ? task.name : task;
}

/** Reads a request as the API does. @throws WakeqError if the API would refuse it; TypeError for a circle or a bigint */
function sent(request: Record<string, unknown>): JobRequest {
  const body = Buffer.from(JSON.stringify(request));
  try {
    return check(JobRequest(), jsonOf({ headers: {}, body }));
  } catch (error) {
    return rethrown(error);
  }
}

function rethrown(error: unknown): never {
  throw error instanceof Problem ? refused(error) : error;
}

/** Makes the error with which the queue's own verbs refuse the same. */
function refused({ code, message: detail, faults: errors, retryAfterSeconds, cause }: Problem): WakeqError {
  const { status } = problems[code];
  return new WakeqError({ status, code, detail, errors, retryAfterSeconds, afterLostReply: false, cause });
}
