import { claim, completed, failed, retry, settle } from "../../support/verbs.ts";
import { a, b, type Case, claimedBy, forgetWake, move, submitted } from "./events.ts";

export const submits: Case[] = [
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
];
