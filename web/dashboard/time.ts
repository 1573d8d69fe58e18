const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Writes a duration in at most two units: `340 ms`, `3.2 s`, `42 s`, `3 min 20 s`, `2 d 4 h`. */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  const seconds = ms / 1_000;
  if (seconds < 10) return `${Math.round(seconds * 10) / 10} s`;
  if (seconds < MINUTE) return `${Math.floor(seconds)} s`;
  if (seconds < HOUR) return twoUnits(seconds, MINUTE, "min", 1, "s");
  if (seconds < DAY) return twoUnits(seconds, HOUR, "h", MINUTE, "min");
  return twoUnits(seconds, DAY, "d", HOUR, "h");
}

function twoUnits(seconds: number, large: number, name: string, small: number, smallName: string): string {
  const rest = Math.floor((seconds % large) / small);
  return `${Math.floor(seconds / large)} ${name}${rest > 0 ? ` ${rest} ${smallName}` : ""}`;
}

/** Writes how long ago or how soon an instant is, in its largest unit. */
export function relative(at: number, now: number): string {
  const seconds = Math.round(Math.abs(now - at) / 1_000);
  if (seconds < 2) return "now";
  const [size, unit] =
    seconds < MINUTE ? [1, "s"] : seconds < HOUR ? [MINUTE, "min"] : seconds < DAY ? [HOUR, "h"] : [DAY, "d"];
  const words = `${Math.floor(seconds / (size as number))} ${unit}`;
  return at < now ? `${words} ago` : `in ${words}`;
}

/** Returns the name of the reader's time zone, in which the page writes instants. */
export const zoneHere = () => new Intl.DateTimeFormat().resolvedOptions().timeZone;

/** Returns when the reader's day began, in ms. */
export function midnight(now: number): number {
  return new Date(now).setHours(0, 0, 0, 0);
}

const two = (value: number) => String(value).padStart(2, "0");

/** Writes an instant in the reader's time zone, to the millisecond: `2026-11-26 14:03:09.120`. */
export function exactly(instant: string): string {
  return `${dayOf(new Date(instant))} ${exactClock(instant)}`;
}

/** Writes an instant's time of day in the reader's time zone, to the millisecond: `14:03:09.120`. */
export function exactClock(instant: string): string {
  const at = new Date(instant);
  return `${clockOf(at)}.${String(at.getMilliseconds()).padStart(3, "0")}`;
}

/** Writes an instant in the reader's time zone, to the second. */
export function toTheSecond(instant: string): string {
  return exactly(instant).slice(0, -4);
}

/** Writes a bucket's beginning as its range needs it: a minute's or an hour's `14:03`, a day's `11-25`. Such a day is one of UTC. */
export function labelOf(instant: string, bucketSeconds: number): string {
  if (bucketSeconds >= DAY) return new Date(instant).toISOString().slice(5, 10);
  const at = new Date(instant);
  return `${two(at.getHours())}:${two(at.getMinutes())}`;
}

function dayOf(at: Date): string {
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}

function clockOf(at: Date): string {
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}
