/** A length of time, from `fromMs` to before `toMs`, in which a zone keeps its offset from UTC. */
export interface OffsetStretch {
  fromMs: number;
  toMs: number;
  /** What a clock on the wall shows is UTC and this. */
  offsetMs: number;
}

const DAY_MS = 86_400_000;
/** A zone is looked at in blocks of this length. So a stretch may end although the offset stays. */
const BLOCK_MS = 32 * DAY_MS;
const LOOK_MS = 4 * DAY_MS;
/** The most blocks that are kept: 100 zones over a few years. */
const KEPT = 5_000;

/** No clock is ahead of UTC by this much (the Line Islands: 14 h). */
const MOST_AHEAD_MS = 15 * 3_600_000;
/** No clock is set back by this much. */
const MOST_BACK_MS = 26 * 3_600_000;

/** Tells whether a text is the name of an IANA zone. An offset (`+02:00`) is none. */
export function isZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    formatOf(name);
    return true;
  } catch {
    return false;
  }
}

const always: OffsetStretch = { fromMs: Number.NEGATIVE_INFINITY, toMs: Number.POSITIVE_INFINITY, offsetMs: 0 };
const kept = new Map<string, OffsetStretch[]>();

/** Gives the stretch of a zone that an instant lies in. @throws RangeError if there is no such zone */
export function stretchAt(zone: string, ms: number): OffsetStretch {
  if (zone === "UTC") return always;
  const block = Math.floor(ms / BLOCK_MS);
  const key = `${block} ${zone}`;
  let stretches = kept.get(key);
  if (!stretches) {
    stretches = stretchesOf(zone, block * BLOCK_MS);
    if (kept.size >= KEPT) kept.clear();
    kept.set(key, stretches);
  }
  return stretches.find(({ toMs }) => ms < toMs)!;
}

/** Gives the latest time that a zone's clock has shown up to an instant: after it was set back, that is not what it shows. */
export function shownBy(zone: string, ms: number): number {
  let stretch = stretchAt(zone, ms);
  let shown = ms + stretch.offsetMs;
  while (stretch.fromMs > ms - MOST_BACK_MS) {
    stretch = stretchAt(zone, stretch.fromMs - 1);
    shown = Math.max(shown, stretch.toMs - 1 + stretch.offsetMs);
  }
  return shown;
}

/**
 * Finds the instant at which a zone's clock first shows a time, or a later one: where the time does not exist, the clock
 * jumps over it; where it comes twice, this is the first.
 */
export function instantOf(zone: string, time: number): number {
  for (let stretch = stretchAt(zone, time - MOST_AHEAD_MS); ; stretch = stretchAt(zone, stretch.toMs)) {
    const instant = Math.max(stretch.fromMs, time - stretch.offsetMs);
    if (instant < stretch.toMs) return instant;
  }
}

/** Looks at every fourth day of a block: since 1970, no zone changed its offset twice within 6 days. */
function stretchesOf(zone: string, blockMs: number): OffsetStretch[] {
  const stretches: OffsetStretch[] = [];
  const endMs = blockMs + BLOCK_MS;
  let fromMs = blockMs;
  let offsetMs = offsetAt(zone, blockMs);
  for (let lookMs = blockMs + LOOK_MS; lookMs <= endMs; lookMs += LOOK_MS) {
    const next = offsetAt(zone, lookMs);
    if (next === offsetMs) continue;
    const toMs = changeBetween(zone, lookMs - LOOK_MS, lookMs);
    stretches.push({ fromMs, toMs, offsetMs });
    [fromMs, offsetMs] = [toMs, next];
  }
  if (fromMs < endMs) stretches.push({ fromMs, toMs: endMs, offsetMs });
  return stretches;
}

/** Finds the first instant, in whole seconds, that has the offset of the later one. */
function changeBetween(zone: string, beforeMs: number, afterMs: number): number {
  const before = offsetAt(zone, beforeMs);
  let [low, high] = [beforeMs / 1_000, afterMs / 1_000];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offsetAt(zone, middle * 1_000) === before) low = middle;
    else high = middle;
  }
  return high * 1_000;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone);
  if (!format) {
    const two = "2-digit";
    const time = { hour: two, minute: two, second: two, hourCycle: "h23" } as const;
    format = new Intl.DateTimeFormat("en-US", { timeZone: zone, year: "numeric", month: two, day: two, ...time });
    formats.set(zone, format);
  }
  return format;
}

/** Gives the offset at an instant in whole seconds. */
function offsetAt(zone: string, ms: number): number {
  const [month, day, year, hour, minute, second] = formatOf(zone).format(ms).match(/\d+/g)!.map(Number) as number[];
  return Date.UTC(year!, month! - 1, day, hour, minute, second) - ms;
}
