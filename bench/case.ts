import { once } from "node:events";
import { type Latency, type LatencyFigures, measureLatency } from "./measures/latency.ts";
import { type Memory, type MemoryFigures, measureMemory } from "./measures/memory.ts";
import { measureSubmit, type Submit, type SubmitFigures } from "./measures/submit.ts";
import { measureTimer, type Timer, type TimerFigures } from "./measures/timer.ts";
import { measureTrip, type Trip, type TripFigures } from "./measures/trip.ts";
import { measureWork, type Work, type WorkFigures } from "./measures/work.ts";
import { connectPeer, type PeerName } from "./peers/peer.ts";
import type { StoreAddress } from "./store.ts";

export type Measure = Work | Submit | Latency | Memory | Timer | Trip;
export type Figures = WorkFigures | SubmitFigures | LatencyFigures | MemoryFigures | TimerFigures | TripFigures;

/** One case of the bench, in a process of its own: asked and answered by messages. */
export interface CaseRequest {
  measure: Measure;
  /** Absent where no queue is measured: for the timer and the trip. */
  peer?: PeerName;
  store: StoreAddress;
  /** For about how long to measure. */
  seconds: number;
  /** Where the peers' packages are: the bundle of a case lies in another folder. */
  modules: Record<string, string>;
}

const [request] = (await once(process, "message")) as [CaseRequest];
process.send!(await figures(request));

async function figures({ measure, peer: name, store, seconds, modules }: CaseRequest): Promise<Figures> {
  if (measure.measure === "timer") return measureTimer(measure, seconds);
  if (measure.measure === "trip") return measureTrip(store);
  const peer = await connectPeer(name!, measure.payloadBytes, store, modules);
  if (measure.measure === "work") return measureWork(peer, measure, seconds, store);
  if (measure.measure === "submit") return measureSubmit(peer, measure, seconds);
  if (measure.measure === "latency") return measureLatency(peer, seconds);
  return measureMemory(peer, store);
}
