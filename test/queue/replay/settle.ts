import type { Ending } from "../../../lib/queue/worker-queue.ts";
import { START } from "../../support/redis.ts";
import { claim, completed, deferred, failed, released, retry, settle, snoozed } from "../../support/verbs.ts";
import { a, b, type Case, cancelled, claimed, claimedBy, DAY, move, redriven, takenOver, trimmed } from "./events.ts";

export const settles: Case[] = [
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
    name: "as a retry",
    arrange: [claimed],
    call: (queue) => settle(queue, retry(a)),
    first: ["settled"],
    again: [
      { answer: ["settled"] },
      { after: "it was claimed again", events: [move(1_000), claimedBy("v")], answer: ["lost"] },
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
      { after: "it was claimed again", events: [move(1_000), claimedBy("v")], answer: ["lost"] },
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
      { after: "it was claimed again", events: [move(1_000), claimedBy("v")], answer: ["lost"] },
      { after: "it was cancelled", events: [cancelled], answer: ["settled"] },
    ],
  },
  {
    name: "as completed with all that it may tell",
    arrange: [claimed],
    call: (queue) => settle(queue, { ...completed(a, "1"), startedAt: START + 5, log: "[]" } as Ending),
    first: ["settled"],
    again: [{ answer: ["settled"] }, { after: "it was cancelled too late", events: [cancelled], answer: ["settled"] }],
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
      { after: "it was claimed again", events: [claimedBy("v")], answer: ["lost"] },
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
];
