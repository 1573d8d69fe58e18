import type { Core } from "../../app/core.ts";
import { keepAlive, type NextOptions, outsideInvocations } from "./after-response.ts";

const TICK_MS = 60_000;
/** The most drains of ticks at the same time: one that has a long job does not look at what is due meanwhile. */
const MOST_DRAINS = 5;

/** Where the timers stand. `next dev` loads a changed file again, and the timer of the former one must end. */
const REGISTRY = Symbol.for("wakeq.next.ticks");
const registry = globalThis as { [REGISTRY]?: Map<string, NodeJS.Timeout> };
registry[REGISTRY] ??= new Map();
const timers = registry[REGISTRY];

/** Looks for due jobs now and once a minute, as long as this process lives. `base` is where the API is mounted. */
export function startTicking(drain: NonNullable<Core["drain"]>, base: string, options: NextOptions): void {
  let drains = 0;
  const tick = () => {
    if (drains === MOST_DRAINS) return;
    drains++;
    void keepAlive(options, (limits) => drain({ source: "tick", depth: 0 }, limits).finally(() => drains--));
  };
  clearInterval(timers.get(base));
  outsideInvocations(() => {
    timers.set(base, setInterval(tick, TICK_MS).unref());
    tick();
  });
}
