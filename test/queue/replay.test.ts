import { expect, it } from "vitest";
import type { NewJob } from "../../lib/queue/job.ts";
import type { Keys } from "../../lib/queue/keys.ts";
import { call, run } from "../../lib/queue/script.ts";
import type { Ending, WorkerQueue } from "../../lib/queue/worker-queue.ts";
import { job, record, START, useRedis } from "../support/redis.ts";
import { SCRIPTS } from "../support/scripts.ts";
import type { Contents } from "../support/store.ts";
import {
  claim,
  completed,
  deferred,
  extend,
  failed,
  released,
  retry,
  running,
  settle,
  snoozed,
} from "../support/verbs.ts";

const redis = useRedis();
const LEASE_MS = 30_000;
const DAY = 86_400_000;

type Event = (queue: WorkerQueue, keys: Keys) => Promise<unknown>;
interface Replay {
  /** What happened since the call was first sent. Absent: nothing, it was sent again at once. */
  after?: string;
  events?: Event[];
  /** The answer to the same call now. */
  answer: unknown;
  /** What the second run changes, nothing unless the script's header says so. */
  changes?: (before: Contents) => Contents;
}
interface Case {
  name: string;
  arrange?: Event[];
  call: Event;
  first: unknown;
  again: Replay[];
}

// Leases of one instant are taken back in the order of their ids.
const a: NewJob = job({ id: "00000000-0000-4000-8000-00000000000a", payload: "[]" });
const b: NewJob = job({ id: "00000000-0000-4000-8000-00000000000b", priority: "low" });
const bothIds = [{ job: { id: a.id } }, { job: { id: b.id } }];

const submitted: Event = (queue) => queue.submit([a, b]);
const claimed: Event = (queue) => running(queue, [a, b]);
const move =
  (ms: number): Event =>
  async () => {
    redis.clock.now += ms;
  };
const forgetWake: Event = (_, keys) => redis.redis.del(keys.wake);
const claimedBy =
  (worker: string): Event =>
  (queue) =>
    claim(queue, { token: `${worker}.1` });
/** Its worker crashed, and another one claims it. */
const takenOver: Event[] = [move(LEASE_MS), claimedBy("v")];
const cancelled: Event = (queue) => queue.cancel(a.id);
/** The worker of a cancelled job hears of it. */
const told: Event = (queue) => extend(queue, { id: a.id, token: "w.1" });
const redriven: Event = (queue) => queue.redrive(a.id, "another request");
const trimmed: Event[] = [move(8 * DAY), (queue) => queue.trim()];
const leasesAt =
  (...ids: string[]) =>
  (before: Contents): Contents => ({
    ...before,
    leases: { ...before.leases, ...Object.fromEntries(ids.map((id) => [id, redis.clock.now + LEASE_MS])) },
  });

const CASES: Record<keyof typeof SCRIPTS, Case[]> = {
  submit: [
    {
      name: "of two jobs",
      call: submitted,
      first: { outcome: "accepted", wake: true },
      again: [
        { answer: { outcome: "exists", wake: true, jobs: [{ id: a.id }, { id: b.id }] } },
        { after: "the wake-up expired", events: [forgetWake], answer: { outcome: "exists", wake: true } },
        { after: "one was claimed", events: [(queue) => claim(queue, { count: 1 })], answer: { outcome: "exists" } },
        { after: "both were claimed", events: [claimedBy("w")], answer: { outcome: "exists", wake: false } },
        {
          after: "both have finished",
          events: [claimedBy("w"), (queue) => settle(queue, completed(a, "1"), failed(b))],
          answer: { outcome: "exists", wake: false, jobs: [{ status: "completed" }, { status: "failed" }] },
        },
      ],
    },
    {
      name: "of a delayed job",
      call: (queue) => queue.submit([{ ...a, when: { delayMs: 1_000 } }]),
      first: { outcome: "accepted", wake: true },
      again: [
        { answer: { outcome: "exists", wake: true } },
        { after: "it was due", events: [move(2_000)], answer: { outcome: "exists", wake: true } },
        {
          after: "it waits for its retry",
          events: [move(2_000), claimedBy("w"), (queue) => settle(queue, retry(a, 60_000))],
          answer: { outcome: "exists", wake: false },
        },
      ],
    },
  ],
  claim: [
    {
      name: "of two jobs",
      arrange: [submitted],
      call: claimedBy("w"),
      first: { jobs: bothIds, more: false },
      again: [
        { answer: { jobs: bothIds, more: true, wake: false } },
        { after: "a second", events: [move(1_000)], answer: { jobs: bothIds }, changes: leasesAt(a.id, b.id) },
        {
          after: "one was settled",
          events: [move(1_000), (queue) => settle(queue, completed(a))],
          answer: { jobs: [{ job: { id: b.id } }] },
          changes: leasesAt(b.id),
        },
        {
          after: "both were given back",
          events: [(queue) => settle(queue, released(a), released(b))],
          answer: { jobs: [] },
        },
        { after: "one was cancelled", events: [cancelled], answer: { jobs: [{ job: { id: b.id } }] } },
        { after: "another worker took them over", events: takenOver, answer: { jobs: [] } },
        { after: "more was submitted", events: [(queue) => queue.submit([job()])], answer: { jobs: bothIds } },
      ],
    },
    {
      name: "that leaves a job",
      arrange: [submitted],
      call: (queue) => claim(queue, { count: 1 }),
      first: { jobs: [{ job: { id: a.id } }], more: true, wake: true },
      again: [
        { answer: { jobs: [{ job: { id: a.id } }], more: true, wake: true } },
        {
          after: "another took the rest",
          events: [claimedBy("v")],
          answer: { jobs: [{ job: { id: a.id } }], wake: false },
        },
      ],
    },
    {
      name: "that takes expired leases back",
      arrange: [claimed, move(LEASE_MS)],
      call: claimedBy("v"),
      first: { jobs: bothIds, reclaimed: [{ id: a.id }, { id: b.id }] },
      again: [{ answer: { jobs: bothIds, reclaimed: [] } }],
    },
    {
      name: "of nothing",
      call: claimedBy("w"),
      first: { jobs: [], more: false },
      again: [
        { answer: { jobs: [], more: false } },
        { after: "the queue was busy", events: [claimed], answer: { jobs: bothIds } },
      ],
    },
  ],
  settle: [
    {
      name: "as completed",
      arrange: [claimed],
      call: (queue) => settle(queue, completed(a, "1")),
      first: ["settled"],
      again: [
        { answer: ["settled"] },
        { after: "a day", events: [move(DAY)], answer: ["settled"] },
        { after: "it was forgotten", events: trimmed, answer: ["lost"] },
      ],
    },
    {
      name: "as to be tried again",
      arrange: [claimed],
      call: (queue) => settle(queue, retry(a)),
      first: ["settled"],
      again: [
        { answer: ["settled"] },
        { after: "it was claimed anew", events: [move(1_000), claimedBy("v")], answer: ["lost"] },
        {
          after: "the same worker claimed it",
          events: [move(1_000), (queue) => claim(queue, { token: "w.2" })],
          answer: ["lost"],
        },
        { after: "it was cancelled", events: [cancelled], answer: ["settled"] },
        { after: "it was cancelled and redriven", events: [cancelled, redriven], answer: ["lost"] },
      ],
    },
    {
      name: "as deferred",
      arrange: [claimed],
      call: (queue) => settle(queue, deferred(a)),
      first: ["settled"],
      again: [
        { answer: ["settled"] },
        { after: "it was claimed anew", events: [move(1_000), claimedBy("v")], answer: ["lost"] },
        { after: "it was cancelled", events: [cancelled], answer: ["settled"] },
      ],
    },
    {
      name: "as snoozed",
      arrange: [claimed],
      call: (queue) => settle(queue, snoozed(a)),
      first: ["settled"],
      again: [
        { answer: ["settled"] },
        { after: "it was claimed anew", events: [move(1_000), claimedBy("v")], answer: ["lost"] },
        { after: "it was cancelled", events: [cancelled], answer: ["settled"] },
      ],
    },
    {
      name: "as completed with all that it may tell",
      arrange: [claimed],
      call: (queue) => settle(queue, { ...completed(a, "1"), startedAt: START + 5, log: "[]" } as Ending),
      first: ["settled"],
      again: [
        { answer: ["settled"] },
        { after: "it was cancelled too late", events: [cancelled], answer: ["settled"] },
      ],
    },
    {
      name: "as failed, with the error whole",
      arrange: [claimed],
      call: (queue) => settle(queue, { ...failed(a), startedAt: START + 5, whole: "{}", log: "[]" } as Ending),
      first: ["settled"],
      again: [{ answer: ["settled"] }, { after: "it was redriven", events: [redriven], answer: ["lost"] }],
    },
    {
      name: "as failed",
      arrange: [claimed],
      call: (queue) => settle(queue, failed(a)),
      first: ["settled"],
      again: [
        { answer: ["settled"] },
        { after: "it was redriven", events: [redriven], answer: ["lost"] },
        { after: "it was redriven and claimed", events: [redriven, claimedBy("v")], answer: ["lost"] },
        { after: "it was forgotten", events: trimmed, answer: ["lost"] },
      ],
    },
    {
      name: "as released",
      arrange: [claimed],
      call: (queue) => settle(queue, released(a)),
      first: ["settled"],
      again: [
        { answer: ["settled"] },
        { after: "it was claimed anew", events: [claimedBy("v")], answer: ["lost"] },
        {
          after: "another completed it",
          events: [claimedBy("v"), (queue) => settle(queue, completed(a, "2", "v.1"))],
          answer: ["lost"],
        },
      ],
    },
    {
      name: "of a whole batch",
      arrange: [claimed],
      call: (queue) => settle(queue, completed(a), retry(b)),
      first: ["settled", "settled"],
      again: [
        { answer: ["settled", "settled"] },
        { after: "the retry was claimed", events: [move(1_000), claimedBy("v")], answer: ["settled", "lost"] },
      ],
    },
    {
      name: "by a worker that lost its lease",
      arrange: [claimed, ...takenOver],
      call: (queue) => settle(queue, completed(a), failed(b)),
      first: ["lost", "lost"],
      again: [{ answer: ["lost", "lost"] }],
    },
  ],
  extend: [
    {
      name: "with a start",
      arrange: [claimed],
      call: (queue) => extend(queue, { id: a.id, token: "w.1", startedAt: START + 5 }),
      first: ["held"],
      again: [
        { answer: ["held"] },
        { after: "it was deferred", events: [(queue) => settle(queue, deferred(a))], answer: ["lost"] },
      ],
    },
    {
      name: "with progress",
      arrange: [claimed],
      call: (queue) => extend(queue, { id: a.id, token: "w.1", progress: { percent: 5, note: "on it" } }),
      first: ["held"],
      again: [
        { answer: ["held"] },
        { after: "a second", events: [move(1_000)], answer: ["held"], changes: leasesAt(a.id) },
        { after: "it completed", events: [(queue) => settle(queue, completed(a))], answer: ["lost"] },
        { after: "it waits again", events: [(queue) => settle(queue, retry(a))], answer: ["lost"] },
        { after: "it was given back", events: [(queue) => settle(queue, released(a))], answer: ["lost"] },
        { after: "it was cancelled", events: [cancelled, told], answer: ["cancelled"] },
        { after: "another took it over", events: takenOver, answer: ["lost"] },
      ],
    },
  ],
  cancel: [
    ...[
      { name: "of a ready job", arrange: [submitted] },
      { name: "of a running job", arrange: [claimed] },
      {
        name: "of a job that waits for its retry",
        arrange: [claimed, (queue: WorkerQueue) => settle(queue, retry(a))],
      },
    ].map((of) => ({
      ...of,
      call: cancelled,
      first: { outcome: "cancelled", job: { status: "cancelled" } },
      again: [
        { answer: { outcome: "cancelled", job: { status: "cancelled" } } },
        { after: "a second", events: [move(1_000)], answer: { outcome: "cancelled" } },
        {
          after: "its worker was done",
          events: [(queue: WorkerQueue) => settle(queue, completed(a))],
          answer: { outcome: "cancelled" },
        },
        { after: "it was forgotten", events: trimmed, answer: { outcome: "missing" } },
      ],
    })),
    {
      name: "of a job that has finished",
      arrange: [claimed, (queue) => settle(queue, completed(a))],
      call: cancelled,
      first: { outcome: "finished" },
      again: [{ answer: { outcome: "finished" } }],
    },
  ],
  redrive: [
    ...[
      { name: "of a failed job", arrange: [claimed, (queue: WorkerQueue) => settle(queue, failed(a), completed(b))] },
      {
        name: "of a cancelled job",
        arrange: [claimed, cancelled, told, (queue: WorkerQueue) => settle(queue, completed(b))],
      },
    ].map((of) => ({
      ...of,
      call: (queue: WorkerQueue) => queue.redrive(a.id, "r"),
      first: { outcome: "redriven", wake: true, job: { status: "pending" } },
      again: [
        { answer: { outcome: "redriven", wake: true, job: { status: "pending" } } },
        { after: "the wake-up expired", events: [forgetWake], answer: { outcome: "redriven", wake: true } },
        {
          after: "it was claimed",
          events: [claimedBy("v")],
          answer: { outcome: "redriven", wake: false, job: { status: "processing" } },
        },
        {
          after: "it failed once more",
          events: [claimedBy("v"), (queue: WorkerQueue) => settle(queue, failed(a, "v.1"))],
          answer: { outcome: "redriven", wake: false, job: { status: "failed" } },
        },
        {
          after: "it was cancelled",
          events: [cancelled],
          answer: { outcome: "redriven", job: { status: "cancelled" } },
        },
        { after: "it was cancelled and forgotten", events: [cancelled, ...trimmed], answer: { outcome: "missing" } },
      ],
    })),
    {
      name: "of a job that runs",
      arrange: [claimed],
      call: redriven,
      first: { outcome: "refused" },
      again: [{ answer: { outcome: "refused" } }],
    },
  ],
  trim: [
    {
      name: "of jobs past their retention",
      arrange: [claimed, (queue) => settle(queue, completed(a, "1"), failed(b)), move(2 * DAY)],
      call: (queue) => queue.trim(),
      first: { completed: 1, failed: 0, cancelled: 0, more: false },
      again: [
        { answer: { completed: 0, failed: 0, cancelled: 0, more: false } },
        { after: "an hour", events: [move(3_600_000)], answer: { completed: 0, failed: 0, cancelled: 0 } },
      ],
    },
  ],
  stats: [
    {
      name: "of a busy queue",
      arrange: [claimed, (queue) => settle(queue, failed(b)), (queue) => queue.submit([job()])],
      call: (queue) => queue.stats(),
      first: { processing: 1, failed: 1, ready: { normal: 1 } },
      again: [{ answer: { processing: 1, failed: 1, ready: { normal: 1 } } }],
    },
  ],
  records: [
    {
      name: "of two jobs and of one that there is not",
      arrange: [submitted],
      call: (_, keys) => run(redis.redis, [call(SCRIPTS.records, keys, { bytes: 10_000 }, [a.id, b.id, "c"])]),
      first: [[JSON.stringify(record(a)), JSON.stringify(record(b)), ""]],
      again: [{ answer: [[JSON.stringify(record(a)), JSON.stringify(record(b)), ""]] }],
    },
  ],
  leased: [
    {
      name: "of two jobs",
      arrange: [claimed],
      call: (_, keys) => run(redis.redis, [call(SCRIPTS.leased, keys, { limit: 10 })]),
      first: [[a.id, String(START), b.id, String(START)]],
      again: [{ answer: [[a.id, String(START), b.id, String(START)]] }],
    },
  ],
  limit: [
    {
      name: "of two requests, of which the second is paid for too",
      call: (queue) => queue.limit("ann", { jobs: 2, periodMs: 60_000 }),
      first: 0,
      again: [
        { answer: 0 },
        {
          after: "a second one",
          events: [(queue) => queue.limit("ann", { jobs: 2, periodMs: 60_000 })],
          answer: 30_000,
        },
      ],
    },
  ],
};

const replays = Object.entries(CASES).flatMap(([script, cases]) =>
  cases.flatMap(({ again, ...of }) =>
    again.map((replay) => ({ ...of, ...replay, script, after: replay.after ?? "nothing else" })),
  ),
);

it.each(replays)(
  "$script $name, sent again after $after",
  async ({ arrange = [], call, first, events = [], answer, changes }) => {
    const { queue, store, keys } = redis.queue({ leaseMs: LEASE_MS, wakeMs: 60_000 });
    for (const event of arrange) await event(queue, keys);
    expect(await call(queue, keys)).toEqual(answerLike(first));
    for (const event of events) await event(queue, keys);
    const before = await store.all();
    expect(await call(queue, keys)).toEqual(answerLike(answer));
    expect(await store.all()).toEqual(changes ? changes(before) : before);
  },
);

/** Of an object, what is written down; of anything else, all of it. */
function answerLike(expected: unknown): unknown {
  if (Array.isArray(expected)) return expected.map(answerLike);
  if (typeof expected !== "object" || expected === null) return expected;
  return expect.objectContaining(
    Object.fromEntries(Object.entries(expected).map(([name, value]) => [name, answerLike(value)])),
  );
}
