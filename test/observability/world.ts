import { invocation } from "../../lib/adapters/invocation.ts";
import { createWorkerApp, type WorkerApp } from "../../lib/app/worker-app.ts";
import { readConfig } from "../../lib/config/config.ts";
import type { QueueSettings } from "../../lib/queue/worker-queue.ts";
import { indexTasks, type Task } from "../../lib/tasks.ts";
import type { Life } from "../../lib/worker/deadline.ts";
import type { Line } from "../support/log.ts";
import { logged } from "../support/stderr.ts";
import { useWorkers } from "../support/worker.ts";

export const HOUR: Life = { remainingMs: () => 3_600_000 };

/** A deployment's worker, invoked as Lambda would, with everything that it writes. */
export function useInvocations() {
  const workers = useWorkers();
  return {
    workers,
    deploy(tasks: readonly Task[], environment: Record<string, string> = {}, settings: QueueSettings = {}) {
      const queue = workers.queue(settings);
      const config = readConfig({
        UPSTASH_REDIS_REST_URL: workers.faults.url,
        UPSTASH_REDIS_REST_TOKEN: workers.redis.local.token,
        KEY_PREFIX: queue.prefix,
        STAGE: "test",
        ...environment,
      });
      const app: WorkerApp = createWorkerApp(config, indexTasks(tasks));
      return {
        ...queue,
        /** One invocation and the lines that it wrote. Instants and names of this process are replaced by `own`. */
        async invoke(event: unknown, more: { life?: Life; requestId?: string; app?: Partial<WorkerApp> } = {}) {
          const { life = HOUR, requestId } = more;
          const run = () => invocation({ ...app, ...more.app }, event, life, requestId);
          const { result, lines } = await logged(run);
          return { summary: result, lines: lines as Line[] };
        },
      };
    },
  };
}
