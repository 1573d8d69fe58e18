/** A pause of the whole queue. Instants are ms since the epoch. */
export interface QueuePause {
  since: number;
  /** Absent: until it is resumed. */
  until?: number;
}

/** A pause of one task. */
interface TaskPause extends QueuePause {
  task: string;
  /** How many of its jobs were ready and have been set aside. */
  parked: number;
  /** It has been resumed, and its parked jobs are on their way back to their lists. */
  resuming?: true;
}

/** What is paused. */
export interface Pauses {
  /** The pause of the whole queue. Absent: it is not paused. */
  paused?: QueuePause | undefined;
  /** The tasks that are paused, and those whose parked jobs are still on their way back to their lists. Absent: there are none. */
  pausedTasks?: TaskPause[] | undefined;
}

/**
 * Reads what the keys `paused` and `paused_tasks` hold (scripts/parts/pauses.lua), and behind them the number of parked jobs of
 * each task, as texts. "" for a key that is not there.
 */
export function pausesOf([queue = "", tasks = "", ...parked]: readonly string[], now: number): Pauses {
  const [until = "", since = ""] = queue.split(" ");
  const paused = queue === "" || isOver(until, now) ? {} : { paused: pauseOf(until, since, now) };
  const words = tasks === "" ? [] : tasks.split(" ");
  const pausedTasks = Array.from({ length: Math.floor(words.length / 3) }, (_, i): TaskPause => {
    const [task = "", until = "", since = ""] = words.slice(i * 3, i * 3 + 3);
    const resuming = until === "+" || isOver(until, now) ? { resuming: true as const } : {};
    return {
      task,
      ...pauseOf(resuming.resuming ? "-" : until, since, now),
      parked: Number(parked[i] ?? 0),
      ...resuming,
    };
  });
  return { ...paused, ...(pausedTasks.length > 0 ? { pausedTasks } : {}) };
}

/** Reads which tasks are paused or being resumed. */
export function pausedTasksIn(text: string | null): string[] {
  return (text ?? "").split(" ").filter((_, i) => i % 3 === 0 && text);
}

function pauseOf(until: string, since: string, now: number): QueuePause {
  return { since: instantOf(since) ?? now, ...(instantOf(until) === undefined ? {} : { until: instantOf(until)! }) };
}

function isOver(until: string, now: number): boolean {
  return (instantOf(until) ?? Number.POSITIVE_INFINITY) <= now;
}

/** Undefined where the text is no instant: an operator may have set the key by hand. */
function instantOf(text: string): number | undefined {
  return /^\d{1,16}$/.test(text) ? Number(text) : undefined;
}
