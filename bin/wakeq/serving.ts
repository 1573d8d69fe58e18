import { serve } from "../../lib/adapters/serve.ts";
import { describe } from "../../lib/errors.ts";
import { payloadExample, payloadName, payloadsOf } from "../../lib/openapi/payloads.ts";
import { forCallers } from "../../lib/tasks.ts";
import { type ChildMessage, type Ready, STOP } from "./child.ts";
import { type LoadedQueue, loadQueue } from "./load-queue.ts";

/** How long this process outlives a parent that was killed. */
const ORPHANED_MS = 2_000;

/**
 * Runs a user's queue, for `wakeq dev`: API, pages and worker on `PORT`. It ends when its parent says so, or is gone; Ctrl-C
 * is the parent's to hear, although a terminal sends it here too.
 */
export async function serving([project, file]: readonly string[]): Promise<number> {
  const shutdown = new AbortController();
  for (const signal of ["SIGINT", "SIGHUP"] as const) process.on(signal, () => {});
  process.once("SIGTERM", () => shutdown.abort());
  process.on("message", (message) => message === STOP && shutdown.abort());
  process.once("disconnect", () => {
    shutdown.abort();
    setTimeout(() => process.exit(1), ORPHANED_MS);
  });
  try {
    const queue = await loadQueue(project!, file!, (path) => void tell({ imports: path }));
    const { url, ended } = await serve(queue.queue, { signal: shutdown.signal });
    await tell({ ready: await readyAt(url, queue) });
    await ended;
    return 0;
  } catch (error) {
    await tell({ failed: describe(error).message });
    return 1;
  }
}

async function readyAt(url: string, { core, tasks }: LoadedQueue): Promise<Ready> {
  const example = await exampleFor(tasks);
  return {
    url: url + core.basePath,
    tasks: [...tasks.keys()],
    hasOwnDatabase: "UPSTASH_REDIS_REST_URL" in core.settings,
    ...(example === undefined ? {} : { example }),
  };
}

/** Makes a job to try: of the first task that callers may submit, if its schema accepts what it seems to want. */
async function exampleFor(tasks: LoadedQueue["tasks"]): Promise<string | undefined> {
  try {
    const [task] = forCallers(tasks).values();
    if (!task) return undefined;
    const payload = payloadExample(payloadsOf(new Map([[task.name, task]]))[payloadName(task)]!);
    const checked = await task.input["~standard"].validate(payload);
    return checked.issues ? undefined : JSON.stringify({ task: task.name, payload });
  } catch {
    return undefined; // a schema that cannot be described has no example
  }
}

function tell(message: ChildMessage): Promise<void> {
  return new Promise((resolve) => {
    if (process.send && process.connected) process.send(message, undefined, undefined, () => resolve());
    else resolve();
  });
}
