const UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Milliseconds, or a number with its unit: "250ms", "30s", "15m", "1.5h", "7d". */
export type Duration = number | `${number}${keyof typeof UNITS}`;

/** Returns a duration in milliseconds. @throws RangeError if it is not a duration */
export function msOf(duration: Duration): number {
  if (typeof duration === "number" && duration >= 0) return duration;
  const [, number, unit] = String(duration).match(/^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/) ?? [];
  if (unit === undefined) {
    throw new RangeError(`not a duration: ${duration}. Give milliseconds, or a number with ms, s, m, h or d`);
  }
  return Number(number) * UNITS[unit as keyof typeof UNITS];
}
