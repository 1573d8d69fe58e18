import * as fireScript from "../../lib/queue/fire-script.ts";
import * as jobScripts from "../../lib/queue/job-scripts.ts";
import * as listScripts from "../../lib/queue/list-scripts.ts";
import * as operatorScripts from "../../lib/queue/operator-scripts.ts";
import * as pauseScripts from "../../lib/queue/pause-scripts.ts";
import * as scheduleScripts from "../../lib/queue/schedule-scripts.ts";
import * as workerScripts from "../../lib/queue/worker-scripts.ts";

/** All scripts of the queue, by the name of their verb. */
export const SCRIPTS = {
  ...jobScripts,
  ...operatorScripts,
  ...fireScript,
  ...listScripts,
  ...pauseScripts,
  ...scheduleScripts,
  ...workerScripts,
};
