const MAX_CHUNK = 512;
const MIN_CHUNK = 64;

/**
 * A list of distinct items in order, in chunks of at most 512. Finding, adding or removing an item costs a binary search and a
 * short copy; turning a rank into an item or back costs a sum over the chunks: some microseconds with a million items.
 */
export class RankedList<T> {
  private readonly compare: (a: T, b: T) => number;
  /** The chunks, of which none is empty. */
  private readonly chunks: T[][] = [];

  constructor(compare: (a: T, b: T) => number) {
    this.compare = compare;
  }

  insert(item: T): void {
    const chunk = Math.min(this.chunkOf(item), this.chunks.length - 1);
    const items = this.chunks[chunk];
    if (!items) {
      this.chunks.push([item]);
      return;
    }
    items.splice(this.placeIn(items, item), 0, item);
    if (items.length > MAX_CHUNK) this.chunks.splice(chunk + 1, 0, items.splice(MAX_CHUNK / 2));
  }

  /** Removes an item, which must exist. */
  delete(item: T): void {
    const chunk = this.chunkOf(item);
    const items = this.chunks[chunk]!;
    items.splice(this.placeIn(items, item), 1);
    if (items.length < MIN_CHUNK) this.merge(chunk);
  }

  /** Counts the items that satisfy a condition, which must hold for all up to some rank and for none after it. */
  rank(isBefore: (item: T) => boolean): number {
    const chunk = this.chunkAfter(isBefore);
    let rank = 0;
    for (let at = 0; at < chunk; at++) rank += this.chunks[at]!.length;
    const items = this.chunks[chunk];
    return items ? rank + countWhile(items, isBefore) : rank;
  }

  /** Returns the items of the ranks from … to - 1. */
  slice(from: number, to: number): T[] {
    const found: T[] = [];
    let start = 0;
    for (const items of this.chunks) {
      if (start >= to) break;
      const end = start + items.length;
      if (end > from) {
        const last = Math.min(items.length, to - start);
        for (let at = Math.max(0, from - start); at < last; at++) found.push(items[at]!);
      }
      start = end;
    }
    return found;
  }

  /** Finds the first chunk whose last item is not before this one. */
  private chunkOf(item: T): number {
    return this.chunkAfter((other) => this.compare(other, item) < 0);
  }

  private placeIn(items: readonly T[], item: T): number {
    return countWhile(items, (other) => this.compare(other, item) < 0);
  }

  /** Finds the first chunk whose last item does not satisfy the condition. */
  private chunkAfter(isBefore: (item: T) => boolean): number {
    return countWhile(this.chunks, (items) => isBefore(items[items.length - 1]!));
  }

  /** Joins a chunk that became small with its neighbour, unless the result would soon be split again. */
  private merge(chunk: number): void {
    const items = this.chunks[chunk]!;
    const next = this.chunks[chunk + 1];
    if (items.length === 0) this.chunks.splice(chunk, 1);
    else if (next && items.length + next.length <= MAX_CHUNK / 2) {
      items.push(...next);
      this.chunks.splice(chunk + 1, 1);
    }
  }
}

/** Counts, by binary search, how many of the first items satisfy the condition. */
function countWhile<T>(items: readonly T[], isBefore: (item: T) => boolean): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isBefore(items[middle]!)) low = middle + 1;
    else high = middle;
  }
  return low;
}
