import {
  areDocsOff,
  type Environment,
  environmentWith,
  readConfig,
  readDocs,
  readDoor,
  readKeys,
  readOpenConfig,
  readStage,
} from "../config/config.ts";
import type { Door } from "../config/door-settings.ts";
import { createLog, type Log } from "../observability/log.ts";
import { JobQueue } from "../queue/job-queue.ts";
import type { WorkerQueue } from "../queue/worker-queue.ts";
import type { DeclaredSchedule } from "../schedules/schedule.ts";
import { type App, type Authorize, createApp, type Provided, type TaskSource, taskLoader } from "./app.ts";
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
  callers(): Promise<{ config: ReturnType<typeof readKeys>; authorize?: Authorize | undefined }>;
  /** Says who may come in without a key, where that is this machine alone. Undefined: keys or the application decide. */
  door(): Promise<Door | undefined>;
  /** Gives the log, whatever else is wrong. */
  log(): Log;
  /** Gives what the metric `NotConfigured` needs, even where other settings are wrong. */
  stage(): ReturnType<typeof readStage>;
}

/** What an application gives in place of what the environment says. */
export interface Given extends Provided {
  /** Settings by the names of their variables. */
  settings?: Environment;
  /** The schedules that code declares. A worker reads them (`lib/app/worker-app.ts`). */
  schedules?: readonly DeclaredSchedule[] | undefined;
  /** Takes the place of the app for as long as it is there: a test kit's, over a database in memory. */
  standIn?: (() => Promise<App<WorkerQueue>>) | undefined;
}

/**
 * Makes the deployment that the environment of this process describes, but for what is given. It reads nothing before it is
 * asked, and keeps what it reads as long as `keptApp` says.
 */
export function createDeployment(source: TaskSource, given: Given = {}): Deployment {
  const { settings = {}, standIn: _, schedules: __, ...provided } = given;
  const tasks = taskLoader(source);
  const environment = () => environmentWith(settings);
  const app = keptApp(
    (variables, freshToken) => createApp(readConfig(variables), tasks, { ...provided, queueOf: JobQueue, freshToken }),
    environment,
  );
  const callers = keptApp((variables) => {
    const log = createLog(readOpenConfig(environment()).logLevel);
    return { config: readKeys(variables), authorize: provided.authorize, log };
  }, environment);
  return {
    app: () => (given.standIn ?? app)(),
    tasks,
    callers,
    open: () => readOpenConfig(environment()),
    docs: () => readDocs(environment()).docs,
    areDocsOff: () => areDocsOff(environment()),
    log: () => provided.log ?? logOf(environment()),
    async door() {
      const { config } = await callers();
      return config.isLocal && config.apiKeys.length === 0 && !provided.authorize ? readDoor(environment()) : undefined;
    },
    stage: () => readStage(environment()),
  };
}

/** Makes the log that the environment describes. Where that is wrong, errors are logged. */
function logOf(environment: Environment): Log {
  try {
    return createLog(readOpenConfig(environment).logLevel);
  } catch {
    return createLog("error");
  }
}
