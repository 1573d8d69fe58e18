import type { WorkerQueue } from "../../../lib/queue/worker-queue.ts";
import { completed, failed, retry, settle } from "../../support/verbs.ts";
import {
  a,
  b,
  type Case,
  cancelled,
  claimed,
  claimedBy,
  forgetWake,
  move,
  redriven,
  submitted,
  trimmed,
} from "./events.ts";

const delayed = (queue: WorkerQueue) => queue.submit([{ ...a, when: { delayMs: 600_000 } }]);
const runNow = (queue: WorkerQueue) => queue.runNow(a.id);
const deleted = (queue: WorkerQueue) => queue.delete([a.id, b.id]);

export const runNows: Case[] = [
  ...[
    { name: "of a delayed job", arrange: [delayed] },
    {
      name: "of a job that waits for its retry",
      arrange: [claimed, (queue: WorkerQueue) => settle(queue, retry(a, 600_000), completed(b)), forgetWake],
    },
  ].map((of) => ({
    ...of,
    call: runNow,
    first: { outcome: "ready", wake: true, job: { status: "pending" } },
    again: [
      { answer: { outcome: "ready", wake: true, job: { status: "pending" } } },
      { after: "the wake-up expired", events: [forgetWake], answer: { outcome: "ready", wake: true } },
      { after: "a second", events: [move(1_000)], answer: { outcome: "ready", job: { status: "pending" } } },
      {
        after: "it was claimed",
        events: [claimedBy("v")],
        answer: { outcome: "refused", wake: false, job: { status: "processing" } },
      },
      { after: "it was cancelled and forgotten", events: [cancelled, ...trimmed], answer: { outcome: "missing" } },
    ],
  })),
  {
    name: "of a ready job",
    arrange: [submitted],
    call: runNow,
    first: { outcome: "ready", wake: true },
    again: [{ answer: { outcome: "ready", wake: true } }],
  },
  {
    name: "of a job that was put back while its worker may run it",
    arrange: [claimed, cancelled, redriven],
    call: runNow,
    first: { outcome: "held", wake: false, job: { status: "pending" } },
    again: [{ answer: { outcome: "held", wake: false } }],
  },
  {
    name: "of a job that has finished",
    arrange: [claimed, (queue) => settle(queue, completed(a))],
    call: runNow,
    first: { outcome: "refused" },
    again: [{ answer: { outcome: "refused" } }],
  },
];

export const deletes: Case[] = [
  ...[
    { name: "of ready jobs", arrange: [submitted] },
    {
      name: "of finished jobs",
      arrange: [claimed, (queue: WorkerQueue) => settle(queue, completed(a, "1"), failed(b))],
    },
    { name: "of a job that was cancelled before it ran", arrange: [submitted, cancelled] },
  ].map((of) => ({
    ...of,
    call: deleted,
    first: ["deleted", "deleted"],
    again: [
      { answer: ["missing", "missing"] },
      { after: "one was submitted again", events: [delayed], answer: ["deleted", "missing"], changes: withoutOne },
    ],
  })),
  {
    name: "of a job that was cancelled while it ran",
    arrange: [claimed, cancelled],
    call: deleted,
    first: ["running", "running"],
    again: [
      { answer: ["running", "running"] },
      {
        after: "its worker was told",
        events: [(queue) => settle(queue, completed(a), completed(b))],
        answer: ["deleted", "deleted"],
        changes: () => ({ counters: { cancelled: 1, completed: 1, deleted: 2 }, claims: { "w.1": `${a.id} ${b.id}` } }),
      },
    ],
  },
  {
    name: "of a job that runs",
    arrange: [claimed],
    call: deleted,
    first: ["running", "running"],
    again: [{ answer: ["running", "running"] }],
  },
];

function withoutOne({
  records: _,
  scheduled: __,
  counters,
  ...rest
}: Parameters<NonNullable<Case["again"][number]["changes"]>>[0]) {
  return { ...rest, counters: { ...counters, deleted: 3 } };
}
