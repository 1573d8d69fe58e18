import { describe, RedisError } from "../errors.ts";
import { isInCode } from "../queue/in-code.ts";
import type { DueSchedule, Stepped } from "../queue/worker-queue.ts";
import type { PlannedFiring } from "../schedules/plan-firing.ts";
import type { DrainParts } from "./drain.ts";

/** The most characters of payloads in one request, which may settle 8 MB besides. */
const MOST_CHARACTERS = 500_000;
/** A schedule that cannot be planned is looked at again after this long, in ms. */
const BROKEN_MS = 3_600_000;
/** After Redis has refused to fire, nothing is fired for this long, in ms. */
const REFUSED_MS = 5_000;

/** What a worker does with schedules that are due: it plans which slots to fire, and says what became of them. */
export class DueSchedules {
  readonly #parts: DrainParts;
  #planned: PlannedFiring[] = [];
  /** Redis' clock. */
  #plannedAt = 0;
  /** `performance.now()` */
  #refusedUntil = 0;

  constructor(parts: DrainParts) {
    this.#parts = parts;
  }

  /** Plans what the next claim fires. Returns whether it is anything. What is too much for one request stays due. */
  async plan(due: readonly DueSchedule[], now: number): Promise<boolean> {
    if (performance.now() < this.#refusedUntil) return false;
    const { MOST_SLOTS, planFiring } = await import("../schedules/plan-firing.ts"); // most workers never need it
    const ours = await this.#ours(due, now);
    let [slots, characters] = [MOST_SLOTS, MOST_CHARACTERS];
    this.#planned = [];
    this.#plannedAt = now;
    for (const each of ours) {
      if (slots <= 0 || characters <= 0) break;
      const planned = this.#sound(each, now, () => planFiring(each, now, slots));
      if (planned.firing.next === each.slot) continue;
      this.#planned.push(planned);
      for (const { job } of planned.firing.slots) characters -= job.payload?.length ?? 0;
      slots -= planned.firing.slots.length;
    }
    return this.#planned.length > 0;
  }

  /** Gives what was planned, once. */
  take(): PlannedFiring[] {
    return this.#planned.splice(0);
  }

  /** Logs what became of the slots. */
  noteFired(planned: readonly PlannedFiring[], fired: Stepped["fired"]): void {
    const { log, observers = [] } = this.#parts;
    if ("refused" in fired) {
      this.#refusedUntil = performance.now() + REFUSED_MS;
      log("error", "schedules_refused", { message: fired.refused });
      return;
    }
    for (const [i, { firing, missedBefore }] of planned.entries()) {
      const words = fired[i]!;
      const schedule = firing.name;
      if (missedBefore !== undefined && !words.includes("lost")) {
        const count = words.filter((word) => word === "fired").length;
        log("warn", "schedule_caught_up", { schedule, missed_before: instant(missedBefore), fired: count });
        for (const observer of observers) observer.slotFired?.(this.#plannedAt - firing.slot);
      }
      for (const [n, { at, job }] of firing.slots.entries()) {
        if (words[n] === "overlapped") log("info", "schedule_overlapped", { schedule, slot: instant(at) });
        if (words[n] !== "fired") continue;
        const lateMs = this.#plannedAt - at;
        log("info", "schedule_fired", { schedule, slot: instant(at), job_id: job.id, task: job.task, late_ms: lateMs });
        for (const observer of observers) observer.slotFired?.(lateMs);
      }
    }
  }

  /**
   * Leaves out what code declared, where this process declares nothing and is newer: then those schedules are gone. Otherwise
   * another version of the application keeps them, and any worker fires them.
   */
  async #ours(due: readonly DueSchedule[], now: number): Promise<readonly DueSchedule[]> {
    const { disown, log } = this.#parts;
    const inCode = due.filter(({ json }) => isInCode(json)).map(({ name }) => name);
    if (!disown || inCode.length === 0) return due;
    try {
      const areGone = await disown(inCode, now);
      return areGone ? due.filter(({ json }) => !isInCode(json)) : due;
    } catch (error) {
      if (!(error instanceof RedisError)) throw error;
      log("warn", "schedules_failed", { ...describe(error) });
      return [];
    }
  }

  /** Moves a schedule that cannot be planned out of the way, so that it is not at the head of what is due for ever. */
  #sound({ name, slot, json }: DueSchedule, now: number, plan: () => PlannedFiring): PlannedFiring {
    try {
      return plan();
    } catch (error) {
      this.#parts.log("error", "schedule_broken", { schedule: name, ...describe(error) });
      const rev = /^{"rev":"([^"]+)"/.exec(json)?.[1] ?? "";
      return { firing: { name, slot, rev, next: now + BROKEN_MS, overlap: "allow", slots: [] } };
    }
  }
}

function instant(ms: number): string {
  return new Date(ms).toISOString();
}
