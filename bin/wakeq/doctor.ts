import { once } from "../../lib/once.ts";
import type { Finding } from "../doctor/finding.ts";
import { runDoctor } from "../doctor/run.ts";
import type { Values } from "./commands.ts";
import { loadEnvironment } from "./environment.ts";
import { findQueue, shownPath } from "./find-queue.ts";
import { loadQueue } from "./load-queue.ts";
import { useRunningDev } from "./worker.ts";

/** Runs `wakeq doctor`: `npm run doctor` for a queue inside an application. */
export async function doctor({ queue, json }: Values): Promise<number> {
  const project = process.cwd();
  const file = findQueue(project, queue);
  loadEnvironment(project);
  const isLocal = await useRunningDev();
  const load = once(() => loadQueue(project, file));
  const settings = await load().then(
    ({ core }) => core.settings,
    () => ({}), // the doctor reports what is wrong with the file
  );
  const { KV_REST_API_URL, KV_REST_API_TOKEN } = process.env;
  const database = {
    UPSTASH_REDIS_REST_URL: KV_REST_API_URL,
    UPSTASH_REDIS_REST_TOKEN: KV_REST_API_TOKEN,
  };
  const world = {
    environment: {
      ...database,
      ...process.env,
      ...settings,
      ...(isLocal ? { IS_LOCAL: "true" } : {}),
    },
    tasksFile: shownPath(project, file),
    runsItsJobs: true,
    loadTasks: async () => [...(await load()).tasks.values()],
    findStack: async () => undefined,
  };
  return runDoctor(world, { json: json === true, worded: forApplications });
}

/** Names the commands that an application has in place of those of the service. */
export function forApplications({ fix, ...finding }: Finding): Finding {
  if (fix === undefined) return finding;
  const worded = fix
    .replace(/npm run (key|worker|doctor)( --)?/g, "npx wakeq $1")
    .replace("npm start, in another terminal (with the same LOCAL_DATA_DIR)", "npx wakeq dev, in another terminal")
    .replaceAll("npm start", "npx wakeq dev")
    .replace("then run npm run check", "then try again");
  return { ...finding, fix: worded };
}
