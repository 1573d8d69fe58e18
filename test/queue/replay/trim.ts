import { completed, failed, settle } from "../../support/verbs.ts";
import { a, b, type Case, claimed, DAY, move } from "./events.ts";

export const trims: Case[] = [
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
];
