import { startServer } from "../lib/adapters/server.ts";
import { app } from "../lib/app/app.ts";
import { warnOfMisspelt } from "../lib/app/unknown-settings.ts";
import { loadFunctions } from "./serve/functions.ts";
import { untilEnded } from "./until-ended.ts";

/** Runs the HTTP API as a long-running process, for a container: `npm run bundle` builds it. SIGTERM lets requests end. */
untilEnded(async (shutdown) => {
  const { config, log } = await app();
  warnOfMisspelt(log);
  return startServer(await loadFunctions(), config.api, log, shutdown);
});
