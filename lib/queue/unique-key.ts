/** Until when a job may hold its unique key. */
export const UNTILS = ["started", "finished", "time"] as const;

/** A unique key: while a job holds it, no other one with the same key is accepted. */
export interface UniqueKey {
  /** The hash of task and key, 22 characters. */
  hash: string;
  /** Until when the job holds it: its first attempt begins, it has finished, or for this time in ms. */
  until: "started" | "finished" | number;
}

/** Writes what a record's head says of a unique key (scripts/parts/unique_keys.lua): the first letter of `UNTILS`, and the hash. */
export function uniqueOf({ hash, until }: UniqueKey): string {
  return `${typeof until === "number" ? "t" : until[0]}:${hash}`;
}

/** Reads until when a job holds its unique key. */
export function untilOf(unique: string): (typeof UNTILS)[number] {
  return UNTILS.find((until) => unique.startsWith(`${until[0]}:`)) ?? "finished";
}
