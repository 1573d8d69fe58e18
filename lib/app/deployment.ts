import { areDocsOff, readConfig, readDocs, readKeys, readOpenConfig, readStage } from "../config/config.ts";
import { createLog } from "../observability/log.ts";
import { JobQueue } from "../queue/job-queue.ts";
import { type App, createApp, type TaskSource, taskLoader } from "./app.ts";
import { keptApp } from "./kept.ts";

/** What requests are answered for. Each part is made when it is first asked for: a page needs no database. */
export interface Deployment {
  /** Gives the app. @throws ConfigError when a setting is missing or wrong, or a secret cannot be read */
  app(): Promise<App>;
  /** Gives the tasks. Rejects with what they throw while they load. */
  tasks: App["tasks"];
  /** Gives the settings of routes that need no database. @throws ConfigError */
  open(): ReturnType<typeof readOpenConfig>;
  /** Says who may see the description of the API. @throws ConfigError */
  docs(): "key" | "open" | "off";
  /** Tells whether the description is off. Never throws: `GET /openapi.json` reports a wrong value. */
  areDocsOff(): boolean;
  /** Gives the keys, without the settings of the database. @throws ConfigError */
  callers(): Promise<ReturnType<typeof readKeys>>;
  /** Gives what the metric `NotConfigured` needs, even where other settings are wrong. */
  stage(): ReturnType<typeof readStage>;
}

/** Makes the deployment that the environment of this process describes. What it reads is kept as long as `keptApp` says. */
export function environmentDeployment(source: TaskSource): Deployment {
  const tasks = taskLoader(source);
  const app = keptApp((environment, freshToken) =>
    createApp(readConfig(environment), tasks, { queueOf: JobQueue, freshToken }),
  );
  const callers = keptApp((environment) => ({
    ...readKeys(environment),
    log: createLog(readOpenConfig().logLevel),
  }));
  return {
    app,
    tasks,
    callers,
    open: () => readOpenConfig(),
    docs: () => readDocs().docs,
    areDocsOff: () => areDocsOff(),
    stage: () => readStage(),
  };
}
