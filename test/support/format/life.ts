import type { WorkerQueue } from "../../../lib/queue/worker-queue.ts";
import type { OldVersion } from "./old-version.ts";
import { ENDINGS, NEW, NEW_RECORD, sameEnding } from "./verbs.ts";

/** One step of a life, as today's code takes it and as 0.2.0 does. */
export interface Step {
  name: string;
  /** How long after the step before. */
  waitMs: number;
  today(queue: WorkerQueue): Promise<unknown>;
  old(old: OldVersion): Promise<unknown>;
}

const { id } = NEW;

const claim = (token: string, waitMs = 1, count = 1): Step => ({
  name: `${token} claims ${count}`,
  waitMs,
  today: (queue) => queue.step({ claim: { token, count, arrived: true } }),
  old: (old) => old.claim({ token, count }),
});
const settle = (outcome: string, token: string): Step => {
  const ending = ENDINGS.find(({ old }) => old.outcome === outcome)!;
  return {
    name: `${token} settles ${outcome}`,
    waitMs: 10,
    today: (queue) => queue.step({ settle: [sameEnding(ending, id, token)] }),
    old: (old) => old.settle(id, token, ending.old),
  };
};
const extend = (token: string): Step => ({
  name: `${token} extends`,
  waitMs: 1_000,
  today: (queue) => queue.step({ extend: [{ id, token, progress: { percent: 7, note: "x" } }] }),
  old: (old) => old.extend(id, token, '"progress":7,"note":"x",'),
});
const redrive = (request: string): Step => ({
  name: `it is put back, ${request}`,
  waitMs: 100,
  today: (queue) => queue.redrive(id, request),
  old: (old) => old.redrive(id, request),
});

/** A life in which a job takes every way but the last one, out of the store. */
export const LIFE: Step[] = [
  {
    name: "it is submitted",
    waitMs: 0,
    today: (queue) => queue.submit([NEW]),
    old: (old) => old.submit(id, NEW_RECORD),
  },
  claim("w.1"),
  extend("w.1"),
  settle("retry", "w.1"),
  claim("w.2", 2_000),
  settle("snoozed", "w.2"),
  claim("w.3", 60_000),
  settle("deferred", "w.3"),
  claim("w.4", 15_000),
  settle("released", "w.4"),
  claim("w.5"),
  settle("failed", "w.5"),
  redrive("request-1"),
  claim("w.6"),
  {
    name: "it is cancelled",
    waitMs: 10,
    today: (queue) => queue.cancel(id),
    old: (old) => old.cancel(id),
  },
  redrive("request-2"),
  extend("w.6"),
  claim("w.7"),
  claim("v.1", 30_001, 0),
  claim("v.2"),
  settle("completed", "v.2"),
];
