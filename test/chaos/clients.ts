import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { RedisError } from "../../lib/errors.ts";
import { type NewJob, PRIORITIES } from "../../lib/queue/job.ts";
import type { WorkerQueue } from "../../lib/queue/worker-queue.ts";

/** A submit, as its client sees it. */
export interface Order {
  jobs: NewJob[];
  /** Redis confirmed the jobs: from now on they are promised. */
  acknowledged: boolean;
  /** Ids whose cancellation was acknowledged. */
  cancelled: string[];
}

/** Clients wait while more jobs than this are unfinished, so that faults strike clients and workers at work. */
const BACKLOG = 400;

/** Submits all orders through several clients at the same time. `finished` returns the number of finished jobs. */
export async function submitAll(
  orders: readonly Order[],
  {
    ...parts
  }: { queue: WorkerQueue; random: () => number; wake(): Promise<void>; finished(): number; signal: AbortSignal },
): Promise<void> {
  let next = 0;
  let accepted = 0;
  async function client(): Promise<void> {
    for (let order = orders[next++]; order; order = orders[next++]) {
      while (accepted - parts.finished() > BACKLOG) await sleep(20, undefined, { signal: parts.signal });
      await place(order, parts);
      if (order.acknowledged) accepted += order.jobs.length;
    }
  }
  await Promise.all(Array.from({ length: 4 }, client));
}

/** Submits an order. Without an answer, a client sends the same ids again until it has one, or gives up and promises nothing. */
async function place(order: Order, parts: Parameters<typeof submitAll>[1]): Promise<void> {
  const { queue, random, wake, signal } = parts;
  const persists = random() < 0.7;
  do {
    try {
      const { wake: mustWake } = await queue.submit(order.jobs);
      order.acknowledged = true;
      if (mustWake) await wake();
    } catch (error) {
      if (!(error instanceof RedisError)) throw error;
      await sleep(50 + random() * 200, undefined, { signal });
    }
  } while (persists && !order.acknowledged);
  if (!order.acknowledged || random() > 0.03) return;
  const { id } = order.jobs[0]!;
  await sleep(random() * 100, undefined, { signal });
  const answer = await queue.cancel(id).catch(() => undefined);
  if (answer?.outcome === "cancelled") order.cancelled.push(id);
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
    orders.push({
      jobs: Array.from({ length: size }, () => plan(leaseMs, isRush, random)),
      acknowledged: false,
      cancelled: [],
    });
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
  const ms = isRush ? 0 : slow;
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
    ...(!isRush && random() < 0.15 ? { when: { delayMs: Math.round(random() * 2_000) } } : {}),
  };
}
