import { startWorker } from "../../lib/adapters/serve.ts";
import { runningStack } from "../../local/stack-file.ts";
import { whenAskedToEnd } from "../asked-to-end.ts";
import { CommandError } from "./command-error.ts";
import type { Values } from "./commands.ts";
import { databaseIn, loadEnvironment } from "./environment.ts";
import { findQueue } from "./find-queue.ts";
import { loadQueue } from "./load-queue.ts";
import { OWN_FOLDER } from "./store.ts";

/** Runs `wakeq worker`: a worker as a long-running process. On SIGTERM its jobs end or are given back. */
export async function worker(values: Values): Promise<number> {
  const shutdown = new AbortController();
  whenAskedToEnd(() => shutdown.abort());
  const project = process.cwd();
  const file = findQueue(project, values.queue);
  loadEnvironment(project);
  await useRunningDev();
  const { queue, core } = await loadQueue(project, file);
  if (!databaseIn({ ...process.env, ...core.settings }))
    throw new CommandError(
      "no database is set, and no wakeq dev runs in this project: run npx wakeq dev in another terminal, or set UPSTASH_REDIS_REST_URL and UPSTASH_REDIS_REST_TOKEN",
    );
  const { ended } = await startWorker(queue, { signal: shutdown.signal });
  await ended;
  return 0;
}

/** Uses the store of the `wakeq dev` that runs in this project, unless a database is set. Returns whether it does. */
export async function useRunningDev(environment = process.env): Promise<boolean> {
  if (databaseIn(environment)) return false;
  const running = await runningStack(OWN_FOLDER);
  if (!running) return false;
  const { url, token } = running.rest;
  Object.assign(environment, { UPSTASH_REDIS_REST_URL: url, UPSTASH_REDIS_REST_TOKEN: token });
  return true;
}
