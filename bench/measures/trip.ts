import { connectBackend } from "../../packages/redis-rest-local/src/server-backend.ts";
import type { StoreAddress } from "../store.ts";

/** The measure of a round trip. */
export interface TripMeasure {
  measure: "trip";
}

/** The mean time of a round trip. */
export interface TripFigures {
  ms: number;
}

const PINGS = 200;

/** Measures how long a round trip to the store takes: the real distance. */
export async function measureTrip({ peerUrl }: StoreAddress): Promise<TripFigures> {
  const backend = connectBackend({ url: peerUrl });
  await backend.send(["PING"]);
  const beganAt = performance.now();
  for (let i = 0; i < PINGS; i++) await backend.send(["PING"]);
  const ms = (performance.now() - beganAt) / PINGS;
  await backend.close();
  return { ms };
}
