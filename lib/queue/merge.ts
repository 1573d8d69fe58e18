/** An id that a place lists, and what its place says of it: a score, since when it is ready, since when it runs. */
export interface PlaceRow {
  id: string;
  /** Undefined: its record does not say that it is there. */
  when: number | undefined;
}

/** What comes next in one place. */
export interface PlaceRows {
  rows: readonly PlaceRow[];
  /** There are others behind these. */
  more: boolean;
  /** Turns what the place says of a job into how recent it is. Rows come with the most recent first, more or less. */
  recency(when: number): number;
}

/** One row of the merged list: the place, by its number, and the row in it. */
export interface MergedRow extends PlaceRow {
  place: number;
}

/**
 * Merges places, the most recent rows first, each place in its own order. It ends where a place has no rows left, but others behind
 * them: what comes next is not known.
 */
export function merged(places: readonly PlaceRows[]): MergedRow[] {
  const next = places.map(() => 0);
  const result: MergedRow[] = [];
  for (;;) {
    let best = -1;
    let newest = Number.NEGATIVE_INFINITY;
    for (const [i, { rows, more, recency }] of places.entries()) {
      const row = rows[next[i]!];
      if (!row && more) return result;
      if (!row) continue;
      const own = row.when === undefined ? Number.POSITIVE_INFINITY : recency(row.when);
      if (best < 0 || own > newest) [best, newest] = [i, own];
    }
    if (best < 0) return result;
    result.push({ ...places[best]!.rows[next[best]!]!, place: best });
    next[best]!++;
  }
}
