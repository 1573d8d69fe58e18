import type { NewJob } from "../queue/job.ts";
import type { Ending, Stepped } from "../queue/worker-queue.ts";
import type { HeldAttempt } from "./attempt.ts";

/** How an attempt ended, for observers. The queue does not hear of all: what was cancelled or lost is not settled. */
export type ObservedEnding = Ending | { outcome: "cancelled" | "lost" };

/** Watches a drain. It is called while the drain works, so it must be quick, and must not throw. */
export interface Observer {
  /** A round trip: what it settled, in the order of `answer.settled`, and what came back. */
  stepped(settled: readonly Ending[], answer: Stepped): void;
  /** A task's job was accepted for the first time. */
  submitted(job: NewJob): void;
  /** A task's job was not accepted, because another one holds its unique key. */
  conflicted(job: NewJob): void;
  /** A slot of a schedule has fired this long after its time, in ms. */
  slotFired?(lateMs: number): void;
  /** A run has begun. */
  began(attempt: HeldAttempt): void;
  /** A run is over. A later `stepped` tells whether Redis accepts its ending. */
  ended(attempt: HeldAttempt, ending: ObservedEnding, ranMs: number): void;
}
