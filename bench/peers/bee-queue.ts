import { randomUUID } from "node:crypto";
import type { StoreAddress } from "../store.ts";
import { type MeasuredTask, type Peer, payloadOf } from "./peer.ts";

/** Connects bee-queue at its fastest: without events between processes and without delayed jobs. Finished jobs stay. */
export async function connectBeeQueue(payloadBytes: number, { peerUrl }: StoreAddress, module: string): Promise<Peer> {
  const { default: BeeQueue } = (await import(module)) as { default: typeof import("bee-queue") };
  const { hostname: host, port } = new URL(peerUrl);
  const settings = { redis: { host, port: Number(port) }, getEvents: false, sendEvents: false, storeJobs: false };
  const queue = new BeeQueue("bench", { ...settings, isWorker: false });
  const data = payloadOf(payloadBytes) ?? {};
  const newJob = () => queue.createJob(data).setId(randomUUID());
  const start = async (run: MeasuredTask, atOnce: number) => {
    const worker = new BeeQueue("bench", settings);
    await worker.ready();
    worker.process(atOnce, async () => run());
    return worker;
  };
  await queue.ready();

  return {
    submit: (count) => (count > 1 ? queue.saveAll(Array.from({ length: count }, newJob)) : newJob().save()),
    async work(run, workers, atOnce) {
      const started = await Promise.all(Array.from({ length: workers }, () => start(run, atOnce)));
      return () => Promise.all(started.map((worker) => worker.close()));
    },
    async listen(completed) {
      const worker = await start(() => undefined, 1);
      worker.on("succeeded", completed);
      return () => newJob().save();
    },
    completed: async () => (await queue.checkHealth()).succeeded,
  };
}
