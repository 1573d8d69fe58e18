import { PRIORITIES } from "../../../lib/queue/job.ts";
import type { ClaimRequest } from "../../../lib/queue/worker-queue.ts";
import { endPauses, setAside, unpark } from "./pauses.ts";
import { begun, inOrder, KNOWN, LISTS, type ModelStore } from "./store.ts";
import { release, settleKeys } from "./unique.ts";

/** Claims jobs in the model, and returns what the queue should answer. */
export function claim(model: ModelStore, { token, count, holding = 0, sweep = true, tasks = [] }: ClaimRequest) {
  const before = model.claims.get(token);
  if (before) {
    const ids = before.ids.filter((id) => model.isHeld(id, token));
    for (const id of ids) model.zsets.leases.set(id, model.now + model.leaseMs);
    const isolated = ids.some((id) => model.records.get(id)!.crashes !== undefined);
    const jobs = ids.map((id) => model.handedOut(id));
    return { now: model.now, jobs, more: true, reclaimed: [], missing: [], isolated, suspects: false };
  }
  const ended = endPauses(model);
  const schedules = sweep ? dueSchedules(model) : [];
  const missing = sweep ? makeDueReady(model) : [];
  const { reclaimed, dropped } = sweep ? reclaim(model) : { reclaimed: [], dropped: [] };
  missing.push(...dropped, ...unpark(model));
  const room = model.pause ? 0 : count;
  const isLowestFirst = Number(token.split(".").at(-1)) % 20 === 0;
  const order = isLowestFirst ? [...PRIORITIES].reverse() : PRIORITIES;
  const known = tasks.filter((task) => !model.pausedTasks.has(task));
  const { runnable, mayBeMore } = setAside(model, room, holding === 0 ? ["suspects"] : [], known, order);
  const isolated = holding === 0 && room > 0 && model.lists.suspects.length > 0;
  const { early, offered, brought } = isolated
    ? { early: [], offered: 0, brought: false }
    : popOffers(model, known, room);
  const { popped, alone } = isolated
    ? popSuspects(model, runnable)
    : { popped: order.flatMap((priority) => model.lists[priority]).slice(0, runnable - offered), alone: false };
  for (const list of LISTS) model.lists[list] = model.lists[list].filter((id) => !popped.includes(id));
  const listed = popped.filter((id) => model.records.get(id)?.status === "pending");
  missing.push(...popped.filter((id) => !listed.includes(id)));
  const ids = [...early, ...listed];
  for (const id of ids) {
    const { unknown_since, run_at = 0 } = model.records.get(id)!;
    if (unknown_since !== undefined && run_at > model.now) model.change(id, { run_at: model.now });
    model.zsets.scheduled.delete(id);
    model.change(id, {
      status: "processing",
      started_at: model.now,
      token,
      held_until: undefined,
      alone: alone || undefined,
    });
    model.zsets.leases.set(id, model.now + model.leaseMs);
  }
  release(
    model,
    ids.filter((id) => model.records.get(id)!.unique?.startsWith("s:")),
  );
  if (ids.length > 0) model.claims.set(token, { ids, until: model.now + model.leaseMs });
  model.count("missing", missing.length);
  const isOffered = known.some((task) => (model.offers.get(task) ?? []).length > 0);
  const isLeft = isOffered || LISTS.some((list) => model.lists[list].length > 0);
  const hasSuspects = !model.pause && (reclaimed.length > 0 || brought) && !isolated && isLeft;
  const more = !model.pause && (isolated || mayBeMore || hasSuspects) && isLeft;
  const jobs = ids.map((id) => model.handedOut(id));
  const paused = [
    ...(model.pause ? [""] : []),
    ...[...model.pausedTasks].flatMap(([task, { until }]) => (until === "+" ? [] : [task])),
  ];
  const pauses = paused.length + ended.length > 0 ? { paused, resumed: ended } : {};
  const due = schedules.length > 0 ? { schedules } : {};
  return { now: model.now, jobs, more, reclaimed, missing, isolated, suspects: hasSuspects, ...pauses, ...due };
}

/** Finds due schedules, and drops due members whose schedule is gone. */
function dueSchedules(model: ModelStore) {
  const due = inOrder(model.zsets.scheduled).filter(([member, at]) => at <= model.now && member.startsWith("cron:"));
  return due.flatMap(([member, slot]) => {
    const name = member.slice("cron:".length);
    const json = model.schedules.get(name);
    if (json === undefined) model.zsets.scheduled.delete(member);
    return json === undefined ? [] : [{ name, slot, json }];
  });
}

function makeDueReady(model: ModelStore): string[] {
  const missing: string[] = [];
  for (const [id, at] of inOrder(model.zsets.scheduled)) {
    if (at > model.now || (id.includes(":") && !id.startsWith("resume:"))) continue;
    model.zsets.scheduled.delete(id);
    if (id.startsWith("resume:")) continue;
    const job = model.records.get(id);
    if (job) model.listOf(id).push(id);
    else missing.push(id);
  }
  return missing;
}

function reclaim(model: ModelStore) {
  const reclaimed: { id: string; status: string }[] = [];
  const dropped: string[] = [];
  for (const [id, until] of inOrder(model.zsets.leases)) {
    if (until > model.now) continue;
    model.zsets.leases.delete(id);
    const job = model.records.get(id);
    if (!job) {
      dropped.push(id);
      continue;
    }
    const crashes = (job.crashes ?? 0) + 1;
    const counts = job.alone === true || crashes >= 10;
    model.remember(id, {
      outcome: "lease_expired",
      ...(counts ? (job.alone ? { alone: true } : {}) : { counted: false }),
      error: "LeaseExpired",
      message: expiryOf(job.alone === true, counts),
    });
    model.change(id, {
      ...KNOWN,
      ...begun(job),
      token: undefined,
      progress: undefined,
      note: undefined,
      alone: undefined,
      crashes,
    });
    model.count("lease_expired", 1);
    if (!counts || job.retries < job.max_retries) {
      const retries = counts ? job.retries + 1 : job.retries;
      model.change(id, { status: "pending", retries, run_at: model.now, started_at: undefined });
      model.listOf(id).push(id);
    } else {
      model.change(id, { status: "failed", finished_at: model.now, crashes: undefined });
      model.zsets.failed.set(id, model.now);
      model.count("failed", 1);
      settleKeys(model, [{ id, outcome: "failed" }]);
    }
    reclaimed.push({ id, status: model.records.get(id)!.status });
  }
  return { reclaimed, dropped };
}

/** Takes at most ten suspects of one crash each, or one suspect of several. Drops ids without a record on the way. */
function popSuspects(model: ModelStore, count: number): { popped: string[]; alone: boolean } {
  const all = model.lists.suspects.slice(0, count);
  const crashesOf = (id: string) => model.records.get(id)?.crashes;
  const first = all.find((id) => crashesOf(id) !== undefined);
  const isSingle = all.length === 1 || (first !== undefined && crashesOf(first)! > 1);
  const popped: string[] = [];
  let taken = 0;
  for (const id of all) {
    const crashes = crashesOf(id);
    if (crashes !== undefined && (taken === (isSingle ? 1 : 10) || (taken > 0 && crashes > 1))) break;
    popped.push(id);
    if (crashes !== undefined) taken++;
  }
  return { popped, alone: isSingle };
}

/** Takes offered jobs that still wait in `scheduled`. Suspects among them become ready instead. */
function popOffers(
  model: ModelStore,
  tasks: readonly string[],
  count: number,
): { early: string[]; offered: number; brought: boolean } {
  const popped: string[] = [];
  for (const task of tasks) popped.push(...(model.offers.get(task)?.splice(0, count - popped.length) ?? []));
  const right = [...new Set(popped)].filter((id) => {
    const { status, unknown_since } = model.records.get(id) ?? {};
    return status === "pending" && model.zsets.scheduled.has(id) && unknown_since !== undefined;
  });
  const isSuspect = (id: string) => model.records.get(id)!.crashes !== undefined;
  const brought = right.filter(isSuspect);
  for (const id of brought) {
    model.zsets.scheduled.delete(id);
    model.change(id, { run_at: model.now });
    model.lists.suspects.push(id);
  }
  return { early: right.filter((id) => !isSuspect(id)), offered: popped.length, brought: brought.length > 0 };
}

function expiryOf(alone: boolean, counts: boolean): string {
  const crashed = "the worker stopped answering: it crashed, froze or ran out of time or memory";
  if (alone) return `${crashed}. This job ran alone`;
  return counts ? crashed : `${crashed}. Other jobs ran beside this one, so the attempt is not counted`;
}
