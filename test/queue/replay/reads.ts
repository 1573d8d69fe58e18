import { expect } from "vitest";
import { readHistory } from "../../../lib/queue/history.ts";
import { call, run } from "../../../lib/queue/script.ts";
import { job, record, START } from "../../support/redis.ts";
import { SCRIPTS } from "../../support/scripts.ts";
import { completed, failed, settle } from "../../support/verbs.ts";
import { a, b, type Case, claimed, DAY, move, submitted } from "./events.ts";

export const stats: Case[] = [
  {
    name: "of a busy queue",
    arrange: [claimed, (queue) => settle(queue, failed(b)), (queue) => queue.submit([job()])],
    call: (queue) => queue.stats(),
    first: { processing: 1, failed: 1, ready: { normal: 1 } },
    again: [{ answer: { processing: 1, failed: 1, ready: { normal: 1 } } }],
  },
];

const ALL = { bytes: 10_000, limit: 10, task: "", priority: "", retries: "" };
const found = ["3", "1", JSON.stringify(record(a)), "2", JSON.stringify(record(b))];
export const records: Case[] = [
  {
    name: "of two jobs and an unknown one",
    arrange: [submitted],
    call: (_, keys, redis) => run(redis.redis, [call(SCRIPTS.records, keys, ALL, [a.id, b.id, "c"])]),
    first: [found],
    again: [{ answer: [found] }],
  },
];

const next = [[String(START)], ["0", a.id, String(START), b.id, String(START)], ["0"], ["0"]];
export const heads: Case[] = [
  {
    name: "of two jobs",
    arrange: [claimed],
    call: (_, keys, { redis, clock }) => {
      const args = { now: clock.now, count: 10, leased: 10 };
      return run(redis, [call(SCRIPTS.heads, keys, args, ["leases", "", "normal", "", "failed", ""])]);
    },
    first: [next],
    again: [{ answer: [next] }],
  },
];

export const charts: Case[] = [
  {
    name: "of an hour with two jobs",
    arrange: [claimed, (queue) => settle(queue, failed(b), completed(a))],
    call: (queue) => readHistory(queue, "hour"),
    first: { completed: 1, failed: 1 },
    again: [
      { answer: { completed: 1, failed: 1 } },
      { after: "two hours", events: [move(7_200_000)], answer: { completed: 0, failed: 0 } },
    ],
  },
];

export const rolls: Case[] = [
  {
    name: "of an hour that is over for a day",
    arrange: [claimed, (queue) => settle(queue, failed(b), completed(a)), move(2 * DAY)],
    call: (queue, keys, redis) =>
      run(redis.redis, [call(SCRIPTS.roll, keys, { now: queue.injectedNow()!, limit: 48 })]),
    first: [1],
    again: [
      { answer: [0] },
      {
        after: "it was read",
        events: [async (queue) => expect(await readHistory(queue, "month")).toMatchObject({ completed: 1, failed: 1 })],
        answer: [0],
      },
    ],
  },
];
