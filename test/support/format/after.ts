import type { FormatCase, StoredKeys } from "./fixture.ts";

type Fields = Record<string, string | number | undefined>;

/** Reads the record that a case is about. */
export function recordIn(keys: StoredKeys, id: string): Fields | undefined {
  const text = keys[`job:${id}`]?.value;
  return text === undefined ? undefined : (JSON.parse(String(text)) as Fields);
}

/** Lists the places that hold a job: lists and zsets, but for those that offer it. */
export function placesIn(keys: StoredKeys, id: string): string[] {
  return Object.entries(keys)
    .filter(([name, { type, value }]) => /^(list|zset)$/.test(type) && !isHint(name) && value.includes(id))
    .map(([name]) => name);
}

const isHint = (name: string) => name.startsWith("job_queue:unknown:") || name.endsWith(":later");

const ENDS: Record<string, string> = {
  "settle completed": "job_queue:completed",
  "settle failed": "job_queue:failed",
  "settle retry": "job_queue:scheduled",
  "settle deferred": "job_queue:scheduled",
  "settle snoozed": "job_queue:scheduled",
};

/** Says where a case's job is after a verb: undefined where it is gone. */
export function placeAfter(
  verb: string,
  { name, job, place, now, keys }: FormatCase,
  token: string,
): string | undefined {
  const record = recordIn(keys, job)!;
  const isReady = place === ready(record) && record.status === "pending";
  const isScheduled = place === "job_queue:scheduled";
  const isDue = isScheduled && Number(record.run_at) <= now;
  const runs = place === "job_queue:leases";
  const isFinished = !isReady && !isScheduled && !runs;
  const isOffered = record.unknown_since !== undefined;
  const wasClaimed = `job_queue:claim:${token}` in keys;
  const leases = "job_queue:leases";
  switch (verb) {
    case "claim":
      return isReady || isDue ? leases : place;
    case "claim by a worker that knows the task":
      return isReady || isDue || isOffered ? leases : place;
    case "claim again":
      return (isReady || isDue) && !wasClaimed ? leases : place;
    case "claim nothing, an hour later":
      if (isScheduled) return ready(record);
      if (!runs) return place;
      return isLastAlone(record) ? "job_queue:failed" : "job_queue:suspects";
    case "claim, an hour later":
      // The parent comes before its child: its process crashed, so it runs alone.
      if (isFinished || name === "ready, submitted by another job that runs") return place;
      return runs && isLastAlone(record) ? "job_queue:failed" : leases;
    case "cancel":
      return isFinished ? place : "job_queue:cancelled";
    case "redrive":
      if (record.status !== "failed" && record.status !== "cancelled") return place;
      return record.held_until === undefined ? ready({ ...record, crashes: undefined }) : "job_queue:scheduled";
    case "trim, eight days later":
      return isFinished ? undefined : place;
    case "settle released":
      return runs && record.token === token ? ready(record) : place;
    default:
      return (runs && record.token === token && ENDS[verb]) || place;
  }
}

function ready({ crashes, priority = "normal" }: Fields): string {
  if (crashes !== undefined) return "job_queue:suspects";
  return priority === "normal" ? "job_queue" : `job_queue:${priority}`;
}

const isLastAlone = ({ alone, retries, max_retries }: Fields) =>
  alone !== undefined && Number(retries) >= Number(max_retries);
