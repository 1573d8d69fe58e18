import type { NewJob } from "../../lib/queue/job.ts";
import type { SlotRule } from "../../lib/schedules/schedule.ts";
import { finderOf, nextSlot, slotsBetween } from "../../lib/schedules/slots.ts";
import type { StoredRecord } from "../support/redis.ts";
import type { Contents } from "../support/store.ts";
import type { Order } from "./clients.ts";
import { DECLARED } from "./declared.ts";
import type { Mark } from "./marks.ts";
import type { Paused } from "./pauses.ts";
import type { Stretch } from "./schedules.ts";
import { HELD_MS } from "./unique.ts";
import type { Outage } from "./world.ts";

export interface TimeEvidence {
  orders: readonly Order[];
  records: ReadonlyMap<string, StoredRecord>;
  marks: readonly Mark[];
  /** When a job's first run began, ms since the epoch. */
  firstBegan: ReadonlyMap<string, number>;
  outages: readonly Outage[];
  stretches: readonly Stretch[];
  pauses: readonly Paused[];
  store: Contents;
}

/** What a job's history says of one that waited for too long. */
export const EXPIRED = "Expired";
/** How far a worker's idea of Redis' clock may be off on a busy machine, in ms. */
const CLOCK_MS = 100;
/** How much later than it decides a busy worker may begin a run, in ms. */
const SLACK_MS = 400;
/** A worker gives back what waits in its buffer within a second of a pause. */
const GIVE_BACK_MS = 1_000;

/** Checks what was promised of schedules, unique keys, expiry and pauses. Returns a sentence for each broken promise. */
export function checkTime(evidence: TimeEvidence) {
  const jobs = evidence.orders.flatMap(({ jobs }) => jobs);
  const expired = [...evidence.records.values()].filter(isExpired);
  return {
    broken: [
      ...checkSlots(evidence),
      ...checkOverlaps(evidence),
      ...checkKeys(evidence),
      ...checkTimedKeys(evidence.orders),
      ...checkExpiry(evidence),
      ...checkPauses(evidence),
    ],
    figures: {
      conflicts: evidence.orders.reduce((sum, { conflicts }) => sum + conflicts.size, 0),
      unique: jobs.filter(({ unique }) => unique).length,
      expired: expired.length,
      deleted: evidence.orders.reduce((sum, { deleted }) => sum + deleted.size, 0),
      redriven: evidence.orders.reduce((sum, { redriven }) => sum + redriven.size, 0),
      pauses: evidence.pauses.length,
    },
  };
}

export function isExpired({ attempts = [], status }: StoredRecord): boolean {
  return status === "failed" && attempts.at(-1)?.error === EXPIRED;
}

/** Every slot that was due made one job, and nothing else made one. A slot that an earlier job overlapped may have made none. */
function checkSlots({ records, stretches, firstBegan }: TimeEvidence): string[] {
  const broken: string[] = [];
  const fired = new Map<string, StoredRecord>();
  for (const job of records.values()) {
    const { schedule, slot, job_id: id } = job;
    if (schedule === undefined || slot === undefined) continue;
    const name = `${schedule} ${slot}`;
    const other = fired.get(name);
    if (other) broken.push(`the slot ${name} made ${other.job_id} and ${id}`);
    fired.set(name, job);
    if (job.created_at < slot || firstBegan.get(id)! < slot) broken.push(`the slot ${name} was fired early`);
    const own = stretches.filter((each) => each.schedule.name === schedule);
    const isPlanned = own.some((each) => each.earliest <= slot && slot <= Math.max(each.until - 1, each.latest));
    const fits =
      own.length > 0 ? isPlanned && own.some((each) => isSlotOf(each.schedule.rule, slot)) : isDeclared(schedule, slot);
    if (!fits) broken.push(`the schedule ${schedule} had no slot at ${slot}, and made ${id}`);
  }
  for (const { schedule, from, until } of stretches) {
    for (const slot of slotsBetween(finderOf(schedule.rule), from, until - 1, 100_000, "first")) {
      if (fired.has(`${schedule.name} ${slot}`) || (schedule.overlap === "skip" && isOverlapped(schedule.name, slot)))
        continue;
      broken.push(`the slot ${schedule.name} ${slot} made no job`);
    }
  }
  return broken;

  function isOverlapped(name: string, slot: number): boolean {
    const earlier = [...fired.values()].filter((job) => job.schedule === name && job.slot! < slot);
    return earlier.some((job) => job.finished_at! > slot);
  }
}

function isSlotOf(rule: SlotRule, slot: number): boolean {
  return nextSlot(rule, slot - 1) === slot;
}

function isDeclared(name: string, slot: number): boolean {
  const all = [...DECLARED.old, ...DECLARED.new].filter((each) => each.name === name);
  return all.some(({ cron, timeZone = "UTC", every }) =>
    isSlotOf(cron === undefined ? { everyMs: Number(every) * 1_000 } : { cron, timeZone }, slot),
  );
}

/** With `overlap: "skip"`, no job is made while the one before has not finished. */
function checkOverlaps({ records, stretches, firstBegan }: TimeEvidence): string[] {
  const skips = stretches.filter(({ schedule }) => schedule.overlap === "skip");
  return skips.flatMap(({ schedule: { name }, from, until }) => {
    const jobs = [...records.values()].filter((job) => job.schedule === name && job.slot! >= from && job.slot! < until);
    jobs.sort((a, b) => a.slot! - b.slot!);
    const wrong = jobs.filter((job, i) => i > 0 && firstBegan.get(job.job_id)! < jobs[i - 1]!.finished_at!);
    return wrong.map((job) => `the slot ${name} ${job.slot} was fired before the job of the slot before had finished`);
  });
}

/** At most one job holds a key; and who was told of a holder was told of a job with that key. */
function checkKeys({ orders, records, firstBegan, store }: TimeEvidence): string[] {
  const broken: string[] = [];
  const byId = new Map(orders.flatMap(({ jobs }) => jobs.map((job) => [job.id, job] as const)));
  for (const { conflicts } of orders)
    for (const [id, holder] of conflicts)
      if (byId.get(id)?.unique?.hash !== byId.get(holder)?.unique?.hash)
        broken.push(`${id} was refused for ${holder}, which has another key`);

  const held = new Map<string, { id: string; from: number; to: number }[]>();
  for (const { jobs, ackAt, acknowledged, redriven } of orders) {
    for (const { id, unique } of jobs.filter(({ unique }) => unique?.until === "finished")) {
      const job = records.get(id);
      if (job?.finished_at === undefined || redriven.has(id)) continue;
      const from = Math.min(acknowledged ? ackAt : Infinity, firstBegan.get(id) ?? Infinity);
      if (from < job.finished_at)
        held.set(unique!.hash, [...(held.get(unique!.hash) ?? []), { id, from, to: job.finished_at }]);
    }
  }
  for (const [hash, all] of held) {
    all.sort((a, b) => a.from - b.from);
    for (const [i, { id, from }] of all.entries())
      if (i > 0 && from < all[i - 1]!.to) broken.push(`${all[i - 1]!.id} held ${hash} when ${id} was accepted`);
  }
  for (const [hash, value] of Object.entries(store.uniques ?? {}))
    if (!value.startsWith("t:")) broken.push(`the unique key ${hash} is left over: ${value}`);
  return broken;
}

/** A key that is held for a time is held for all of it, unless its job was cancelled or deleted. */
function checkTimedKeys(orders: readonly Order[]): string[] {
  const all = orders.flatMap(({ jobs, ...order }) => jobs.map((job) => ({ job, ...order })));
  const timed = all.filter(
    ({ job, acknowledged, conflicts }) => job.unique?.until === HELD_MS && acknowledged && !conflicts.has(job.id),
  );
  const isFreed = ({ job, cancelled, deleted, redriven }: (typeof timed)[number]) =>
    cancelled.includes(job.id) || deleted.has(job.id) || redriven.has(job.id);
  const keepers = timed.filter((each) => !isFreed(each));
  return keepers.flatMap((a) => {
    const others = timed.filter(
      (b) => b.job.unique!.hash === a.job.unique!.hash && b.sentAt > a.ackAt && b.ackAt < a.sentAt + HELD_MS,
    );
    return others.map((b) => `${a.job.id} held ${a.job.unique!.hash} for a time when ${b.job.id} was accepted`);
  });
}

/** An expired job never runs, and no first attempt begins after its limit, unless one may have begun before in a process that crashed. */
function checkExpiry({ orders, records, firstBegan }: TimeEvidence): string[] {
  const broken: string[] = [];
  for (const { jobs, ackAt, acknowledged, redriven } of orders) {
    for (const job of jobs.filter(({ expires }) => expires)) {
      const record = records.get(job.id);
      if (!record || redriven.has(job.id)) continue;
      if (isExpired(record) && firstBegan.has(job.id)) broken.push(`${job.id} expired and ran`);
      const { attempts = [], started_at: begun } = record;
      const mayHaveBegun = attempts.some(({ outcome }) => outcome === "lease_expired");
      const began = attempts[0]?.started_at ?? begun;
      if (!acknowledged || began === undefined || mayHaveBegun || isExpired(record)) continue;
      const late = began - (ackAt + delayOf(job) + job.expires!.afterMs);
      if (late > CLOCK_MS) broken.push(`${job.id} began ${late} ms after its limit`);
    }
  }
  return broken;
}

function delayOf({ when }: NewJob): number {
  return when && "delayMs" in when ? when.delayMs : 0;
}

/** No job of what is paused begins, once workers have had the time to give back what they hold. */
function checkPauses({ pauses, marks, records, orders, outages }: TimeEvidence): string[] {
  const taskOf = new Map(orders.flatMap(({ jobs }) => jobs.map(({ id, task }) => [id, task] as const)));
  for (const { job_id: id, task } of records.values()) taskOf.set(id, task);
  return pauses.flatMap(({ task, from, to }) => {
    const begun = marks.filter(
      (mark) => mark.what === "began" && mark.at > from + GIVE_BACK_MS + SLACK_MS && mark.at < to,
    );
    const wrong = begun.flatMap((mark) =>
      mark.what === "began" && (task === undefined || taskOf.get(mark.id) === task) ? [mark] : [],
    );
    const unexplained = wrong.filter(({ at }) => !isStill({ marks, outages }, from, at));
    return unexplained.map(({ id, at }) => `${id} began ${at - from} ms after ${task ?? "the queue"} was paused`);
  });
}

/** Whether something stood still in this time: a worker, or Redis. */
function isStill({ marks, outages }: Pick<TimeEvidence, "marks" | "outages">, from: number, to: number): boolean {
  const stalls = marks.flatMap((mark) => (mark.what === "stalled" ? [mark] : []));
  return [...outages, ...stalls].some((each) => each.from < to && each.to > from);
}
