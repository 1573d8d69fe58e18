import type { NewJob } from "../../../lib/queue/job.ts";
import type { ModelStore } from "./store.ts";

/** Finds the job that holds a unique key. */
function holderOf(model: ModelStore, hash: string): string | undefined {
  const [, mode, id] = /^(.):(.+)$/.exec(model.uniques.get(hash) ?? "") ?? [];
  if (mode === undefined || id === undefined) return undefined;
  const job = model.records.get(id);
  const isNamed = job?.unique === `${mode}:${hash}`;
  const holds =
    mode === "t"
      ? !job || (isNamed && job.status !== "cancelled")
      : isNamed && (job.status === "pending" || (mode === "f" && job.status === "processing"));
  return holds ? id : undefined;
}

/** Says which of these jobs a submit accepts, and with which jobs others conflict. */
export function decided(model: ModelStore, jobs: readonly NewJob[]) {
  const isResent = jobs.some(({ id }) => model.records.has(id));
  const holder = ({ id, unique }: NewJob) =>
    unique && !model.records.has(id) ? holderOf(model, unique.hash) : undefined;
  const conflicts = new Map<number, string>();
  const accepted = jobs.filter((job, i) => {
    if (model.records.has(job.id)) return false;
    const first = jobs.slice(0, i).find(({ unique }) => unique && unique.hash === job.unique?.hash);
    const with_ = first ? (holder(first) ?? first.id) : holder(job);
    if (with_ !== undefined) conflicts.set(i, with_);
    return with_ === undefined && (!isResent || job.unique !== undefined);
  });
  return { isResent, accepted, ...(conflicts.size > 0 ? { conflicts } : {}) };
}

/** Frees the keys of these jobs where they hold them. */
export function release(model: ModelStore, ids: readonly string[]): void {
  for (const id of ids) {
    const [, mode, hash] = /^(.):(.+)$/.exec(model.records.get(id)?.unique ?? "") ?? [];
    if (hash !== undefined && model.uniques.get(hash) === `${mode}:${id}`) model.uniques.delete(hash);
  }
}

/** Frees the keys of jobs that have finished, and keeps those of jobs that were given back before they began. */
export function settleKeys(
  model: ModelStore,
  endings: readonly { id: string; outcome: string; startedAt?: number | undefined }[],
): void {
  const of = endings.map(({ id, outcome, startedAt }) => {
    const [, mode, hash] = /^(.):(.+)$/.exec(model.records.get(id)?.unique ?? "") ?? [];
    return { id, isBack: /^(released|deferred)$/.test(outcome) && startedAt === undefined, outcome, mode, hash };
  });
  const before = new Set(model.uniques.keys());
  for (const { id, isBack, mode, hash } of of)
    if (mode === "s" && isBack && !before.has(hash!)) model.uniques.set(hash!, `s:${id}`);
  for (const { outcome, mode, hash } of of)
    if (mode === "f" && /^(completed|failed)$/.test(outcome)) model.uniques.delete(hash!);
}

/** Lets a job that is put back hold its key again, unless that is spent. Returns the job that holds it, if another one does. */
export function holdAgain(model: ModelStore, id: string, held = model.records.get(id)?.unique): string | undefined {
  const [, mode, hash] = /^(.):(.+)$/.exec(held ?? "") ?? [];
  if (hash === undefined || mode === "S" || model.uniques.get(hash) === `${mode}:${id}`) return undefined;
  const holder = holderOf(model, hash);
  if (holder === undefined && mode !== "t") model.uniques.set(hash, `${mode}:${id}`);
  return holder;
}
