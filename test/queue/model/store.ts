import { PRIORITIES, type Priority } from "../../../lib/queue/job.ts";
import type { Retention } from "../../../lib/queue/worker-queue.ts";
import { jobOf, type StoredAttempt, type StoredRecord } from "../../support/redis.ts";
import type { Contents } from "../../support/store.ts";

const ZSETS = ["scheduled", "leases", "completed", "failed", "cancelled"] as const;
type Zset = (typeof ZSETS)[number];
/** The fields of a job whose task is not unknown. */
export const KNOWN = { unknown_since: undefined, unknown_tries: undefined };
/** What a job is once an attempt may have begun: it does not expire, and a unique key that it had until then is spent. */
export const begun = ({ unique }: { unique?: string | undefined }) => ({
  expires_at: undefined,
  unique: unique?.replace(/^s:/, "S:"),
});
export const LISTS = ["suspects", ...PRIORITIES] as const;

/** `until` undefined: no end; "+": it is over, and its jobs are on their way back. */
interface ModelPause {
  until: number | "+" | undefined;
  since: number;
}

/** What the store should hold. */
export class ModelStore {
  now: number;
  readonly records = new Map<string, StoredRecord>();
  readonly payloads = new Map<string, string>();
  readonly results = new Map<string, string>();
  readonly errors = new Map<string, string>();
  readonly firstErrors = new Map<string, string>();
  readonly logs = new Map<string, string>();
  /** By token: what the claim took, and when Redis forgets it. */
  readonly claims = new Map<string, { ids: string[]; until: number }>();
  /** By the hash of a unique key: how it is held, and the id of its job: "f:id". */
  readonly uniques = new Map<string, string>();
  /** By task: the ids on offer, the oldest first. */
  readonly offers = new Map<string, string[]>();
  readonly lists: Record<Priority | "suspects", string[]> = { suspects: [], high: [], normal: [], low: [] };
  readonly zsets: Record<Zset, Map<string, number>>;
  readonly counters: Record<string, number> = {};
  /** The pause of the queue, and those of tasks in the order in which they began. */
  pause: ModelPause | undefined;
  readonly pausedTasks = new Map<string, ModelPause>();
  /** By task: the ids that are set aside, the oldest first. */
  readonly parked = new Map<string, string[]>();
  /** The fields of the schedules. */
  readonly schedules = new Map<string, string>();
  /** By a child's place (its parent's id and its number or key): its id. */
  readonly children = new Map<string, string>();
  readonly leaseMs: number;
  readonly retention: Retention;

  constructor(settings: { now: number; leaseMs: number; retention: Retention }) {
    this.now = settings.now;
    this.leaseMs = settings.leaseMs;
    this.retention = settings.retention;
    this.zsets = Object.fromEntries(ZSETS.map((name) => [name, new Map()])) as Record<Zset, Map<string, number>>;
  }
  get parts() {
    return [this.records, this.payloads, this.results, this.errors, this.firstErrors, this.logs];
  }

  /** Adds a member to `scheduled` that is not a job. */
  plan(member: string, at: number): void {
    this.zsets.scheduled.set(member, at);
  }

  all(): Contents {
    const claims = new Map([...this.claims].map(([token, { ids }]) => [token, ids.join(" ")]));
    const { records, payloads, results, errors, firstErrors, logs, uniques, schedules } = this;
    const offers = new Map([...this.offers].filter(([, ids]) => ids.length > 0));
    const parked = new Map([...this.parked].filter(([, ids]) => ids.length > 0));
    const maps = {
      ...this.zsets,
      offers,
      parked,
      claims,
      uniques,
      records,
      payloads,
      results,
      errors,
      firstErrors,
      logs,
      schedules,
    };
    return {
      ...Object.fromEntries(Object.entries(this.lists).filter(([, ids]) => ids.length > 0)),
      ...Object.fromEntries(
        Object.entries(maps).flatMap(([name, map]) => (map.size > 0 ? [[name, Object.fromEntries<unknown>(map)]] : [])),
      ),
      ...(this.pause ? { paused: wordsOf(this.pause) } : {}),
      ...(this.pausedTasks.size > 0
        ? { paused_tasks: [...this.pausedTasks].map(([task, pause]) => `${task} ${wordsOf(pause)}`).join(" ") }
        : {}),
      ...(Object.keys(this.counters).length > 0 ? { counters: this.counters } : {}),
    };
  }

  listOf(id: string): string[] {
    if (this.records.get(id)?.crashes !== undefined) return this.lists.suspects;
    return this.lists[(this.records.get(id)?.priority ?? "normal") as Priority];
  }

  isHeld(id: string, token: string): boolean {
    const job = this.records.get(id);
    return job?.status === "processing" && job.token === token;
  }

  handedOut(id: string) {
    const { payload_bytes: bytes, payload: inline, token } = this.records.get(id)!;
    const payload = bytes === undefined ? inline : this.payloads.get(id);
    return { job: this.copy(id), token, ...(payload === undefined ? {} : { payload }) };
  }

  /** Adds an attempt to the history, which keeps the first one and the last nine. */
  remember(id: string, how: Omit<StoredAttempt, "attempt" | "started_at" | "ended_at" | "worker">): void {
    const { attempts = [], retries, started_at, token } = this.records.get(id)!;
    const when = { started_at: started_at!, ended_at: this.now };
    attempts.push({ attempt: retries + 1, ...when, worker: token!.slice(0, token!.lastIndexOf(".")), ...how });
    if (attempts.length > 10) attempts.splice(1, 1);
    this.change(id, { attempts });
  }

  leave(id: string): void {
    for (const [task, ids] of this.parked)
      this.parked.set(
        task,
        ids.filter((each) => each !== id),
      );
    for (const list of LISTS) this.lists[list] = this.lists[list].filter((each) => each !== id);
    for (const name of ZSETS) this.zsets[name].delete(id);
  }

  /** Changes fields of a record. `undefined` removes a field. */
  change(id: string, changes: Partial<StoredRecord>): void {
    const all = Object.entries({ ...this.records.get(id), ...changes }).filter(([, value]) => value !== undefined);
    this.records.set(id, Object.fromEntries(all) as unknown as StoredRecord);
  }

  count(total: string, n: number): void {
    if (n > 0) this.counters[total] = (this.counters[total] ?? 0) + n;
  }

  /** The job as the queue shows it. The record itself has no entry for the attempt that completed. */
  copy(id: string) {
    const job = this.records.get(id);
    if (job?.status !== "completed") return job && jobOf(job);
    const { retries, started_at, finished_at, token, attempts = [] } = job;
    const when = { started_at: started_at!, ended_at: finished_at! };
    const worker = token!.slice(0, token!.lastIndexOf("."));
    return jobOf({ ...job, attempts: [...attempts, { attempt: retries + 1, outcome: "completed", ...when, worker }] });
  }
}

function wordsOf({ until, since }: ModelPause): string {
  return `${until ?? "-"} ${since}`;
}

/** The members in the order of Redis. */
export function inOrder(zset: Map<string, number>): [id: string, score: number][] {
  return [...zset].sort(([a, scoreA], [b, scoreB]) => scoreA - scoreB || (a < b ? -1 : 1));
}
