import type { LISTS, ModelStore } from "./store.ts";

/** Pauses the queue ("") or a task in the model. */
export function pauseIn(model: ModelStore, task: string, until: number | undefined): void {
  const before = task === "" ? model.pause : model.pausedTasks.get(task);
  const isOver = before?.until === "+" || (before?.until ?? Number.POSITIVE_INFINITY) <= model.now;
  const pause = { until, since: before && !isOver ? before.since : model.now };
  if (task === "") model.pause = pause;
  else {
    model.pausedTasks.set(task, pause);
    noteOver(model);
  }
  const name = nameOf(task);
  if (until === undefined) model.zsets.scheduled.delete(name);
  else model.zsets.scheduled.set(name, until);
}

/** Resumes it. Returns whether it was paused. */
export function resumeIn(model: ModelStore, task: string): boolean {
  const pause = task === "" ? model.pause : model.pausedTasks.get(task);
  const isKnown = pause !== undefined || (model.parked.get(task) ?? []).length > 0;
  if (!isKnown) return false;
  model.zsets.scheduled.delete(nameOf(task));
  if (task === "") model.pause = undefined;
  else {
    model.pausedTasks.set(task, { until: "+", since: model.now });
    noteOver(model);
    model.count("missing", unpark(model).length);
  }
  return true;
}

/** Ends the pauses whose time is over. Returns their names. */
export function endPauses(model: ModelStore): string[] {
  const ended: string[] = [];
  if (typeof model.pause?.until === "number" && model.pause.until <= model.now) {
    model.pause = undefined;
    ended.push("");
  }
  return [...ended, ...noteOver(model)];
}

function noteOver(model: ModelStore): string[] {
  const over = [...model.pausedTasks].filter(([, { until }]) => typeof until === "number" && until <= model.now);
  for (const [, pause] of over) pause.until = "+";
  return over.map(([task]) => task);
}

/** Puts the parked jobs of resumed tasks in front of their lists. Returns the ids without a record. */
export function unpark(model: ModelStore): string[] {
  const missing: string[] = [];
  for (const [task, { until }] of [...model.pausedTasks]) {
    if (until !== "+") continue;
    for (const id of [...(model.parked.get(task) ?? [])].reverse()) {
      if (model.records.has(id)) model.listOf(id).unshift(id);
      else missing.push(id);
    }
    model.parked.delete(task);
    model.pausedTasks.delete(task);
  }
  return missing;
}

/**
 * Sets jobs of paused tasks aside that a claim of `count` finds in its way. Returns how many of those in front it may then take,
 * offers included, and whether there may be more.
 */
export function setAside(
  model: ModelStore,
  count: number,
  first: readonly "suspects"[],
  offering: readonly string[],
  order: readonly (typeof LISTS)[number][],
): { runnable: number; mayBeMore: boolean } {
  for (let most = count, looked = 0; ; most = 1_000 - looked) {
    const suspects = most > 0 ? first.flatMap((list) => model.lists[list]).slice(0, most) : [];
    const offers = suspects.length > 0 ? 0 : offering.reduce((n, task) => n + (model.offers.get(task)?.length ?? 0), 0);
    const rest = order.flatMap((list) => model.lists[list]).slice(0, Math.max(0, most - offers));
    const ids = suspects.length > 0 ? suspects : rest;
    const popped = Math.min(most, offers) + ids.length;
    const aside = ids.filter((id) => model.pausedTasks.has(model.records.get(id)?.task ?? ""));
    for (const id of aside) {
      const { task } = model.records.get(id)!;
      model.leave(id);
      model.parked.set(task, [...(model.parked.get(task) ?? []), id]);
    }
    const kept = popped - aside.length;
    looked += popped;
    if (kept > 0 || popped === 0)
      return { runnable: Math.min(count, kept), mayBeMore: popped === most || kept > count };
  }
}

function nameOf(task: string): string {
  return task === "" ? "resume:queue" : `resume:task:${task}`;
}
