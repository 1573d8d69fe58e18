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
  told,
  trimmed,
} from "./events.ts";

export const cancels: Case[] = [
  ...[
    { name: "of a ready job", arrange: [submitted] },
    { name: "of a running job", arrange: [claimed] },
    { name: "of a job that waits for its retry", arrange: [claimed, (queue: WorkerQueue) => settle(queue, retry(a))] },
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
];

export const redrives: Case[] = [
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
];
