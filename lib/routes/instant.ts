/** The last instant that RFC 3339 can write. A record that is not ours may have any number, even below 0. */
const LAST_INSTANT = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/** Writes an instant, ms since the epoch, as RFC 3339 does. */
export function rfc3339(ms: number): string {
  return new Date(Math.min(Math.max(0, ms), LAST_INSTANT)).toISOString();
}
