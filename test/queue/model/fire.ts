import type { Fired, Firing } from "../../../lib/queue/worker-queue.ts";
import { record } from "../../support/redis.ts";
import type { ModelStore } from "./store.ts";

/** Fires in the model, and returns what the queue should answer. */
export function fire(model: ModelStore, firings: readonly Firing[]): Fired[][] {
  return firings.map(({ name, slot, rev, next, overlap, slots }) => {
    const { scheduled } = model.zsets;
    const isOurs = scheduled.get(`cron:${name}`) === slot && revOf(model.schedules.get(name)) === rev;
    if (!isOurs) return slots.map(() => "lost");
    const [, lastId = ""] = model.schedules.get(`last ${name}`)?.split(" ") ?? [];
    let isRunning = overlap === "skip" && ["pending", "processing"].includes(model.records.get(lastId)?.status ?? "");
    const words = slots.map(({ at, job }): Fired => {
      if (model.records.has(job.id)) return "lost";
      if (isRunning) return "overlapped";
      const runAt = job.when && "at" in job.when ? job.when.at : undefined;
      model.records.set(job.id, record(job, runAt === undefined ? {} : { run_at: runAt }));
      if (runAt === undefined) model.lists[job.priority].push(job.id);
      else scheduled.set(job.id, runAt);
      model.schedules.set(`last ${name}`, `${at} ${job.id}`);
      isRunning = overlap === "skip";
      return "fired";
    });
    if (next === undefined) scheduled.delete(`cron:${name}`);
    else scheduled.set(`cron:${name}`, next);
    return words;
  });
}

function revOf(json: string | undefined): string | undefined {
  return json === undefined ? undefined : (JSON.parse(json) as { rev: string }).rev;
}
