import { describe } from "../errors.ts";
import type { Log } from "../observability/log.ts";
import type { WorkerApp } from "./worker-app.ts";

/** A declaration that Redis has not taken whole, because of other schedules, is made again after this long, in ms. */
const AGAIN_MS = 600_000;

/** When the first invocation of each process was, `performance.now()`. */
const begun = new WeakMap<object, number>();
/** Where each process has declared its schedules, or is about to, and until when that counts: `performance.now()`. */
const declared = new WeakMap<object, { url: string | undefined; until: number }>();

/** Returns what stands for the process: its app is made again when its secrets change. */
const processOf = (app: WorkerApp): object => app.origin ?? app;

/**
 * Makes the schedules in Redis those that code declares, once a process: at its first invocation. Never throws: after a failure, the
 * next invocation tries again; where other schedules are in the way, one after ten minutes. Undefined: there is nothing to do.
 */
export function declareOnce(app: WorkerApp, log: Log): Promise<void> | undefined {
  const ours = processOf(app);
  const { url } = app.config.redis;
  if (!begun.has(ours)) begun.set(ours, performance.now());
  if (!app.declaredSchedules) return undefined;
  const known = declared.get(ours);
  if (known && known.url === url && performance.now() < known.until) return undefined;
  declared.set(ours, { url, until: Number.POSITIVE_INFINITY });
  return tryToDeclare(app, log);
}

async function tryToDeclare(app: WorkerApp, log: Log): Promise<void> {
  try {
    const { declareSchedules, storeOf } = await loaded();
    const schedules = await app.declaredSchedules!(await app.tasks());
    const outcome = await declareSchedules(storeOf(app), schedules, log);
    if (outcome === "declared") return;
    declared.set(processOf(app), { url: app.config.redis.url, until: performance.now() + AGAIN_MS });
  } catch (error) {
    declared.delete(processOf(app));
    log("warn", "schedules_failed", { ...describe(error) });
  }
}

/** Deletes schedules that code no longer declares. Returns whether they are gone: else a newer process keeps them. */
type Disown = (names: readonly string[], now: number) => Promise<boolean>;

/** Makes what deletes the schedules of an older version, for a process whose code declares none. */
export function disownerOf(app: WorkerApp, log: Log): { disown?: Disown } {
  if (app.declaredSchedules) return {};
  return {
    async disown(leftOver, now) {
      const ageMs = performance.now() - (begun.get(processOf(app)) ?? performance.now());
      const { declareSchedules, storeOf } = await loaded();
      const limits = { before: Math.floor(now - ageMs), leftOver };
      const outcome = await declareSchedules(storeOf(app), [], log, limits);
      return outcome === "declared" || outcome === "taken";
    },
  };
}

/** Loads what few workers need: rules, zones and scripts. */
const loaded = () => import("./declare-schedules.ts");
