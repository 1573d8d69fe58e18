import type { Log } from "../observability/log.ts";
import type { HeldAttempt } from "./attempt.ts";
import { StallMeter } from "./stall.ts";

/** A stall of the event loop that is worth a line in the log, in ms. */
const LONG_STALL_MS = 500;

/** Measures stalls of the event loop, and logs which tasks caused them, as far as that can be known. */
export class Blockers {
  readonly #log: Log;
  readonly #running: () => readonly HeldAttempt[];
  readonly #meter = new StallMeter((ms) => this.#noteStall(ms));
  /** How long tasks computed as they began, since the last stall was over, in ms: those stalls have a name already. */
  #computedMs = 0;
  /** The tasks of the runs that ended as a stall did. */
  readonly #endedLate = new Set<string>();

  constructor(log: Log, running: () => readonly HeldAttempt[]) {
    this.#log = log;
    this.#running = running;
  }

  start(): void {
    this.#meter.start();
  }

  stop(): void {
    this.#meter.stop();
  }

  /** For how long the event loop has been blocked since the start, in ms. */
  get blockedMs(): number {
    return this.#meter.blockedMs;
  }

  /** Notes that a run computed for this long, in ms, before it waited for anything. */
  noteComputed({ claimed: { job } }: HeldAttempt, ms: number): void {
    this.#computedMs += ms;
    if (ms < LONG_STALL_MS) return;
    this.#log("warn", "blocked", { blocked_ms: Math.round(ms), job_id: job.id, task: job.task });
  }

  noteEnded({ claimed: { job } }: HeldAttempt): void {
    if (this.#meter.isLate) this.#endedLate.add(job.task);
  }

  /**
   * Logs a stall that came after a run had waited for something: a run that ended with it is the likely cause, else any that was
   * running then may be.
   */
  #noteStall(ms: number): void {
    const unnamedMs = ms - this.#computedMs;
    const running = this.#running().map(({ claimed: { job } }) => job.task);
    const tasks = this.#endedLate.size > 0 ? [...this.#endedLate] : [...new Set(running)];
    this.#computedMs = 0;
    this.#endedLate.clear();
    if (unnamedMs >= LONG_STALL_MS) this.#log("warn", "blocked", { blocked_ms: Math.round(unnamedMs), tasks });
  }
}
