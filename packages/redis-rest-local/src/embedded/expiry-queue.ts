import type { Bytes } from "./replies.ts";

interface ExpiringKey {
  readonly key: Bytes;
  readonly at: number;
}

/**
 * The keys by the time at which they expire: a binary heap. A key whose expiry changes is simply added again; the code that
 * takes entries out checks them against the key's present expiry.
 */
export class ExpiryQueue {
  private heap: ExpiringKey[] = [];

  get size(): number {
    return this.heap.length;
  }

  add(key: Bytes, at: number): void {
    const heap = this.heap;
    let index = heap.push({ key, at }) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (heap[parent]!.at <= heap[index]!.at) break;
      this.swap(parent, index);
      index = parent;
    }
  }

  /** Takes out the entry that is due first, if it is due before `now`. */
  takeBefore(now: number): ExpiringKey | undefined {
    const first = this.heap[0];
    if (!first || first.at >= now) return undefined;
    const last = this.heap.pop()!;
    if (this.heap.length > 0) {
      this.heap[0] = last;
      this.sink();
    }
    return first;
  }

  /** Keeps one entry for each key, and only those that still hold. */
  tidy(holds: (due: ExpiringKey) => boolean): void {
    const kept = new Map<Bytes, number>();
    for (const due of this.heap) if (holds(due)) kept.set(due.key, due.at);
    this.heap = [];
    for (const [key, at] of kept) this.add(key, at);
  }

  private sink(): void {
    const heap = this.heap;
    let index = 0;
    for (;;) {
      let least = index;
      for (const child of [2 * index + 1, 2 * index + 2]) {
        if (child < heap.length && heap[child]!.at < heap[least]!.at) least = child;
      }
      if (least === index) return;
      this.swap(least, index);
      index = least;
    }
  }

  private swap(a: number, b: number): void {
    const item = this.heap[a]!;
    this.heap[a] = this.heap[b]!;
    this.heap[b] = item;
  }
}
