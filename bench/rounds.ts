import type { CaseRequest } from "./case.ts";
import { buildGateway } from "./gateway.ts";
import type { PeerName } from "./peers/peer.ts";
import { buildProgram } from "./program.ts";
import { startStore } from "./store.ts";
import { median, shuffled } from "./table.ts";

/** The options of every bench. */
export interface BenchOptions {
  rounds: number;
  /** About how long each case measures. */
  seconds: number;
}

/** One thing to measure, with one library. */
export interface BenchCase extends Pick<CaseRequest, "measure" | "peer"> {
  /** The name of the case, together with `peer`. */
  name: string;
  /** The round trip to the store. Default 0. */
  roundTripMs?: number;
}

/** Returns the median of a figure over the rounds. */
export type Median = (name: string, figure: string, peer?: PeerName) => number;

/** Runs every case once a round, in random order, each in a process of its own and on a Redis of its own. */
export async function runRounds(cases: readonly BenchCase[], { rounds, seconds }: BenchOptions): Promise<Median> {
  const [program, gateways] = await Promise.all([buildProgram(), buildGateway()]);
  const found = cases.map((each) => ({ ...each, figures: [] as Record<string, number>[] }));
  try {
    for (let round = 1; round <= rounds; round++) {
      for (const { measure, peer, roundTripMs = 0, figures } of shuffled(found)) {
        const { stop, ...store } = await startStore(gateways, roundTripMs);
        try {
          figures.push(await program.run({ measure, ...(peer ? { peer } : {}), store, seconds }));
        } finally {
          await stop();
        }
      }
    }
  } finally {
    await Promise.all([program.remove(), gateways.remove()]);
  }
  return (name, figure, peer) => {
    const { figures } = found.find((each) => each.name === name && each.peer === peer)!;
    return median(figures.map((each) => each[figure]!));
  };
}
