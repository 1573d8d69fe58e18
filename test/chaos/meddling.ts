import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { ClientParts, Order } from "./clients.ts";
import { sure } from "./sure.ts";

/** Sometimes does something to the first job of an order that was accepted: cancels it and puts it back, deletes it, or runs it now. */
export async function meddle(order: Order, parts: ClientParts): Promise<void> {
  const { random, signal } = parts;
  const chance = random();
  const job = order.jobs.find(({ id }) => !order.conflicts.has(id));
  if (!job || chance > 0.3) return;
  await sleep(random() * 100, undefined, { signal });
  if (chance < 0.1) return cancel(order, job.id, parts);
  const { fails } = JSON.parse(job.payload!) as { fails: number };
  if (chance < 0.2 && job.task === "marked" && fails === 0) return remove(order, job.id, parts);
  if (job.when) await runNow(job.id, parts);
}

async function cancel(order: Order, id: string, { queue, random, signal, wake }: ClientParts): Promise<void> {
  const answer = await queue.cancel(id).catch(() => undefined);
  if (answer?.outcome !== "cancelled") return;
  order.cancelled.push(id);
  if (random() < 0.4) return;
  const request = randomUUID();
  await sleep(random() * 200, undefined, { signal });
  const again = await sure(() => queue.redrive(id, request), signal);
  if (again.outcome !== "redriven") return;
  order.cancelled.pop();
  order.redriven.set(id, answer.job!);
  if (again.wake) await wake();
}

/** Deletes a job while it has the status that it was seen with. "missing": the first answer was lost. */
async function remove(order: Order, id: string, { queue, signal }: ClientParts): Promise<void> {
  const found = await sure(() => queue.status(id), signal);
  if (!found || found.job.status === "processing") return;
  const [word] = await sure(() => queue.delete([id], found.job.status), signal);
  if (word === "deleted" || word === "missing") order.deleted.set(id, found.job);
}

async function runNow(id: string, { queue, signal, wake }: ClientParts): Promise<void> {
  const answer = await sure(() => queue.runNow(id), signal);
  if (answer.outcome === "ready" && answer.wake) await wake();
}
