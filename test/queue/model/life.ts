import type { ModelStore } from "./store.ts";
import { holdAgain, release } from "./unique.ts";

/** Lets a job of the model that waits run now, and returns what the queue should answer. */
export function runNow(model: ModelStore, id: string) {
  const job = model.records.get(id);
  if (!job) return { outcome: "missing" };
  if (job.status !== "pending") return { outcome: "refused", job: model.copy(id) };
  const { scheduled } = model.zsets;
  const isHeld = job.held_until !== undefined && job.held_until > model.now;
  if (isHeld && scheduled.has(id)) return { outcome: "held", job: model.copy(id) };
  const holder = scheduled.has(id) ? holdAgain(model, id) : undefined;
  if (holder !== undefined) return { outcome: "unique_conflict", holder };
  if (scheduled.delete(id)) {
    model.change(id, { run_at: model.now, held_until: undefined, token: undefined });
    model.listOf(id).push(id);
  }
  return { outcome: "ready", job: model.copy(id) };
}

/** Deletes jobs of the model, and returns a word for each. */
export function deleteAll(model: ModelStore, ids: readonly string[], only: string): string[] {
  const words = ids.map((id) => {
    const job = model.records.get(id);
    if (!job) return "missing";
    const isHeld = job.held_until !== undefined && job.held_until > model.now;
    if (job.status === "processing" || isHeld) return "running";
    if (only !== "" && job.status !== only) return "other";
    model.leave(id);
    release(model, [id]);
    for (const part of model.parts) part.delete(id);
    return "deleted";
  });
  model.count("deleted", words.filter((word) => word === "deleted").length);
  return words;
}
