import type { NewJob } from "./job.ts";
import { isInline, recordOf } from "./record.ts";

/** A schedule with a due slot, as a claim hands it to a worker. */
export interface DueSchedule {
  name: string;
  /** The slot that is due, ms since the epoch. */
  slot: number;
  /** The stored definition: `scheduleFromJson` reads it. */
  json: string;
}

/** What becomes of a schedule with a due slot. */
export interface Firing {
  name: string;
  /** The slot that it waits for. If it does not wait for this one any more, nothing happens. */
  slot: number;
  /** The revision of the definition that this was planned with. If it has another one, nothing happens. */
  rev: string;
  /** The slot that it waits for from now on, ms since the epoch. Undefined: none. */
  next: number | undefined;
  overlap: "skip" | "allow";
  /** The slots to fire, in order, and the job of each. */
  slots: { at: number; job: NewJob }[];
}

/** What became of each slot of a firing. `lost`: another worker has fired it, or the schedule has changed. */
export type Fired = "fired" | "overlapped" | "lost";

/** Writes firings as the script fire takes them. */
export function firing(firings: readonly Firing[]): string[] {
  return firings.flatMap(({ name, slot, rev, next, overlap, slots }) => [
    ...[name, String(slot), rev, String(next ?? ""), overlap, String(slots.length)],
    ...slots.flatMap(({ at, job }) => [String(at), job.id, ...written(job)]),
  ]);
}

/** Writes a job: its record, its place, and its payload where that has a key of its own. */
function written(job: NewJob): string[] {
  const runAt = job.when && "at" in job.when ? job.when.at : undefined;
  const payload = job.payload === undefined || isInline(job.payload) ? "" : job.payload;
  const expiresAt = job.expires && (runAt ?? job.createdAt) + job.expires.afterMs;
  return [
    recordOf(job, { runAt, expiresAt }),
    runAt === undefined ? job.priority : `${job.priority} ${runAt}`,
    payload,
  ];
}

/** Reads what fire answered: a list for each firing, or why Redis refused all of them. */
export function firedOf(firings: readonly Firing[], reply: readonly string[]): Fired[][] | { refused: string } {
  if (reply[0] === "refused") return { refused: reply[1] ?? "" };
  const words = [...reply] as Fired[];
  return firings.map(({ slots }) => words.splice(0, slots.length));
}

/** Reads what claim answered of due schedules: name, slot, definition … */
export function dueOf(flat: readonly string[]): DueSchedule[] {
  return Array.from({ length: flat.length / 3 }, (_, i) => {
    const [name, slot, json] = flat.slice(3 * i, 3 * i + 3) as [string, string, string];
    return { name, slot: Number(slot), json };
  });
}
