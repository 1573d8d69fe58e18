import type { NewJob } from "../../../lib/queue/job.ts";
import type { UniqueKey } from "../../../lib/queue/unique-key.ts";
import { claim, completed, failed, released, running, settle } from "../../support/verbs.ts";
import { a, b, type Case, cancelled, claimedBy, type Event } from "./events.ts";

const unique = (of: NewJob, until: UniqueKey["until"] = "finished"): NewJob => ({
  ...of,
  unique: { hash: "k", until },
});
const c: NewJob = { ...b, id: "00000000-0000-4000-8000-00000000000c", priority: "normal" };

const submitOf =
  (...jobs: NewJob[]): Event =>
  (queue) =>
    queue.submit(jobs);
const runs =
  (of: NewJob): Event =>
  (queue) =>
    running(queue, [of], "w.1");
const ends =
  (how: typeof completed | typeof failed): Event =>
  (queue) =>
    settle(queue, how(a));
const evictKey: Event = (_, keys, { redis }) => redis.del(`${keys.unique}k`);
const heldBy = ({ id }: NewJob, place: number) => new Map([[place, id]]);

/** Jobs with unique keys. The holder is `a`. */
export const uniqueSubmits: Case[] = [
  ...(["finished", "started", 3_600_000] as const).map(
    (until): Case => ({
      name: `of a job that is unique until ${until}`,
      call: submitOf(unique(a, until)),
      first: { outcome: "accepted", wake: true },
      again: [
        { answer: { outcome: "exists", wake: true, jobs: [{ id: a.id }] } },
        { after: "it was claimed", events: [claimedBy("w")], answer: { outcome: "exists", jobs: [{ id: a.id }] } },
        {
          after: "it completed, and another one took its key",
          events: [claimedBy("w"), ends(completed), submitOf(unique(b))],
          answer: { outcome: "exists", jobs: [{ status: "completed" }] },
        },
      ],
    }),
  ),
  {
    name: "of a job whose key another one holds",
    arrange: [runs(unique(a))],
    call: submitOf(unique(b)),
    first: { outcome: "accepted", wake: false, conflicts: heldBy(a, 0) },
    again: [
      { answer: { outcome: "accepted", wake: false, conflicts: heldBy(a, 0) } },
      {
        after: "a third one took the key",
        events: [ends(completed), submitOf(unique(c))],
        answer: { outcome: "accepted", wake: false, conflicts: heldBy(c, 0) },
      },
    ],
  },
  {
    name: "of two jobs, one of which conflicts",
    arrange: [runs(unique(a))],
    call: submitOf(b, unique(c)),
    first: { outcome: "accepted", wake: true, conflicts: heldBy(a, 1) },
    again: [{ answer: { outcome: "exists", wake: true, jobs: [{ id: b.id }, undefined], conflicts: heldBy(a, 1) } }],
  },
  {
    name: "of two jobs with one key",
    call: submitOf(unique(a), unique(c)),
    first: { outcome: "accepted", wake: true, conflicts: heldBy(a, 1) },
    again: [
      { answer: { outcome: "exists", wake: true, jobs: [{ id: a.id }, undefined], conflicts: heldBy(a, 1) } },
      {
        after: "the first has finished",
        events: [claimedBy("w"), ends(completed)],
        answer: { outcome: "exists", wake: false, conflicts: heldBy(a, 1) },
      },
    ],
  },
  {
    name: "that takes a key over",
    arrange: [submitOf(unique(a)), (_, keys, { redis }) => redis.del(keys.jobPrefix + a.id)],
    call: submitOf(unique(b)),
    first: { outcome: "accepted" },
    again: [{ answer: { outcome: "exists", jobs: [{ id: b.id }] } }],
  },
];

const startable = unique(a, "started");

export const uniqueClaims: Case[] = [
  {
    name: "that frees a key",
    arrange: [submitOf(startable)],
    call: claimedBy("w"),
    first: { jobs: [{ job: { id: a.id } }] },
    again: [
      { answer: { jobs: [{ job: { id: a.id } }] } },
      {
        after: "another job took the key",
        events: [submitOf(unique(b))],
        answer: { jobs: [{ job: { id: a.id } }] },
      },
    ],
  },
];

export const uniqueSettles: Case[] = [
  {
    name: "that frees a key",
    arrange: [runs(unique(a))],
    call: ends(completed),
    first: ["settled"],
    again: [
      { answer: ["settled"] },
      { after: "another job took the key", events: [submitOf(unique(b))], answer: ["settled"] },
    ],
  },
  {
    name: "that keeps a key",
    arrange: [runs(startable)],
    call: (queue) => settle(queue, released(a)),
    first: ["settled"],
    again: [
      { answer: ["settled"] },
      {
        after: "it was claimed again, and another job took the key",
        events: [claimedBy("v"), submitOf(unique(b))],
        answer: ["lost"],
      },
    ],
  },
];

export const uniqueCancels: Case[] = [
  {
    name: "that frees a key",
    arrange: [submitOf(unique(a))],
    call: cancelled,
    first: { outcome: "cancelled" },
    again: [
      { answer: { outcome: "cancelled" } },
      { after: "another job took the key", events: [submitOf(unique(b))], answer: { outcome: "cancelled" } },
    ],
  },
];

export const uniqueRedrives: Case[] = [
  {
    name: "that takes a key again",
    arrange: [runs(unique(a)), ends(failed)],
    call: (queue) => queue.redrive(a.id, "r"),
    first: { outcome: "redriven", wake: true },
    again: [
      { answer: { outcome: "redriven", wake: true } },
      {
        after: "it failed once more, and another job took the key",
        events: [claimedBy("v"), (queue) => settle(queue, failed(a, "v.1")), submitOf(unique(b))],
        answer: { outcome: "redriven", job: { status: "failed" } },
      },
    ],
  },
  {
    name: "of a job whose key another one holds",
    arrange: [runs(unique(a)), ends(failed), submitOf(unique(b))],
    call: (queue) => queue.redrive(a.id, "r"),
    first: { outcome: "unique_conflict", holder: b.id },
    again: [
      { answer: { outcome: "unique_conflict", holder: b.id } },
      {
        after: "its holder was claimed",
        events: [(queue) => claim(queue, { token: "v.1" })],
        answer: { outcome: "unique_conflict", holder: b.id },
      },
    ],
  },
];

export const uniqueRunNows: Case[] = [
  {
    name: "of a job whose key another one holds",
    arrange: [submitOf({ ...unique(a), when: { delayMs: 60_000 } }), evictKey, submitOf(unique(b))],
    call: (queue) => queue.runNow(a.id),
    first: { outcome: "unique_conflict", holder: b.id },
    again: [{ answer: { outcome: "unique_conflict", holder: b.id } }],
  },
];

export const uniqueDeletes: Case[] = [
  {
    name: "that frees a key",
    arrange: [submitOf(unique(a))],
    call: (queue) => queue.delete([a.id]),
    first: ["deleted"],
    again: [
      { answer: ["missing"] },
      { after: "another job took the key", events: [submitOf(unique(b))], answer: ["missing"] },
    ],
  },
];
