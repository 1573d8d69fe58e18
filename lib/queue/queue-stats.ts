import { type Pauses, pausesOf } from "./paused.ts";
import { parseJob } from "./record.ts";
import { pairs } from "./script.ts";

/** How many jobs are in each place. */
export interface QueueStats extends Pauses {
  now: number;
  ready: { high: number; normal: number; low: number };
  /** Jobs that are ready to run apart from others, because they were in a process that crashed. */
  suspects: number;
  scheduled: number;
  /** What else has an instant: schedules with a next slot, and pauses with an end. */
  timers: number;
  processing: number;
  completed: number;
  failed: number;
  cancelled: number;
  /** Since when the oldest ready job has been ready, ms since the epoch. Absent: no job is ready, or the queue is paused. */
  oldestReadyAt?: number;
  /** When the next job, slot or end of a pause is due, ms since the epoch. Absent: nothing waits for its time. */
  nextDueAt?: number;
  /** All-time totals, by name. */
  totals: Record<string, number>;
}

type Counts = [number, number, number, number, number, number, number, number, number];
/** What the script stats answers: see its header. */
type StatsReply = [string, ...Counts, string[], string[], string[], string];

/** Reads what the script stats answers. */
export function statsOf(reply: StatsReply): QueueStats {
  const [now, high, normal, low, suspects, scheduled, processing, completed, failed, cancelled, ...more] = reply;
  const [totals, oldest, pauseTexts, nextDue] = more;
  const { timers = 0, ...counts } = Object.fromEntries(pairs(totals).map(([name, n]) => [name, Number(n)]));
  const pauses = pausesOf(pauseTexts, Number(now));
  const readySince = oldest.map(parseJob).flatMap((job) => (job ? [job.runAt ?? job.createdAt] : []));
  return {
    now: Number(now),
    ready: { high, normal, low },
    suspects,
    scheduled: Math.max(0, scheduled - timers),
    timers,
    processing,
    completed,
    failed,
    cancelled,
    ...(readySince.length > 0 && !pauses.paused ? { oldestReadyAt: Math.min(...readySince) } : {}),
    ...(nextDue === "" ? {} : { nextDueAt: Number(nextDue) }),
    ...pauses,
    totals: counts,
  };
}
