import { describe } from "../errors.ts";
import type { Log } from "../observability/log.ts";
import type { WorkerApp } from "./worker-app.ts";

/** When the first invocation of each app was, `performance.now()`. */
const begun = new WeakMap<WorkerApp, number>();
/** The apps whose schedules are declared, or are being declared by another invocation. */
const declared = new WeakSet<WorkerApp>();

/**
 * Makes the schedules in Redis those that code declares, once a process: at its first invocation. Never throws: after a failure, the
 * next invocation tries again. Undefined: there is nothing to do.
 */
export function declareOnce(app: WorkerApp, log: Log): Promise<void> | undefined {
  if (!begun.has(app)) begun.set(app, performance.now());
  if (!app.declaredSchedules || declared.has(app)) return undefined;
  declared.add(app);
  return tryToDeclare(app, log);
}

async function tryToDeclare(app: WorkerApp, log: Log): Promise<void> {
  try {
    await declare(app, log);
  } catch (error) {
    declared.delete(app);
    log("warn", "schedules_failed", { ...describe(error) });
  }
}

async function declare(app: WorkerApp, log: Log): Promise<void> {
  const { declareSchedules, storeOf } = await loaded();
  const schedules = await app.declaredSchedules!(await app.tasks());
  await declareSchedules(storeOf(app), schedules, log);
}

/** Makes what deletes the schedules of an older version, for a process whose code declares none. */
export function disownerOf(app: WorkerApp, log: Log): { disown?: (now: number) => Promise<boolean> } {
  if (app.declaredSchedules) return {};
  return {
    async disown(now) {
      const ageMs = performance.now() - (begun.get(app) ?? performance.now());
      const { declareSchedules, storeOf } = await loaded();
      return declareSchedules(storeOf(app), [], log, { before: Math.floor(now - ageMs) });
    },
  };
}

/** Loads what few workers need: rules, zones and scripts. */
const loaded = () => import("./declare-schedules.ts");
