import { randomUUID } from "node:crypto";
import type { StoreAddress } from "../store.ts";
import { type MeasuredTask, type Peer, payloadOf } from "./peer.ts";

/** Connects BullMQ with its defaults: finished jobs stay. */
export async function connectBullmq(payloadBytes: number, { peerUrl }: StoreAddress, module: string): Promise<Peer> {
  const { Queue, Worker } = (await import(module)) as typeof import("bullmq");
  const { hostname: host, port } = new URL(peerUrl);
  const connection = { host, port: Number(port), maxRetriesPerRequest: null };
  const queue = new Queue("bench", { connection });
  const data = payloadOf(payloadBytes) ?? {};
  const newJob = () => ({ name: "noop", data, opts: { jobId: randomUUID() } });
  const submitOne = () => {
    const { name, data, opts } = newJob();
    return queue.add(name, data, opts);
  };
  const start = async (run: MeasuredTask, concurrency: number) => {
    const worker = new Worker("bench", async () => run(), { connection, concurrency });
    await worker.waitUntilReady();
    return worker;
  };
  await queue.waitUntilReady();

  return {
    submit: (count) => (count > 1 ? queue.addBulk(Array.from({ length: count }, newJob)) : submitOne()),
    async work(run, workers, atOnce) {
      const started = await Promise.all(Array.from({ length: workers }, () => start(run, atOnce)));
      return () => Promise.all(started.map((worker) => worker.close()));
    },
    async listen(completed) {
      const worker = await start(() => undefined, 1);
      worker.on("completed", completed);
      return submitOne;
    },
    completed: () => queue.getCompletedCount(),
  };
}
