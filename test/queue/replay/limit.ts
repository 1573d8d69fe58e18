import type { Case } from "./events.ts";

export const limits: Case[] = [
  {
    name: "of a request",
    call: (queue) => queue.limit("ann", { jobs: 2, periodMs: 60_000 }),
    first: 0,
    again: [
      { answer: 0 },
      {
        after: "a second request",
        events: [(queue) => queue.limit("ann", { jobs: 2, periodMs: 60_000 })],
        answer: 30_000,
      },
    ],
  },
];
