import { durationMs } from "../lib/duration.ts";

type UnitWord = "second" | "minute" | "hour" | "day" | "week";

/** Milliseconds, or a number with its unit: "250ms", "30s", "15m", "1.5h", "7d", "2w", "90 days". */
export type Duration =
  | number
  | `${number}${"ms" | "s" | "m" | "h" | "d" | "w"}`
  | `${number} ${UnitWord | `${UnitWord}s`}`;

/** Returns a duration in milliseconds. @throws RangeError if it is not a duration */
export function msOf(duration: Duration): number {
  if (typeof duration === "number" && duration >= 0) return duration;
  const ms = durationMs(String(duration));
  if (ms !== undefined) return ms;
  throw new RangeError(`not a duration: ${duration}. Give milliseconds, or a number with ms, s, m, h, d or w`);
}
