import { expect } from "vitest";
import { type Job, PRIORITIES } from "../../lib/queue/job.ts";
import type { StoredRecord } from "../support/redis.ts";
import { type Contents, PARTS } from "../support/store.ts";

const ZSETS = ["scheduled", "leases", "completed", "failed", "cancelled"] as const;
const PLACES: Record<Job["status"], string[]> = {
  pending: [...PRIORITIES, "suspects", "scheduled"],
  processing: ["leases"],
  completed: ["completed"],
  failed: ["failed"],
  cancelled: ["cancelled"],
};

/** Expects what must hold after every script. `evicted` are the ids whose record the test has removed. */
export function expectSound(contents: Contents, evicted: ReadonlySet<string> = new Set()): void {
  expect(contents.strange).toBeUndefined();
  const records = (contents.records ?? {}) as Record<string, StoredRecord>;
  const isKnown = (id: string) => id in records || evicted.has(id);
  const places = placesIn(contents);
  expect([...places.keys()].filter((id) => !isKnown(id))).toEqual([]);
  for (const part of Object.values(PARTS))
    expect(Object.keys(contents[part] ?? {}).filter((id) => !isKnown(id))).toEqual([]);

  const uniques = contents.uniques ?? {};
  for (const [id, job] of Object.entries(records)) {
    const isUnfinished = job.status === "pending" || job.status === "processing";
    if (isUnfinished && job.unique?.startsWith("f:")) expect(uniques[job.unique.slice(2)]).toBe(`f:${id}`);
    expect(job.job_id).toBe(id);
    const found = places.get(id) ?? [];
    expect(found, `the places of ${JSON.stringify(job)}`).toHaveLength(1);
    const [place] = found as [string];
    expect(PLACES[job.status as Job["status"]]).toContain(place);
    if (PRIORITIES.includes(place as Job["priority"])) expect(place).toBe(job.priority ?? "normal");
    if (job.status === "pending" && place !== "scheduled") expect(place === "suspects").toBe(job.crashes !== undefined);
    if (job.expires_at !== undefined) expect(["pending", "processing"]).toContain(job.status);
    if (job.alone) expect(job.status).toBe("processing");
    if (place === "scheduled") expect(contents.scheduled![id]).toBe(job.run_at);
    if (job.status === "processing") expect([typeof job.token, typeof job.started_at]).toEqual(["string", "number"]);
    const isFinished = place === "completed" || place === "failed" || place === "cancelled";
    expect(job.finished_at).toBe(isFinished ? contents[place]![id] : undefined);
    expect(job.attempts?.length ?? 0).toBeLessThanOrEqual(10);
    expect(job.retries).toBeLessThanOrEqual(job.max_retries);
  }
}

/** Id to the places that hold it, each as often as it does. A member with a ':' is not a job. */
function placesIn(contents: Contents): Map<string, string[]> {
  const places = new Map<string, string[]>();
  const add = (id: string, place: string) => places.set(id, [...(places.get(id) ?? []), place]);
  for (const list of [...PRIORITIES, "suspects"] as const) for (const id of contents[list] ?? []) add(id, list);
  for (const zset of ZSETS) for (const id of Object.keys(contents[zset] ?? {})) if (!id.includes(":")) add(id, zset);
  return places;
}
