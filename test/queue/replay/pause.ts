import type { Keys } from "../../../lib/queue/keys.ts";
import { pause, resume } from "../../../lib/queue/pauses.ts";
import type { WorkerQueue } from "../../../lib/queue/worker-queue.ts";
import type { useRedis } from "../../support/redis.ts";
import { a, b, bothIds, type Case, cancelled, claimedBy, type Event, forgetWake, move, submitted } from "./events.ts";

type Redis = ReturnType<typeof useRedis>;
const of = (keys: Keys, { redis, clock }: Redis) => ({ redis, keys, now: () => clock.now });
const paused =
  (task?: string): Event =>
  (_, keys, redis) =>
    pause(of(keys, redis), { task });
const resumed =
  (task?: string): Event =>
  (_, keys, redis) =>
    resume(of(keys, redis), { task }, "r");
const parked: Event[] = [submitted, paused("note"), claimedBy("w")];

export const pauses: Case[] = [
  {
    name: "of the queue",
    arrange: [submitted],
    call: paused(),
    first: "paused",
    again: [
      { answer: "paused" },
      { after: "a second", events: [move(1_000)], answer: "paused" },
      {
        after: "it was resumed",
        events: [move(1_000), resumed()],
        answer: "paused",
        changes: (before, now) => ({ ...before, paused: `- ${now}`, wake: "paused" }),
      },
    ],
  },
  {
    name: "of a task",
    arrange: [submitted],
    call: paused("note"),
    first: "paused",
    again: [
      { answer: "paused" },
      { after: "a second", events: [move(1_000)], answer: "paused" },
      { after: "its jobs were parked", events: [claimedBy("w")], answer: "paused" },
    ],
  },
];

export const resumes: Case[] = [
  {
    name: "of the queue",
    arrange: [submitted, paused()],
    call: resumed(),
    first: { outcome: "resumed", wake: true },
    again: [
      { answer: { outcome: "not_paused", wake: true } },
      { after: "the wake-up expired", events: [forgetWake], answer: { outcome: "not_paused", wake: false } },
      { after: "the jobs were claimed", events: [claimedBy("v")], answer: { outcome: "not_paused", wake: false } },
      {
        after: "it was paused again",
        events: [paused()],
        answer: { outcome: "resumed", wake: true },
        changes: ({ paused: _, ...before }) => ({ ...before, wake: "r" }),
      },
    ],
  },
  {
    name: "of a task",
    arrange: parked,
    call: resumed("note"),
    first: { outcome: "resumed", wake: true },
    again: [
      { answer: { outcome: "not_paused", wake: true } },
      { after: "the jobs were claimed", events: [claimedBy("v")], answer: { outcome: "not_paused", wake: false } },
    ],
  },
  {
    name: "of what is not paused",
    arrange: [submitted, forgetWake],
    call: resumed("note"),
    first: { outcome: "not_paused", wake: false },
    again: [{ answer: { outcome: "not_paused", wake: false } }],
  },
];

/** A claim while something is paused, and a cancel of a parked job. */
export const pausedClaims: Case[] = [
  {
    name: "while the queue is paused",
    arrange: [submitted, paused()],
    call: claimedBy("w"),
    first: { jobs: [], more: false, wake: false, paused: [""] },
    again: [
      { answer: { jobs: [], more: false, wake: false, paused: [""] } },
      { after: "it was resumed", events: [resumed(), claimedBy("v")], answer: { jobs: [] } },
    ],
  },
  {
    name: "that sets jobs aside",
    arrange: [submitted, paused("note")],
    call: claimedBy("w"),
    first: { jobs: [], paused: ["note"] },
    again: [{ answer: { jobs: [], paused: ["note"] } }],
  },
  {
    name: "that ends a pause",
    arrange: [
      submitted,
      (_: WorkerQueue, keys, redis) => pause(of(keys, redis), { task: "note", until: redis.clock.now + 1 }),
      claimedBy("u"),
      move(1),
    ],
    call: claimedBy("w"),
    first: { jobs: bothIds, resumed: ["note"] },
    again: [{ answer: { jobs: bothIds } }],
  },
];

export const pausedCancels: Case[] = [
  {
    name: "of a parked job",
    arrange: parked,
    call: cancelled,
    first: { outcome: "cancelled", job: { id: a.id } },
    again: [
      { answer: { outcome: "cancelled" } },
      { after: "the others were resumed", events: [resumed("note"), claimedBy("v")], answer: { outcome: "cancelled" } },
      { after: "another was cancelled", events: [(queue) => queue.cancel(b.id)], answer: { outcome: "cancelled" } },
    ],
  },
];
