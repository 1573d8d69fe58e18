import type { QueueHistory } from "../../lib/queue/history-ranges.ts";
import type { Job } from "../../lib/queue/job.ts";
import type { StoredAttempt, StoredRecord } from "../support/redis.ts";
import type { Contents } from "../support/store.ts";
import { checkTime, EXPIRED, isExpired } from "./check-time.ts";
import type { Order } from "./clients.ts";
import type { Mark } from "./marks.ts";
import type { Paused } from "./pauses.ts";
import type { Stretch } from "./schedules.ts";
import type { Outage } from "./world.ts";

export interface Evidence {
  orders: readonly Order[];
  store: Contents;
  /** By the minute and by the day: the run is over within an hour. */
  histories: readonly QueueHistory[];
  marks: readonly Mark[];
  /** The names of workers that were killed. */
  killed: ReadonlySet<string>;
  outages: readonly Outage[];
  /** What schedules had which definition when, and what was paused when. */
  stretches: readonly Stretch[];
  pauses: readonly Paused[];
}

const PLACES = [
  "high",
  "normal",
  "low",
  "suspects",
  "scheduled",
  "leases",
  "completed",
  "failed",
  "cancelled",
] as const;

/** Compares what happened with what was promised. Returns a sentence for each broken promise. */
export function check(evidence: Evidence) {
  const { orders, store, histories, marks, killed, outages, stretches, pauses } = evidence;
  const broken: string[] = [];
  const records = new Map(Object.entries((store.records ?? {}) as Record<string, StoredRecord>));
  const placesOf = placesIn(store);
  const began = new Map<string, number[]>();
  const firstBegan = new Map<string, number>();
  const did = new Set<string>();
  for (const mark of marks) {
    if (mark.what === "began") began.set(mark.id, [...(began.get(mark.id) ?? []), mark.attempt]);
    if (mark.what === "began") firstBegan.set(mark.id, Math.min(firstBegan.get(mark.id) ?? Infinity, mark.at));
    if (mark.what === "did") did.add(`${mark.id} ${mark.attempt}`);
  }
  const stalls = marks.filter((mark) => mark.what === "stalled");
  const totals = store.counters ?? {};
  const figures = { acknowledged: 0, unacknowledged: 0, children: 0, slots: 0, completed: 0, failed: 0, cancelled: 0 };
  const deleted = new Map(orders.flatMap((order) => [...order.deleted]));
  const redriven = new Map(orders.flatMap((order) => [...order.redriven]));
  const runs = { began: 0, planned: 0, expired: 0, unexplained: 0 };
  let spentByCrashes = 0;

  for (const { jobs, acknowledged, cancelled, conflicts } of orders) {
    const there = jobs.filter(({ id }) => records.has(id)).length;
    const plain = jobs.filter(({ unique }) => !unique);
    const plainThere = plain.filter(({ id }) => records.has(id)).length;
    figures[acknowledged ? "acknowledged" : "unacknowledged"] += jobs.length - (acknowledged ? conflicts.size : there);
    if (!acknowledged && plainThere > 0 && plainThere < plain.length)
      broken.push(`half of a batch is there: ${jobs[0]!.id}`);
    for (const { id, task } of jobs) {
      const job = records.get(id);
      if (job) checkJob(job, task === "doomed" ? "failed" : "completed", cancelled.includes(id));
      if (job && deleted.has(id)) broken.push(`${id} was deleted and is there`);
      if (!job && acknowledged && !conflicts.has(id) && !deleted.has(id))
        broken.push(`${id} was acknowledged and is missing`);
    }
  }
  for (const id of began.keys()) if (!records.has(id) && !deleted.has(id)) broken.push(`${id} ran and has no record`);

  const ordered = new Set(orders.flatMap(({ jobs }) => jobs.map(({ id }) => id)));
  const parents = orders.flatMap(({ jobs }) => jobs).filter(({ task }) => task === "parent");
  const children = childrenIn(records);
  for (const { id, payload } of parents) {
    const wanted = (JSON.parse(payload!) as { children: number }).children;
    const found = children.get(id) ?? [];
    const places = found.map(({ place }) => place);
    if (new Set(places).size < places.length) broken.push(`${id} submitted a job twice: ${places.join()}`);
    if (places.some((place) => place >= wanted)) broken.push(`${id} submitted what is not its own: ${places.join()}`);
    if (records.get(id)?.status === "completed" && places.length < wanted)
      broken.push(`${id} completed and has submitted ${places.length} jobs of ${wanted}`);
    for (const { job } of found) {
      ordered.add(job.job_id);
      figures.children++;
      checkJob(job, "completed", false);
    }
  }

  for (const job of records.values()) {
    if (job.schedule === undefined || job.slot === undefined) continue;
    ordered.add(job.job_id);
    figures.slots++;
    checkJob(job, "completed", false);
  }

  function checkJob(job: StoredRecord, wanted: string, wasCancelled: boolean): void {
    const { job_id: id, status, retries } = job;
    if (status === "completed" || status === "failed" || status === "cancelled") figures[status]++;
    // A cancellation whose answer was lost may have happened, too.
    const mayHave = [isExpired(job) ? "failed" : wanted, "cancelled"];
    if (wasCancelled ? status !== "cancelled" : !mayHave.includes(status))
      broken.push(`${id} is ${status} and should be ${wasCancelled ? "cancelled" : wanted}`);
    const places = placesOf.get(id) ?? [];
    if (places.join() !== status) broken.push(`${id} is ${status} and stands in: ${places.join()}`);

    const attempts = began.get(id) ?? [];
    runs.began += attempts.length;
    const uncounted = (job.attempts ?? []).filter(({ counted }) => counted === false).map(({ attempt }) => attempt);
    if (isRepeated(attempts, uncounted) && !redriven.has(id))
      broken.push(`${id} ran twice in one attempt: ${attempts.join()}`);
    if (attempts.some((n) => n > retries + 1)) broken.push(`${id} ran in an attempt that it does not have`);
    if (status === "completed" && !did.has(`${id} ${retries + 1}`)) broken.push(`${id} completed and did nothing`);
    const result = status === "completed" ? `{"attempt":${retries + 1}}` : undefined;
    if (store.results?.[id] !== result) broken.push(`${id} is ${status} and has the result ${store.results?.[id]}`);
    if (job.payload === undefined && store.payloads?.[id] === undefined) broken.push(`${id} has lost its payload`);

    for (const attempt of (job.attempts ?? []).filter(({ error }) => error !== EXPIRED)) {
      if (attempt.outcome === "failed" && attempt.message !== "as planned")
        broken.push(`${id} failed for a reason of its own: ${attempt.message}`);
      if (attempt.outcome === "failed") runs.planned++;
      if (attempt.outcome === "lease_expired") runs.expired++;
      if (attempt.outcome === "lease_expired" && attempt.counted !== false) spentByCrashes++;
      if (attempt.outcome === "lease_expired" && !isExplained(attempt)) runs.unexplained++;
    }
  }

  /** Whether an expired lease is explained: its worker was dead or frozen, or Redis was out of reach. */
  function isExplained({ worker, started_at, ended_at }: StoredAttempt): boolean {
    const during = ({ from, to }: Outage) => from < ended_at && to > started_at;
    return (
      killed.has(worker) || outages.some(during) || stalls.some((stall) => stall.worker === worker && during(stall))
    );
  }

  for (const id of [...records.keys(), ...placesOf.keys(), ...Object.keys({ ...store.payloads, ...store.results })])
    if (!ordered.has(id) || !records.has(id))
      broken.push(`${id} is in the store, and nobody submitted it, or its record is gone`);
  for (const [key, what] of Object.entries(store.strange ?? {})) broken.push(`a key is left over: ${key} (${what})`);
  if (runs.unexplained > 0) broken.push(`${runs.unexplained} leases ran out, and no fault explains it`);

  const retries = [...records.values()].reduce((sum, job) => sum + job.retries, 0);
  const gone = [...deleted.values(), ...redriven.values()];
  const goneAs = (status: Job["status"]) => gone.filter((job) => job.status === status).length;
  const counted = {
    completed: figures.completed + goneAs("completed"),
    failed: figures.failed + goneAs("failed"),
    cancelled: figures.cancelled + goneAs("cancelled"),
    deleted: deleted.size,
    redriven: redriven.size,
  };
  for (const [name, n] of Object.entries({ ...counted, missing: 0 }))
    if ((totals[name] ?? 0) !== n) broken.push(`the total "${name}" is ${totals[name] ?? 0}, and should be ${n}`);
  // A job that is put back keeps its history and begins again at 0.
  const forgotten = [...redriven.values()].reduce((sum, job) => sum + job.retries, 0);
  const spent = (totals.retried ?? 0) + spentByCrashes - forgotten;
  if (spent !== retries) broken.push(`jobs have ${retries} retries, and the totals tell of ${spent}`);

  for (const history of histories)
    for (const name of ["completed", "failed", "retried", "cancelled"] as const)
      if (history[name] !== (totals[name] ?? 0))
        broken.push(
          `the ${history.range}'s history has ${history[name]} ${name}, and the total is ${totals[name] ?? 0}`,
        );

  const timed = checkTime({ orders, records, marks, firstBegan, outages, stretches, pauses, store });
  broken.push(...timed.broken);
  const { deferred = 0 } = totals;
  return {
    broken,
    figures: { ...figures, ...timed.figures },
    runs: { ...runs, deferred, repeated: runs.began - began.size },
  };
}

/** Jobs that tasks submitted, by parent job. They are told apart by their payloads, not by their ids. */
function childrenIn(records: ReadonlyMap<string, StoredRecord>) {
  const children = new Map<string, { place: number; job: StoredRecord }[]>();
  for (const job of records.values()) {
    const { parent, place } = JSON.parse(job.payload ?? "{}") as { parent?: string; place?: number };
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), { place: place!, job }]);
  }
  return children;
}

/** Whether an attempt ran more often than was counted and than crashes that cost nothing explain. */
function isRepeated(ran: readonly number[], uncounted: readonly number[]): boolean {
  const times = (all: readonly number[], n: number) => all.filter((each) => each === n).length;
  return ran.some((n) => times(ran, n) > 1 + times(uncounted, n));
}

function placesIn(store: Contents): Map<string, string[]> {
  const places = new Map<string, string[]>();
  for (const place of PLACES) {
    const held = store[place] ?? [];
    for (const id of Array.isArray(held) ? held : Object.keys(held)) places.set(id, [...(places.get(id) ?? []), place]);
  }
  return places;
}
