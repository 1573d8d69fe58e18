import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { toNode } from "../../lib/adapters/to-node.ts";
import { coreOf } from "../../lib/app/core.ts";
import { defineQueue } from "../../lib/define/define-queue.ts";
import { createLog } from "../../lib/observability/log.ts";
import { drain } from "../../lib/worker/drain.ts";
import { createKitApp } from "../../testing/kit-app.ts";
import { FastClock } from "./clock.ts";
import { shopTasks } from "./tasks.ts";

const HOUR_MS = 3_600_000;
/** An hour passes in a minute. */
const SPEED = 60;
/** How often jobs come, in ms of this machine's clock. */
const PULSE_MS = 50;

/** A shop's queue that has worked for an hour, and serves its dashboard. */
export interface Shop {
  url: string;
  /** The id of a job that failed. */
  failedJob: string;
  close(): Promise<void>;
}

/**
 * Runs a shop's queue for an hour that takes a minute: the scripts, the worker and the API are the real ones, over the embedded
 * store. Only the clock is faster.
 */
export async function openShop(): Promise<Shop> {
  const clock = new FastClock(HOUR_MS, SPEED);
  const everything = { name: "shop", scopes: ["submit", "read", "admin"] as const };
  const queue = defineQueue({ tasks: shopTasks, leaseSeconds: 600, concurrency: 20, authorize: () => everything });
  const core = coreOf(queue);
  const { app, close } = await createKitApp(core, {}, clock.now);
  core.given.standIn = async () => app;

  const tasks = await app.tasks();
  let claims = 0;
  const log = createLog("silent");
  const parts = {
    queue: app.queue,
    tasks,
    concurrency: 20,
    nextToken: () => `shop.${++claims}`,
    log,
    wake: async () => {},
  };
  let draining: Promise<unknown> | undefined;
  const work = () => {
    draining ??= drain(parts, { remainingMs: () => Number.POSITIVE_INFINITY }).finally(() => {
      draining = undefined;
    });
  };
  for (let pulse = 0; !clock.hasCaughtUp; pulse++) {
    await Promise.all([submitSome(queue, pulse), new Promise((resolve) => setTimeout(resolve, PULSE_MS))]);
    work();
  }
  await draining;
  await submitLater(queue);
  const failedJob = await newestFailure(queue);

  const server = createServer(toNode(queue)).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    failedJob,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await close();
    },
  };
}

type ShopQueue = ReturnType<typeof defineQueue<typeof shopTasks>>;

/** @throws Error where no job has failed */
async function newestFailure(queue: ShopQueue): Promise<string> {
  for await (const { jobId } of queue.list({ status: "failed" })) return jobId;
  throw new Error("no job of the shop has failed: there is nothing to show");
}

/** Submits what comes in 3 s of the shop's day: orders all the time, images now and then, a stock that is read again. */
async function submitSome(queue: ShopQueue, pulse: number): Promise<void> {
  const orders = 1 + Math.round(1 + Math.sin(pulse / 70) + Math.sin(pulse / 11) / 2);
  for (let i = 0; i < orders; i++) {
    const order = `A-${10_000 + pulse * 4 + i}`;
    await queue.submit("send_receipt", { order, to: `customer${pulse}@example.com` }, { priority: "high" });
  }
  if (pulse % 5 === 0) await queue.submit("resize_image", { image: `shirt-${pulse}`, widths: [320, 640, 1280] });
  if (pulse % 9 === 0)
    await queue.submit("sync_inventory", { warehouse: ["north", "harbour"][pulse % 2]!, sku: `SKU-${pulse}` });
}

/** Submits what runs later, so that the picture shows jobs that wait for their time. */
async function submitLater(queue: ShopQueue): Promise<void> {
  for (const [i, name] of ["sales", "returns", "stock"].entries())
    await queue.submit("build_report", { name }, { delaySeconds: 3_600 * (i + 9), priority: "low" });
}
