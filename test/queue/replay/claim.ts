import { job, START } from "../../support/redis.ts";
import { claim, completed, deferred, extend, released, retry, settle } from "../../support/verbs.ts";
import {
  a,
  b,
  bothIds,
  type Case,
  cancelled,
  claimed,
  claimedBy,
  LEASE_MS,
  leasesAt,
  move,
  submitted,
  takenOver,
  told,
} from "./events.ts";

export const claims: Case[] = [
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
];

export const extensions: Case[] = [
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
];
