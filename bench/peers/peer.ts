import type { StoreAddress } from "../store.ts";

/** The result of jobs that have a payload. Bare jobs have neither. */
export const RESULT = { sent: true };

/** Makes a payload of this many bytes as JSON, 11 at least. Undefined for 0: a bare job. */
export function payloadOf(bytes: number): { text: string } | undefined {
  return bytes === 0 ? undefined : { text: "x".repeat(bytes - JSON.stringify({ text: "" }).length) };
}

/** A measured task: it returns the job's result or a promise of it. */
export type MeasuredTask = () => unknown;

/** A queue library under measurement, connected to a store. Every job has a UUID as its id. */
export interface Peer {
  /** Submits jobs in one call. */
  submit(count: number): Promise<unknown>;
  /** Starts workers that run `atOnce` jobs each. Returns a function that ends them when what they ran is settled. */
  work(run: MeasuredTask, workers: number, atOnce: number): Promise<() => Promise<unknown>>;
  /**
   * Keeps one worker waiting for jobs that do nothing, as in a long-running process, and calls back when Redis has accepted
   * that a job completed. Returns a function that submits one job.
   */
  listen(completed: () => void): Promise<() => Promise<unknown>>;
  /** Returns how many jobs have completed, according to Redis. */
  completed(): Promise<number>;
}

/** The libraries that are compared. */
export const PEERS = ["bullmq", "bee-queue", "wakeq"] as const;
/** The name of a library that is compared. */
export type PeerName = (typeof PEERS)[number];

/** Connects a library. `modules` says where the peers' packages are, since the bundle of a case is in another folder. */
export async function connectPeer(
  name: PeerName,
  payloadBytes: number,
  store: StoreAddress,
  modules: Record<string, string>,
): Promise<Peer> {
  if (name === "wakeq") return (await import("./wakeq.ts")).connectWakeq(payloadBytes, store);
  if (name === "bullmq") return (await import("./bullmq.ts")).connectBullmq(payloadBytes, store, modules.bullmq!);
  return (await import("./bee-queue.ts")).connectBeeQueue(payloadBytes, store, modules["bee-queue"]!);
}
