/** Many jobs that are being retried or deleted: how far it is. */
export interface Bulk {
  verb: "retry" | "delete";
  /** What the jobs are, in words that follow their number. */
  what: string;
  /** How many they are; undefined where that is not known. */
  of: number | undefined;
  done: number;
  skipped: number;
  mode: "running" | "stopping" | "ended";
  fault?: string;
}

/** Writes a number of jobs: `1 job`, `1,204 jobs`. */
export const jobsInWords = (count: number) => `${count.toLocaleString("en")} ${count === 1 ? "job" : "jobs"}`;

/** Says which jobs of a group a button changes. `hasMore`: some failed so long ago that they are not in the count. */
export function groupInWords(count: number, hasMore: boolean): string {
  return hasMore ? "all of them, also older ones" : jobsInWords(count);
}

/** Says how far a change of many jobs is. */
export function bulkInWords({ verb, what, of, done, mode }: Bulk): string {
  const count = `${done.toLocaleString("en")}${of === undefined ? "" : ` of ${of.toLocaleString("en")}`} ${what}`;
  if (mode === "ended") return `${verb === "retry" ? "Retried" : "Deleted"} ${count}.`;
  return `${verb === "retry" ? "Retrying" : "Deleting"} ${count} …`;
}
