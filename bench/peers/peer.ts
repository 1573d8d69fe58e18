import type { StoreAddress } from "../store.ts";

/** What jobs return that have a payload. Bare jobs have neither. */
export const RESULT = { sent: true };

/** A payload of this many bytes as JSON, 11 at least. Undefined for 0: a bare job. */
export function payloadOf(bytes: number): { text: string } | undefined {
  return bytes === 0 ? undefined : { text: "x".repeat(bytes - JSON.stringify({ text: "" }).length) };
}

/** What a measured task does: it returns the job's result or a promise of it. */
export type Run = () => unknown;

/** A queue library under measurement, connected to a store. Every job has a UUID as its id. */
export interface Peer {
  /** Submits jobs in one call. */
  submit(count: number): Promise<unknown>;
  /** Starts workers of `atOnce` places each. Returns how to end them, which waits until what they ran is settled. */
  work(run: Run, workers: number, atOnce: number): Promise<() => Promise<unknown>>;
  /**
   * Keeps one worker waiting for jobs that do nothing, as in a process that stays, and calls back when Redis has accepted
   * that a job completed. Returns how such a process submits one job.
   */
  listen(completed: () => void): Promise<() => Promise<unknown>>;
  /** How many jobs Redis says have completed. */
  completed(): Promise<number>;
}

export const PEERS = ["bullmq", "bee-queue", "wakeq"] as const;
export type PeerName = (typeof PEERS)[number];

/** Connects one. `modules` is where the peers' packages are: the bundle of a case lies in another folder. */
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
