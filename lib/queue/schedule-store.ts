import type { QueueSettings } from "./job-queue.ts";
import { type Keys, keysOf } from "./keys.ts";
import type { Redis } from "./redis.ts";
import * as scripts from "./schedule-scripts.ts";
import { call, run } from "./script.ts";

/** The most schedules of a queue. */
export const MOST_SCHEDULES = 10_000;
/** The most schedules that one call reads. */
const MOST_READ = 1_000;

/** The job that a schedule's last fired slot made. */
interface LastRun {
  slot: number;
  jobId: string;
}

/** When a schedule runs next. */
export interface NextSlot {
  /** ms since the epoch. Undefined: it is paused without end, or its last slot is past. */
  next?: number | undefined;
  /** Until when it is paused, ms since the epoch; `Infinity`: without end. Undefined: it is not paused. */
  pausedUntil?: number | undefined;
}

/** A schedule as it stands in Redis. */
export interface ScheduleEntry extends NextSlot {
  name: string;
  /** Its definition: `scheduleFromJson` reads it. */
  json: string;
  /** The last slot that it fired, and the job of it. */
  last?: LastRun | undefined;
}

/** A change of one schedule that code declares. */
export interface DeclaredChange extends NextSlot {
  name: string;
  /** Undefined: the schedule is deleted. */
  json: string | undefined;
  /** As it was read. Undefined: there was none. */
  seen: ScheduleEntry | undefined;
}

/** What code has declared, and when. */
export interface CodeNote {
  /** Stands for all of it: equal where the declarations are equal. */
  hash: string;
  names: string[];
  /** By Redis' clock, ms since the epoch. */
  at: number;
  /** As it stands in Redis. */
  text: string;
}

/**
 * The schedules of a queue. What changes one does so only if it still is as the caller has read it: after "changed", read again.
 * Each verb may be sent again after a lost reply.
 *
 * Every method throws a `RedisError` if Redis is out of reach or refuses.
 */
export class ScheduleStore {
  readonly #redis: Redis;
  readonly #keys: Keys;
  readonly #now: () => number | "";

  constructor(redis: Redis, { prefix, now }: QueueSettings = {}) {
    this.#redis = redis;
    this.#keys = keysOf(prefix);
    this.#now = now ?? (() => "");
  }

  /** Reads schedules by their names, in that order, and Redis' clock. Undefined for one that there is not. */
  async read(names: readonly string[]): Promise<{ now: number; entries: (ScheduleEntry | undefined)[] }> {
    const entries: (ScheduleEntry | undefined)[] = [];
    let now = 0;
    for (let first = 0; first === 0 || first < names.length; first += MOST_READ) {
      const some = names.slice(first, first + MOST_READ);
      const [reply] = await run(this.#redis, [
        call(scripts.agenda, this.#keys, { now: this.#now(), after: "", limit: 0 }, some),
      ]);
      now = Number(reply[0]);
      entries.push(...entriesOf(reply[2]));
    }
    return { now, entries };
  }

  /** Lists schedules by their names. `after`: the last name of the page before. `total`: how many there are. */
  async list({ after = "", limit = 100 }: { after?: string; limit?: number } = {}): Promise<{
    now: number;
    total: number;
    entries: ScheduleEntry[];
  }> {
    const [[now, total, flat]] = await run(this.#redis, [
      call(scripts.agenda, this.#keys, { now: this.#now(), after, limit: Math.min(limit, MOST_READ) }),
    ]);
    return { now: Number(now), total: Number(total), entries: entriesOf(flat).filter((each) => each !== undefined) };
  }

  /**
   * Makes a schedule or changes it. `seen`: as it was read; undefined where there was none. `in_code`: code declares it. `full`: there
   * are 10,000.
   */
  async put(
    name: string,
    json: string,
    { next, pausedUntil }: NextSlot,
    seen: ScheduleEntry | undefined,
  ): Promise<"put" | "changed" | "in_code" | "full"> {
    const args = { name, json, next: next ?? "", pausedUntil: pausedText(pausedUntil), seen: seenText(seen) };
    const [outcome] = await run(this.#redis, [call(scripts.schedule, this.#keys, { ...args, most: MOST_SCHEDULES })]);
    return outcome;
  }

  /** Deletes a schedule. `in_code`: code declares it. */
  async delete(name: string): Promise<"deleted" | "missing" | "in_code"> {
    const [outcome] = await run(this.#redis, [call(scripts.unschedule, this.#keys, { name })]);
    return outcome;
  }

  /** Pauses a schedule. `until`: ms since the epoch; undefined: without end. `next`: its first slot then, if it has any. */
  async pause(
    seen: ScheduleEntry,
    until: number | undefined,
    next: number | undefined,
  ): Promise<"done" | "changed" | "missing"> {
    return this.#suspend(seen, { next: until === undefined ? undefined : next, pausedUntil: until ?? Infinity });
  }

  /** Lets a schedule go on that was paused, from the slot `next`. */
  async resume(seen: ScheduleEntry, next: number | undefined): Promise<"done" | "changed" | "missing"> {
    return this.#suspend(seen, { next });
  }

  /** Reads what code has declared. One command. Undefined: nothing. */
  async codeNote(): Promise<CodeNote | undefined> {
    const text = await this.#redis.hget(this.#keys.schedules, " code");
    if (text === null) return undefined;
    try {
      const { hash, names, at } = JSON.parse(text) as Omit<CodeNote, "text">;
      return { hash, names: [...names], at, text };
    } catch {
      return { hash: "", names: [], at: 0, text };
    }
  }

  /** Makes the schedules that code declares these, all or none. `seen`: what code had declared, as it was read. */
  async declare(
    { hash, names }: Pick<CodeNote, "hash" | "names">,
    changes: readonly DeclaredChange[],
    seen: CodeNote | undefined,
  ): Promise<"declared" | "changed" | "full"> {
    const note = `{"hash":${JSON.stringify(hash)},"names":${JSON.stringify(names)}`;
    const rest = changes.flatMap(({ name, json, next, pausedUntil, seen: entry }) => [
      name,
      json ?? "",
      String(next ?? ""),
      pausedText(pausedUntil),
      seenText(entry),
    ]);
    const args = { now: this.#now(), note, seenNote: seen?.text ?? "", most: MOST_SCHEDULES };
    const [outcome] = await run(this.#redis, [call(scripts.declare, this.#keys, args, rest)]);
    return outcome;
  }

  async #suspend(seen: ScheduleEntry, { next, pausedUntil }: NextSlot): Promise<"done" | "changed" | "missing"> {
    const args = { name: seen.name, next: next ?? "", pausedUntil: pausedText(pausedUntil), seen: seenText(seen) };
    const [outcome] = await run(this.#redis, [call(scripts.suspend, this.#keys, args)]);
    return outcome;
  }
}

function entriesOf(flat: readonly string[]): (ScheduleEntry | undefined)[] {
  return Array.from({ length: flat.length / 5 }, (_, i) => {
    const [name, json, next, last, paused] = flat.slice(5 * i, 5 * i + 5) as [string, string, string, string, string];
    if (json === "") return undefined;
    const [slot, jobId] = last.split(" ");
    return {
      name,
      json,
      ...(next === "" ? {} : { next: Number(next) }),
      ...(jobId === undefined ? {} : { last: { slot: Number(slot), jobId } }),
      ...(paused === "" ? {} : { pausedUntil: paused === "-" ? Infinity : Number(paused) }),
    };
  });
}

function pausedText(until: number | undefined): string {
  return until === undefined ? "" : until === Infinity ? "-" : String(until);
}

/** Says what may not have changed since it was read, as `seen_of` in scripts/parts/definitions.lua does. */
function seenText(entry: ScheduleEntry | undefined): string {
  if (!entry) return "";
  const rev = /^{"rev":"([^"]+)"/.exec(entry.json)?.[1] ?? "";
  return `${rev} ${entry.next ?? "-"} ${pausedText(entry.pausedUntil) || "+"}`;
}
