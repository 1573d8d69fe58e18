import { startService } from "../../lib/adapters/service.ts";
import { createWorkerApp } from "../../lib/app/worker-app.ts";
import { readConfig } from "../../lib/config/config.ts";
import { type Stepped, type StepRequest, WorkerQueue } from "../../lib/queue/worker-queue.ts";
import { connectRedis } from "../../lib/redis/redis.ts";
import { indexTasks } from "../../lib/tasks.ts";
import { call } from "./tasks.ts";

/** A worker that ends as in a crash, at the place that CRASH_AT names. */
const at = process.env.CRASH_AT;
function crash(place: string, there = true): void {
  if (there && place === at) process.kill(process.pid, "SIGKILL");
}

class CrashingQueue extends WorkerQueue {
  override async step(step: StepRequest): Promise<Stepped> {
    crash("before it sends the claim", step.claim !== undefined);
    crash("before it sends the settle", step.settle !== undefined && step.settle.length > 0);
    const answer = await super.step(step);
    crash("before it uses the claim's answer", answer.claimed !== undefined && answer.claimed.jobs.length > 0);
    crash("before it uses the settle's answer", answer.settled.length > 0);
    return answer;
  }
}

const run: typeof call.run = (context) => {
  crash("during the run");
  return call.run(context);
};
const crashing = indexTasks([{ ...call, run }]);

const app = createWorkerApp(readConfig(), crashing);
const queue = new CrashingQueue(connectRedis(app.config.redis), app.config.queue);
const wake: typeof app.wake = async (event) => {
  crash("before the hand-over", event.source === "hand_over");
  await app.wake(event);
};
const shutdown = new AbortController();
process.once("SIGTERM", () => shutdown.abort());
const { ended } = await startService({ ...app, queue, wake }, shutdown.signal);
await ended;
process.exit(0);
