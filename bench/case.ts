import { once } from "node:events";
import { type LatencyFigures, type LatencyMeasure, measureLatency } from "./measures/latency.ts";
import { type MemoryFigures, type MemoryMeasure, measureMemory } from "./measures/memory.ts";
import { measureSubmit, type SubmitFigures, type SubmitMeasure } from "./measures/submit.ts";
import { measureTimer, type TimerFigures, type TimerMeasure } from "./measures/timer.ts";
import { measureTrip, type TripFigures, type TripMeasure } from "./measures/trip.ts";
import { measureWork, type WorkFigures, type WorkMeasure } from "./measures/work.ts";
import { connectPeer, type PeerName } from "./peers/peer.ts";
import type { StoreAddress } from "./store.ts";

/** A measure that a case takes. */
export type Measure = WorkMeasure | SubmitMeasure | LatencyMeasure | MemoryMeasure | TimerMeasure | TripMeasure;
/** The figures that a measure gives. */
export type Figures = WorkFigures | SubmitFigures | LatencyFigures | MemoryFigures | TimerFigures | TripFigures;

/** The message that asks for one case of the bench, which runs in a process of its own. */
export interface CaseRequest {
  measure: Measure;
  /** The library to measure. Absent for the timer and the trip, which measure no queue. */
  peer?: PeerName;
  store: StoreAddress;
  /** About how long to measure. */
  seconds: number;
  /** Where the peers' packages are, since the bundle of a case is in another folder. */
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
