import { waitingIn } from "./job-state.ts";
import type { ShownCounts } from "./shapes.ts";
import { duration } from "./time.ts";
import type { Waited } from "./trend.ts";

/** The answer to "is the queue keeping up": a word for its colour, and a sentence. */
export interface Verdict {
  tone: "good" | "waiting" | "bad";
  word: string;
  sentence: string;
}

/** Jobs that wait longer than this wait for more than the worker to wake: the tick comes every minute. */
const LATE_SECONDS = 60;

/** Says whether the queue keeps up, from how long the oldest ready job has waited, and whether fewer wait than a while ago. */
export function verdictOf(stats: ShownCounts, earlier?: Waited, now: number = Date.now()): Verdict {
  const waiting = waitingIn(stats);
  const jobs = `${waiting.toLocaleString("en")} ${waiting === 1 ? "job waits" : "jobs wait"}`;
  if (stats.paused) return { tone: "waiting", word: "Paused", sentence: `Nothing new is started. ${jobs}.` };
  const oldest = stats.oldest_ready_seconds;
  if (waiting === 0 || oldest === undefined)
    return { tone: "good", word: "Keeping up", sentence: "No job waits for a worker." };
  const words = `${jobs}, the oldest for ${duration(oldest * 1_000)}`;
  if (oldest <= LATE_SECONDS) return { tone: "good", word: "Keeping up", sentence: `${words}.` };
  const fewer = (earlier?.waiting ?? 0) - waiting;
  if (earlier === undefined || fewer <= 0) return { tone: "bad", word: "Falling behind", sentence: `${words}.` };
  const since = `${fewer.toLocaleString("en")} fewer than ${duration(now - earlier.at)} ago`;
  return { tone: "waiting", word: "Catching up", sentence: `${words}; ${since}.` };
}
