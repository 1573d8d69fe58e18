import { PEERS, type PeerName } from "./peers/peer.ts";
import { type BenchCase, type BenchOptions, type Median, runRounds } from "./rounds.ts";
import { table } from "./table.ts";

/** What every library has to do. */
export type SharedCase = Omit<BenchCase, "peer">;

/** Measures rows with every library, and other cases beside them. */
export function compare(
  rows: readonly SharedCase[],
  options: BenchOptions,
  others: readonly BenchCase[] = [],
): Promise<Median> {
  const cases = rows.flatMap((row) => PEERS.map((peer): BenchCase => ({ ...row, peer })));
  return runRounds([...cases, ...others], options);
}

/** Makes the table of one figure: a line a row, a column a library, and ours as a multiple of each peer's. */
export function comparison(
  title: string,
  rows: readonly SharedCase[],
  median: Median,
  figure: string,
  show: (value: number, row: SharedCase) => string = whole,
): string {
  const lines = rows.map((row) => {
    const value = (peer: PeerName) => median(row.name, figure, peer);
    const ratio = (peer: PeerName) => times(value("wakeq") / value(peer));
    return [row.name, ...PEERS.map((peer) => show(value(peer), row)), ratio("bullmq"), ratio("bee-queue")];
  });
  return table([title, "BullMQ", "bee-queue", "wakeq", "of BullMQ", "of bee-queue"], lines);
}

/** Writes a figure as a whole number. */
export function whole(value: number): string {
  return Math.round(value).toLocaleString("en");
}

function times(ratio: number): string {
  return `${ratio.toFixed(2)} ×`;
}
