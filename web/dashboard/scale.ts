const STEPS = [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10];
/** The room above the largest value, so that its line is not at the edge. */
const HEADROOM = 1.05;

/**
 * Returns the top of a chart's scale: a round number somewhat above the largest value. `unit`: what it is counted in, such as
 * 60,000 for minutes in ms. 0 where there is nothing to show.
 */
export function topAbove(largest: number, unit = 1): number {
  if (largest <= 0) return 0;
  const wanted = (largest * HEADROOM) / unit;
  const power = 10 ** Math.floor(Math.log10(wanted));
  const step = STEPS.find((each) => each * power >= wanted) ?? 10;
  return Math.ceil(Math.round(step * power * unit * 1_000) / 1_000);
}

/** Returns the unit in which a duration is written, in ms: hours, minutes, or ms and seconds. */
export function unitOf(ms: number): number {
  return [3_600_000, 60_000].find((each) => ms >= each) ?? 1;
}
