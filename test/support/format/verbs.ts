import type { NewJob } from "../../../lib/queue/job.ts";
import type { Ending, WorkerQueue } from "../../../lib/queue/worker-queue.ts";
import type { OldEnding, OldVersion } from "./old-version.ts";

/** The job that a verb is for, and the token under which it runs or ran. */
interface Of {
  id: string;
  token: string;
  task: string;
}

/** One verb, as today's code sends it and as 0.2.0 does. Both answer in the same few words. */
export interface BothWays {
  name: string;
  /** How long after the case. Default 0. */
  waitMs?: number;
  today(queue: WorkerQueue, of: Of): Promise<unknown>;
  old(old: OldVersion, of: Of): Promise<unknown>;
}

const HOUR = 3_600_000;
export const NEW: NewJob = {
  id: "00000000-0000-4000-8000-00000000000c",
  task: "note",
  priority: "normal",
  maxRetries: 3,
  createdAt: 1_800_000_000_000,
  payload: "1",
};
const recordOf = (id: string) =>
  `{"v":1,"status":"pending","retries":0,"job_id":"${id}","task":"note","max_retries":3,"created_at":1800000000000,"payload":"1"}`;
export const NEW_RECORD = recordOf(NEW.id);

const WHOLE = '{"name":"Boom","message":"it broke"}';
const BRIEF = ',"error":"Boom","message":"it broke"';
const LOG = '[{"at":1,"message":"tried"}]';
const error = { error: "Boom", message: "it broke", whole: WHOLE, log: LOG };

type Unclaimed<E> = E extends Ending ? Omit<E, "id" | "token"> : never;
interface SameEnding {
  old: OldEnding;
  today: Unclaimed<Ending>;
}

/** Endings as 0.2.0 says them, and as today's code does. */
export const ENDINGS: SameEnding[] = [
  { old: { outcome: "completed", details: ["1", LOG] }, today: { outcome: "completed", result: "1", log: LOG } },
  {
    old: { outcome: "retry", delayMs: 2_000, details: [BRIEF, WHOLE, LOG] },
    today: { outcome: "retry", delayMs: 2_000, ...error },
  },
  { old: { outcome: "failed", details: [BRIEF, WHOLE, LOG] }, today: { outcome: "failed", ...error } },
  {
    old: { outcome: "deferred", delayMs: 15_000, details: [] },
    today: { outcome: "deferred", delayMs: 15_000 },
  },
  {
    old: { outcome: "snoozed", delayMs: 60_000, details: [LOG] },
    today: { outcome: "snoozed", delayMs: 60_000, log: LOG },
  },
  { old: { outcome: "released", details: [] }, today: { outcome: "released" } },
];

export function sameEnding({ today }: SameEnding, id: string, token: string): Ending {
  return { ...today, id, token } as Ending;
}

async function claimToday(queue: WorkerQueue, token: string, count: number, tasks: string[] = []): Promise<unknown> {
  const { claimed } = await queue.step({ claim: { token, count, arrived: true, tasks } });
  const { jobs, wake, more, reclaimed, missing, isolated, suspects } = claimed!;
  const words = { jobs: jobs.map(({ job }) => job.id), payloads: jobs.map(({ payload }) => payload ?? "") };
  return {
    ...words,
    wake,
    more,
    reclaimed: reclaimed.flatMap(({ id, status }) => [id, status]),
    missing,
    isolated,
    suspects,
  };
}

async function claimOld(old: OldVersion, token: string, count: number, tasks = ""): Promise<unknown> {
  const reply = (await old.claim({ token, count, tasks })) as [...unknown[]];
  const [, wake, more, , records, payloads, reclaimed, missing, isolated, suspects] = reply;
  const jobs = (records as string[]).map((text) => JSON.parse(text) as { job_id: string; payload?: string });
  const given = payloads as string[];
  const payloadOf = (id: string) => (given.includes(id) ? given[given.indexOf(id) + 1] : "");
  return {
    jobs: jobs.map(({ job_id }) => job_id),
    payloads: jobs.map(({ job_id, payload }) => payload ?? payloadOf(job_id)),
    wake: wake === 1,
    more: more === 1,
    reclaimed,
    missing,
    isolated: isolated === 1,
    suspects: suspects === 1,
  };
}

/** Every verb, of clients and of workers. */
export const VERBS: BothWays[] = [
  {
    name: "submit",
    today: async (queue) => (await queue.submit([NEW])).outcome,
    old: async (old) => ((await old.submit(NEW.id, recordOf(NEW.id))) as string[])[0],
  },
  {
    name: "submit again",
    today: async (queue, { id }) => (await queue.submit([{ ...NEW, id }])).outcome,
    old: async (old, { id }) => ((await old.submit(id, recordOf(id))) as string[])[0],
  },
  {
    name: "claim",
    today: (queue) => claimToday(queue, "n.1", 10),
    old: (old) => claimOld(old, "n.1", 10),
  },
  {
    name: "claim by a worker that knows the task",
    today: (queue, { task }) => claimToday(queue, "n.1", 10, [task]),
    old: (old, { task }) => claimOld(old, "n.1", 10, task),
  },
  {
    name: "claim again",
    today: (queue, { token }) => claimToday(queue, token, 10),
    old: (old, { token }) => claimOld(old, token, 10),
  },
  {
    name: "claim nothing, an hour later",
    waitMs: HOUR,
    today: (queue) => claimToday(queue, "n.1", 0),
    old: (old) => claimOld(old, "n.1", 0),
  },
  {
    name: "claim, an hour later",
    waitMs: HOUR,
    today: (queue) => claimToday(queue, "n.1", 10),
    old: (old) => claimOld(old, "n.1", 10),
  },
  ...ENDINGS.flatMap((ending): BothWays[] => [
    {
      name: `settle ${ending.old.outcome}`,
      waitMs: 50,
      today: async (queue, { id, token }) => (await queue.step({ settle: [sameEnding(ending, id, token)] })).settled,
      old: async (old, { id, token }) => [((await old.settle(id, token, ending.old)) as string[])[1] ?? "settled"],
    },
  ]),
  {
    name: "settle under another token",
    today: async (queue, { id }) =>
      (await queue.step({ settle: [{ id, token: "n.9", outcome: "completed", result: "1" }] })).settled,
    old: async (old, { id }) => [
      ((await old.settle(id, "n.9", { outcome: "completed", details: ["1"] })) as string[])[1] ?? "settled",
    ],
  },
  {
    name: "extend",
    waitMs: 1_000,
    today: async (queue, { id, token }) => (await queue.step({ extend: [{ id, token }] })).extended,
    old: (old, { id, token }) => old.extend(id, token, ""),
  },
  {
    name: "extend with progress",
    waitMs: 1_000,
    today: async (queue, { id, token }) =>
      (await queue.step({ extend: [{ id, token, progress: { percent: 7, note: "x" } }] })).extended,
    old: (old, { id, token }) => old.extend(id, token, '"progress":7,"note":"x",'),
  },
  {
    name: "cancel",
    waitMs: 1_000,
    today: async (queue, { id }) => (await queue.cancel(id)).outcome,
    old: async (old, { id }) => ((await old.cancel(id)) as string[])[0],
  },
  {
    name: "redrive",
    waitMs: 1_000,
    today: async (queue, { id }) => (await queue.redrive(id, "request-2")).outcome,
    old: async (old, { id }) => ((await old.redrive(id, "request-2")) as string[])[0],
  },
  {
    name: "trim, eight days later",
    waitMs: 8 * 24 * HOUR,
    today: async (queue) => {
      const { completed, failed, cancelled } = await queue.trim();
      return [completed, failed, cancelled];
    },
    old: (old) => old.trim(),
  },
  {
    name: "stats",
    today: async (queue) => {
      const { ready, suspects, scheduled, timers, processing, completed, failed, cancelled } = await queue.stats();
      const inScheduled = scheduled + timers;
      return [ready.high, ready.normal, ready.low, suspects, inScheduled, processing, completed, failed, cancelled];
    },
    old: async (old) => ((await old.stats()) as unknown[]).slice(1, 10),
  },
  {
    name: "limit",
    today: (queue) => queue.limit("ci", { jobs: 7, periodMs: 60_000 }),
    old: (old) => old.limit("ci"),
  },
];
