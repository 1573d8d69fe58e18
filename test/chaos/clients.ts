import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { RedisError } from "../../lib/errors.ts";
import { type Job, type NewJob, PRIORITIES } from "../../lib/queue/job.ts";
import type { WorkerQueue } from "../../lib/queue/worker-queue.ts";
import { meddle } from "./meddling.ts";
import { anyKey } from "./unique.ts";

/** A submit, as its client sees it. */
export interface Order {
  jobs: NewJob[];
  /** Redis confirmed the jobs: from now on they are promised. */
  acknowledged: boolean;
  /** Before it was sent first, and after it was acknowledged, ms since the epoch. */
  sentAt: number;
  ackAt: number;
  /** Ids of jobs that were not accepted, to those of the jobs that hold their unique keys. */
  conflicts: Map<string, string>;
  /** Ids whose cancellation was acknowledged, and that were not put back. */
  cancelled: string[];
  /** Jobs that were put back, as they were before. */
  redriven: Map<string, Job>;
  /** Jobs that were deleted, as they were before. */
  deleted: Map<string, Job>;
}

/** What clients need. */
export interface ClientParts {
  queue: WorkerQueue;
  random: () => number;
  wake(): Promise<void>;
  /** Returns the number of finished jobs. */
  finished(): number;
  signal: AbortSignal;
}

/** Makes an order that is not placed yet. */
export function orderOf(jobs: NewJob[]): Order {
  const nothing = { cancelled: [], conflicts: new Map(), redriven: new Map(), deleted: new Map() };
  return { jobs, acknowledged: false, sentAt: 0, ackAt: 0, ...nothing };
}

/** Clients wait while more jobs than this are unfinished, so that faults strike clients and workers at work. */
const BACKLOG = 400;

/** Submits all orders through several clients at the same time. */
export async function submitAll(orders: readonly Order[], parts: ClientParts): Promise<void> {
  let next = 0;
  let accepted = 0;
  async function client(): Promise<void> {
    for (let order = orders[next++]; order; order = orders[next++]) {
      while (accepted - parts.finished() > BACKLOG) await sleep(20, undefined, { signal: parts.signal });
      await place(order, parts);
      if (order.acknowledged) accepted += order.jobs.length - order.conflicts.size;
    }
  }
  await Promise.all(Array.from({ length: 4 }, client));
}

/** Submits an order. Without an answer, a client sends the same ids again until it has one, or gives up and promises nothing. */
async function place(order: Order, parts: ClientParts): Promise<void> {
  const { random, signal } = parts;
  const persists = random() < 0.7;
  order.sentAt = Date.now();
  do {
    try {
      await submit(order, parts);
    } catch (error) {
      if (!(error instanceof RedisError)) throw error;
      await sleep(50 + random() * 200, undefined, { signal });
    }
  } while (persists && !order.acknowledged);
  if (order.acknowledged) await meddle(order, parts);
}

/** Submits an order once. */
export async function submit(order: Order, { queue, wake }: Pick<ClientParts, "queue" | "wake">): Promise<void> {
  const answer = await queue.submit(order.jobs);
  order.acknowledged = true;
  order.ackAt = Date.now();
  if (answer.outcome !== "full")
    for (const [i, holder] of answer.conflicts ?? []) order.conflicts.set(order.jobs[i]!.id, holder);
  if (answer.wake) await wake();
}

/** One order in this many is a rush: jobs that run before all others and take no time, so that workers fill their buffers. */
const ORDERS_TO_A_RUSH = 30;
const RUSH = 300;

/** What clients will submit: single jobs and batches of all priorities; some are delayed, fail, or submit others. */
export function planOrders(count: number, leaseMs: number, random: () => number): Order[] {
  const orders: Order[] = [];
  for (let left = count; left > 0; ) {
    const isRush = orders.length % ORDERS_TO_A_RUSH === ORDERS_TO_A_RUSH - 1;
    const size = Math.min(left, isRush ? RUSH : random() < 0.5 ? 1 : 1 + Math.floor(random() * 20));
    orders.push(orderOf(Array.from({ length: size }, () => plan(leaseMs, isRush, random))));
    left -= size;
  }
  return orders;
}

function taskFor(chance: number): string {
  if (chance < 0.02) return "doomed";
  return chance < 0.1 ? "fresh" : "marked";
}

function plan(leaseMs: number, isRush: boolean, random: () => number): NewJob {
  const chance = random();
  const slow = Math.round(chance < 0.01 ? leaseMs * 1.5 : chance < 0.1 ? 300 * random() : 30 * random());
  const unique = !isRush && random() < 0.25 ? anyKey(random) : undefined;
  const ms = isRush ? 0 : slow + (unique ? 100 : 0);
  const fails = random() < 0.1 ? 1 + Math.floor(random() * 3) : 0;
  const kind = random();
  const children = kind > 0.95 ? 1 + Math.floor(random() * 6) : undefined;
  return {
    id: randomUUID(),
    task: children === undefined ? taskFor(kind) : "parent",
    priority: isRush ? "high" : PRIORITIES[Math.floor(random() * 3)]!,
    // Faults alone never use up all retries: every job that is not doomed completes.
    maxRetries: 100,
    createdAt: Date.now(),
    payload: JSON.stringify({ ms, fails, children }),
    ...(unique ? { unique } : {}),
    ...(!isRush && random() < 0.06 ? { expires: { afterMs: Math.round(random() * 600), from: "run" } } : {}),
    ...(!isRush && random() < 0.15 ? { when: { delayMs: Math.round(random() * 2_000) } } : {}),
  };
}
