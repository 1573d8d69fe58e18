import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { beforeOf, declareSchedules } from "../../lib/app/declare-schedules.ts";
import type { NewJob } from "../../lib/queue/job.ts";
import type { NextSlot, ScheduleEntry, ScheduleStore } from "../../lib/queue/schedule-store.ts";
import { nextAfterChange } from "../../lib/schedules/change.ts";
import { scheduleToJson } from "../../lib/schedules/definition.ts";
import { jobOf } from "../../lib/schedules/fired-job.ts";
import type { Schedule, SlotRule } from "../../lib/schedules/schedule.ts";
import { nextSlot } from "../../lib/schedules/slots.ts";
import { scheduleOf } from "../support/schedules.ts";
import { sure } from "./sure.ts";

/**
 * A time during which a schedule had one definition. Every slot from `from` to before `until` must be fired; those from `earliest`
 * and up to `latest` may be. ms since the epoch.
 */
export interface Stretch {
  schedule: Schedule;
  earliest: number;
  from: number;
  until: number;
  latest: number;
}

interface Live {
  schedule: Schedule;
  /** Undefined: it is paused without end. */
  stretch: Stretch | undefined;
}

interface Change {
  isDone(seen: ScheduleEntry | undefined): boolean;
  plan(seen: ScheduleEntry | undefined, now: number): NextSlot;
  /** False: the schedule is not as it was read. */
  send(seen: ScheduleEntry | undefined, next: NextSlot): Promise<boolean>;
}

export interface KeeperParts {
  store: ScheduleStore;
  random: () => number;
  submit(job: NewJob): Promise<void>;
  signal: AbortSignal;
}

const NAMES = ["steady", "a", "b:1", "c", "d.x"];
const RULES: SlotRule[] = [
  { everyMs: 1_000 },
  { everyMs: 3_000 },
  { cron: "*/2 * * * * *", timeZone: "Europe/Berlin" },
  { cron: "1-59/3 * * * * *", timeZone: "UTC" },
  { cron: "0-20,30-45 * * * * 0-6", timeZone: "America/New_York" },
];

/** Makes schedules, changes, pauses, runs and deletes them, and knows which slots must be fired. */
export class Keeper {
  readonly stretches: Stretch[] = [];
  /** How often it did what. */
  readonly did: Record<string, number> = {};
  readonly #parts: KeeperParts;
  readonly #live = new Map<string, Live>();
  #revisions = 0;

  constructor(parts: KeeperParts) {
    this.#parts = parts;
  }

  /** Goes on until `over` aborts. "steady" is made and stays. */
  async keep(over: AbortSignal): Promise<void> {
    const { random, signal } = this.#parts;
    for (const name of NAMES) await this.#put(name, name === "steady" ? { rule: RULES[0]!, overlap: "allow" } : {});
    while (!over.aborted) {
      await sleep(100 + random() * 500, undefined, { signal });
      await this.#meddle(NAMES[1 + Math.floor(random() * (NAMES.length - 1))]!);
    }
  }

  /** Waits until every slot so far is fired, then deletes all, also what code declared. */
  async end(): Promise<void> {
    const { store, signal } = this.#parts;
    const names = [...this.#live].flatMap(([name, { stretch }]) => (stretch ? [name] : []));
    const { now } = await sure(() => store.read([]), signal);
    for (let isLate = true; isLate; ) {
      await sleep(50, undefined, { signal });
      const { entries } = await sure(() => store.read(names), signal);
      isLate = entries.some((entry) => entry?.next !== undefined && entry.next <= now);
    }
    for (const name of this.#live.keys()) await this.#delete(name);
  }

  /** Deletes what code declared. A worker that was started late may declare it once more. */
  async disown(): Promise<void> {
    await declareSchedules(this.#parts.store, [], () => undefined);
  }

  async #meddle(name: string): Promise<void> {
    const { random } = this.#parts;
    const chance = random();
    const live = this.#live.get(name);
    if (!live || chance < 0.4) return this.#put(name);
    if (chance < 0.55) return this.#delete(name);
    if (chance < 0.7) return this.#run(live.schedule);
    return live.stretch ? this.#pause(name, live.schedule, chance < 0.85) : this.#resume(name, live.schedule);
  }

  async #put(name: string, more: Partial<Schedule> = {}): Promise<void> {
    const { random } = this.#parts;
    const overlap = random() < 0.5 ? "skip" : "allow";
    const schedule = scheduleOf(name, {
      rev: `chaos-${++this.#revisions}`,
      source: "api",
      task: random() < 0.8 ? "marked" : "fresh",
      payload: JSON.stringify({ ms: overlap === "skip" && random() < 0.7 ? 1_700 : 5, fails: random() < 0.1 ? 1 : 0 }),
      rule: RULES[Math.floor(random() * RULES.length)]!,
      catchUp: { all: 1_000 },
      overlap,
      jitterMs: random() < 0.2 ? 500 : 0,
      maxRetries: 100,
      ...more,
    });
    const json = scheduleToJson(schedule);
    await this.#change(name, schedule, {
      isDone: (seen) => seen?.json === json,
      plan: (seen, now) => nextAfterChange(schedule, seen && beforeOf(seen), now),
      send: async (seen, next) => (await this.#parts.store.put(name, json, next, seen)) === "put",
    });
    this.#note("put");
  }

  async #pause(name: string, schedule: Schedule, hasEnd: boolean): Promise<void> {
    const until = hasEnd ? Date.now() + 1_500 : undefined;
    await this.#change(name, schedule, {
      isDone: (seen) => seen?.pausedUntil === (until ?? Number.POSITIVE_INFINITY),
      plan: () => ({ next: until === undefined ? undefined : nextSlot(schedule.rule, until - 1) }),
      send: async (seen, { next }) => (await this.#parts.store.pause(seen!, until, next)) === "done",
    });
    this.#note("paused");
  }

  async #resume(name: string, schedule: Schedule): Promise<void> {
    await this.#change(name, schedule, {
      isDone: (seen) => seen?.pausedUntil === undefined,
      plan: (_, now) => ({ next: nextSlot(schedule.rule, now) }),
      send: async (seen, { next }) => (await this.#parts.store.resume(seen!, next)) === "done",
    });
    this.#note("resumed");
  }

  async #delete(name: string): Promise<void> {
    const { store, signal } = this.#parts;
    const { now, entries } = await sure(() => store.read([name]), signal);
    await sure(() => store.delete(name), signal);
    const { stretch } = this.#live.get(name)!;
    const until = Math.min(entries[0]!.next ?? Infinity, now + 1);
    if (stretch) Object.assign(stretch, { until, latest: Date.now() });
    this.#live.delete(name);
    this.#note("deleted");
  }

  async #run(schedule: Schedule): Promise<void> {
    await this.#parts.submit(jobOf(schedule, randomUUID(), Date.now()));
    this.#note("run by hand");
  }

  /**
   * Reads and writes until the change is made. From then on the schedule has a new stretch, and the one before has ended. Where replies
   * were lost, any of what was sent may be what was written: then what lies between is not certain.
   */
  async #change(name: string, schedule: Schedule, { isDone, plan, send }: Change): Promise<void> {
    const { store, signal } = this.#parts;
    const sent: { seen: ScheduleEntry | undefined; next: NextSlot; now: number }[] = [];
    for (let done = false; !done; ) {
      const { now, entries } = await sure(() => store.read([name]), signal);
      const seen = entries[0];
      if (sent.length > 0 && isDone(seen)) break;
      const next = plan(seen, now);
      sent.push({ seen, next, now });
      done = await sure(() => send(seen, next), signal);
      if (!done && isDone(seen)) throw new Error(`${name} is as it should be, and cannot be changed`);
    }
    const ends = sent.flatMap(({ seen, now }) => (seen?.next === undefined ? [] : [Math.min(seen.next, now + 1)]));
    const before = this.#live.get(name)?.stretch;
    if (before) Object.assign(before, { until: Math.min(...ends), latest: Math.max(...ends) - 1 });
    const begins = sent.flatMap(({ next }) => next.next ?? []);
    const stretch: Stretch | undefined =
      begins.length === 0
        ? undefined
        : { schedule, earliest: Math.min(...begins), from: Math.max(...begins), until: Infinity, latest: Infinity };
    if (stretch) this.stretches.push(stretch);
    this.#live.set(name, { schedule, stretch });
  }

  #note(what: string): void {
    this.did[what] = (this.did[what] ?? 0) + 1;
  }
}
