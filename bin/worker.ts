import "./dotenv.ts";
import { startService } from "../lib/service.ts";
import { workerApp } from "../lib/worker-app.ts";
import { tasks } from "../tasks/index.ts";
import { untilEnded } from "./until-ended.ts";

/** `npm run worker`: the worker as a process that stays. SIGTERM drains it: jobs end or are given back. */
untilEnded(async (shutdown) => startService(await workerApp(), tasks, shutdown));
