import type { HeldAttempt } from "./attempt.ts";

const PROGRESS_MS = 1_000;
/** How long a job may wait in the buffer before it goes back to its list, in ms. */
const BUFFER_MS = 1_000;
/** How often a worker asks whether a job that waits in its buffer is still its own, in ms. */
const ASK_MS = 200;

/**
 * The jobs that a worker holds: those that run, and in front of them the buffer, the next one first. Arrays and not sets:
 * V8 chains the old table of a `Set` that grows and shrinks to its new one, which keeps every batch alive for a long time.
 */
export class Held {
  readonly running: HeldAttempt[] = [];
  readonly buffer: HeldAttempt[] = [];
  readonly #leaseMs: number;
  #progressToldAt = 0;

  constructor(leaseMs: number) {
    this.#leaseMs = leaseMs;
  }

  /** Moves the buffer's first job to those that run. Call it only while the buffer holds one. */
  begin(): HeldAttempt {
    const attempt = this.buffer.shift()!;
    this.running.push(attempt);
    return attempt;
  }

  /** Lets a job go. Returns whether it was there. */
  delete(attempt: HeldAttempt): boolean {
    const from = attempt.hasBegun ? this.running : this.buffer;
    const at = from.indexOf(attempt);
    if (at >= 0) from.splice(at, 1);
    return at >= 0;
  }

  /**
   * Takes all jobs out of the buffer when the first of them has waited too long. All, and not the first alone: it would
   * go behind the others.
   */
  takeStale(now: number): HeldAttempt[] {
    return now >= this.staleAt ? this.buffer.splice(0) : [];
  }

  /** Takes such jobs out of the buffer, in order. */
  takeWhere(isTaken: (attempt: HeldAttempt) => boolean): HeldAttempt[] {
    const all = this.buffer.splice(0);
    this.buffer.push(...all.filter((attempt) => !isTaken(attempt)));
    return all.filter(isTaken);
  }

  /** When the buffer's first job has waited too long, `Infinity` when it is empty. */
  get staleAt(): number {
    const first = this.buffer[0];
    return first ? first.claimedAt.answeredAt + BUFFER_MS : Number.POSITIVE_INFINITY;
  }

  /** Says whose leases a request sent now extends: all when one is due, else those with progress to report, once a second, and buffered ones, every 200 ms. */
  leasesDue(now: number): HeldAttempt[] {
    if (this.running.some((attempt) => this.#halfLifeOf(attempt) <= now)) return [...this.running, ...this.buffer];
    const asked = this.buffer.filter(({ leasedAt }) => leasedAt + ASK_MS <= now);
    if (now - this.#progressToldAt < PROGRESS_MS) return asked;
    const moved = this.running.filter((attempt) => attempt.hasProgress);
    if (moved.length > 0) this.#progressToldAt = now;
    return [...moved, ...asked];
  }

  /** When `leasesDue` has the next one. */
  get leaseAt(): number {
    let at = Number.POSITIVE_INFINITY;
    for (const attempt of this.running) {
      at = Math.min(at, this.#halfLifeOf(attempt));
      if (attempt.hasProgress) at = Math.min(at, this.#progressToldAt + PROGRESS_MS);
    }
    for (const { leasedAt } of this.buffer) at = Math.min(at, leasedAt + ASK_MS);
    return at;
  }

  #halfLifeOf({ leasedAt }: HeldAttempt): number {
    return leasedAt + this.#leaseMs / 2;
  }
}
