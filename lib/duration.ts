const UNITS: [unit: RegExp, ms: number][] = [
  [/^(ms|milliseconds?)$/, 1],
  [/^(s|seconds?)$/, 1_000],
  [/^(m|minutes?)$/, 60_000],
  [/^(h|hours?)$/, 3_600_000],
  [/^(d|days?)$/, 86_400_000],
  [/^(w|weeks?)$/, 7 * 86_400_000],
];

/** Reads a length of time: "250ms", "30s", "1.5h", "15 minutes", "1 week". Returns ms; undefined where it is none. */
export function durationMs(text: string): number | undefined {
  const [, number, word] = text.match(/^(\d+(?:\.\d+)?) ?([a-z]+)$/) ?? [];
  const [, ms] = UNITS.find(([unit]) => unit.test(word ?? "")) ?? [];
  return ms === undefined ? undefined : Number(number) * ms;
}
