import type { Attempt } from "./attempt.ts";

const PROGRESS_MS = 1_000;

/**
 * The attempts that run, and when their leases must be extended. Not a `Set`: each time that one grows or shrinks, V8 chains
 * its old table to the new one, and once a table of the chain is old, no minor collection frees what any of them held.
 */
export class Slots implements Iterable<Attempt> {
  readonly #leaseMs: number;
  readonly #attempts: Attempt[] = [];
  #progressToldAt = 0;
  #added = 0;

  constructor(leaseMs: number) {
    this.#leaseMs = leaseMs;
  }

  get size(): number {
    return this.#attempts.length;
  }

  [Symbol.iterator](): Iterator<Attempt> {
    return this.#attempts.values();
  }

  add(attempt: Attempt): void {
    attempt.slot = this.#attempts.length;
    attempt.order = this.#added++;
    this.#attempts.push(attempt);
  }

  /** Whether it was there. */
  delete(attempt: Attempt): boolean {
    if (this.#attempts[attempt.slot] !== attempt) return false;
    const last = this.#attempts.pop()!;
    if (last !== attempt) {
      this.#attempts[attempt.slot] = last;
      last.slot = attempt.slot;
    }
    return true;
  }

  /** As they began. */
  inOrder(): Attempt[] {
    return [...this.#attempts].sort((a, b) => a.order - b.order);
  }

  /** At half-life all leases are extended in one call; before that, those with progress to tell, once a second. */
  leasesDue(now: number): Attempt[] {
    if (this.#attempts.some((attempt) => this.#halfLifeOf(attempt) <= now)) return [...this.#attempts];
    if (now - this.#progressToldAt < PROGRESS_MS) return [];
    const moved = this.#attempts.filter((attempt) => attempt.hasProgress);
    if (moved.length > 0) this.#progressToldAt = now;
    return moved;
  }

  /** Ms until `leasesDue` has any. */
  msToLease(now: number): number {
    let at = Number.POSITIVE_INFINITY;
    for (const attempt of this.#attempts) {
      at = Math.min(at, this.#halfLifeOf(attempt));
      if (attempt.hasProgress) at = Math.min(at, this.#progressToldAt + PROGRESS_MS);
    }
    return at - now;
  }

  #halfLifeOf({ leasedAt }: Attempt): number {
    return leasedAt + this.#leaseMs / 2;
  }
}
