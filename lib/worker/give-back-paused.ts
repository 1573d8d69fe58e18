import type { Log } from "../observability/log.ts";
import type { Claimed } from "../queue/worker-queue.ts";
import type { HeldAttempt } from "./attempt.ts";
import type { Held } from "./held.ts";

/** Gives back the buffered jobs of what a claim found paused, and logs which pauses it found to be over. Jobs that run go on. */
export function giveBackPaused({ paused = [], resumed = [] }: Claimed, held: Held, log: Log): void {
  for (const name of resumed) log("info", "resumed", name === "" ? {} : { task: name });
  if (paused.length === 0) return;
  const isPaused = ({ claimed: { job } }: HeldAttempt) => paused.includes("") || paused.includes(job.task);
  for (const attempt of held.takeWhere(isPaused)) attempt.release();
}
