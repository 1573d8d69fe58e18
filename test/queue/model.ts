import { type NewJob, PRIORITIES, type Priority } from "../../lib/queue/job.ts";
import type { ClaimRequest, Ending, Lease, Retention } from "../../lib/queue/worker-queue.ts";
import { INLINE_BYTES, jobOf, record, type StoredAttempt, type StoredRecord } from "../support/redis.ts";
import type { Contents } from "../support/store.ts";

const ZSETS = ["scheduled", "leases", "completed", "failed", "cancelled"] as const;
type Zset = (typeof ZSETS)[number];
/** No worker has the job, or one that knows its task. */
const KNOWN = { unknown_since: undefined, unknown_tries: undefined };
const LISTS = ["suspects", ...PRIORITIES] as const;

/** The queue as it should be, in plain words: what each verb answers, and all that the store holds after it. */
export class Model {
  now: number;
  readonly records = new Map<string, StoredRecord>();
  readonly payloads = new Map<string, string>();
  readonly results = new Map<string, string>();
  readonly errors = new Map<string, string>();
  readonly firstErrors = new Map<string, string>();
  readonly logs = new Map<string, string>();
  /** Token to what its claim took, and when Redis forgets that. */
  readonly claims = new Map<string, { ids: string[]; until: number }>();
  /** Task to the ids on offer, the oldest first. */
  readonly #offers = new Map<string, string[]>();
  readonly #lists: Record<Priority | "suspects", string[]> = { suspects: [], high: [], normal: [], low: [] };
  readonly #zsets: Record<Zset, Map<string, number>>;
  readonly #counters: Record<string, number> = {};
  /** The place of a child (its parent's id, its number or key) to its id. */
  readonly #children = new Map<string, string>();
  readonly #leaseMs: number;
  readonly #retention: Retention;

  constructor(settings: { now: number; leaseMs: number; retention: Retention }) {
    this.now = settings.now;
    this.#leaseMs = settings.leaseMs;
    this.#retention = settings.retention;
    this.#zsets = Object.fromEntries(ZSETS.map((name) => [name, new Map()])) as Record<Zset, Map<string, number>>;
  }

  submit(jobs: readonly NewJob[]) {
    if (jobs.some(({ id }) => this.records.has(id)))
      return { outcome: "exists", jobs: jobs.map(({ id }) => this.#copy(id)) };
    for (const job of jobs) {
      const runAt = job.when && ("at" in job.when ? job.when.at : this.now + job.when.delayMs);
      const later = runAt !== undefined && runAt > this.now;
      this.records.set(job.id, record(job, later ? { run_at: runAt } : {}));
      if (Buffer.byteLength(job.payload ?? "") > INLINE_BYTES) this.payloads.set(job.id, job.payload!);
      if (later) this.#zsets.scheduled.set(job.id, runAt);
      else this.#lists[job.priority].push(job.id);
    }
    return { outcome: "accepted" };
  }

  /** A job that an attempt submits: nothing more where one of its job's attempts did so before, while that job is kept. */
  submitChild(parentId: string, place: number, job: NewJob) {
    const name = `${parentId} ${place}`;
    const before = this.#children.get(name);
    if (before === undefined && [...this.#children.values()].includes(job.id)) throw new Error(`${name} is another's`);
    this.#children.set(name, job.id);
    if (before === undefined || !this.records.has(before)) return this.submit([job]);
    return { outcome: "exists", jobs: [this.#copy(before)] };
  }

  claim({ token, count, holding = 0, sweep = true, tasks = [] }: ClaimRequest) {
    const before = this.claims.get(token);
    if (before) {
      const ids = before.ids.filter((id) => this.#isHeld(id, token));
      for (const id of ids) this.#zsets.leases.set(id, this.now + this.#leaseMs);
      const isolated = ids.some((id) => this.records.get(id)!.crashes !== undefined);
      const jobs = ids.map((id) => this.#handedOut(id));
      return { now: this.now, jobs, more: true, reclaimed: [], missing: [], isolated, suspects: false };
    }
    const missing = sweep ? this.#makeDueReady() : [];
    const { reclaimed, dropped } = sweep ? this.#reclaim() : { reclaimed: [], dropped: [] };
    missing.push(...dropped);
    const isLowestFirst = Number(token.split(".").at(-1)) % 20 === 0;
    const order = isLowestFirst ? [...PRIORITIES].reverse() : PRIORITIES;
    const isolated = holding === 0 && count > 0 && this.#lists.suspects.length > 0;
    const { early, offered, brought } = isolated
      ? { early: [], offered: 0, brought: false }
      : this.#popOffers(tasks, count);
    const { popped, alone } = isolated
      ? this.#popSuspects(count)
      : { popped: order.flatMap((priority) => this.#lists[priority]).slice(0, count - offered), alone: false };
    for (const list of LISTS) this.#lists[list] = this.#lists[list].filter((id) => !popped.includes(id));
    const listed = popped.filter((id) => this.records.get(id)?.status === "pending");
    missing.push(...popped.filter((id) => !listed.includes(id)));
    const ids = [...early, ...listed];
    for (const id of ids) {
      const { unknown_since, run_at = 0 } = this.records.get(id)!;
      if (unknown_since !== undefined && run_at > this.now) this.#change(id, { run_at: this.now });
      this.#zsets.scheduled.delete(id);
      this.#change(id, {
        status: "processing",
        started_at: this.now,
        token,
        held_until: undefined,
        alone: alone || undefined,
      });
      this.#zsets.leases.set(id, this.now + this.#leaseMs);
    }
    if (ids.length > 0) this.claims.set(token, { ids, until: this.now + this.#leaseMs });
    this.#count("missing", missing.length);
    const isOffered = tasks.some((task) => (this.#offers.get(task) ?? []).length > 0);
    const isLeft = isOffered || LISTS.some((list) => this.#lists[list].length > 0);
    const hasSuspects = (reclaimed.length > 0 || brought) && !isolated && isLeft;
    const more = (isolated || offered + popped.length === count || hasSuspects) && isLeft;
    const jobs = ids.map((id) => this.#handedOut(id));
    return { now: this.now, jobs, more, reclaimed, missing, isolated, suspects: hasSuspects };
  }

  settle(endings: readonly Ending[]): string[] {
    const { now } = this;
    const back: string[] = [];
    const told = new Set<string>();
    const words = endings.map((ending) => {
      const { id, token } = ending;
      if (this.#isTold(id, token, told)) return "cancelled";
      if (!this.#isHeld(id, token))
        return this.records.get(id)?.token === token ? "settled" : this.#lostOrCancelled(id);
      const { retries } = this.records.get(id)!;
      if ("startedAt" in ending && ending.startedAt !== undefined) this.#change(id, { started_at: ending.startedAt });
      if ("log" in ending && ending.log !== undefined) this.logs.set(id, ending.log);
      const waits = { status: "pending", started_at: undefined, progress: undefined, note: undefined } as const;
      const isCleared = ending.outcome !== "released" && ending.outcome !== "deferred";
      this.#change(id, { alone: undefined, ...(isCleared ? { crashes: undefined } : {}) });
      this.#zsets.leases.delete(id);
      if (ending.outcome !== "deferred") this.#change(id, KNOWN);
      if (ending.outcome === "released") {
        this.#change(id, { ...waits, run_at: now });
        back.push(id);
      } else if (ending.outcome === "completed") {
        this.#change(id, { status: "completed", finished_at: now });
        this.#zsets.completed.set(id, now);
        if (ending.result !== undefined) this.results.set(id, ending.result);
      } else if (ending.outcome === "deferred") {
        const { unknown_since = now, unknown_tries = 0, task } = this.records.get(id)!;
        const unknown = { unknown_since, unknown_tries: unknown_tries + 1 };
        this.#change(id, { ...waits, ...unknown, run_at: now + ending.delayMs });
        this.#offers.set(task, [...(this.#offers.get(task) ?? []), id]);
        this.#zsets.scheduled.set(id, now + ending.delayMs);
      } else if (ending.outcome === "snoozed") {
        const snoozed = (this.records.get(id)!.snoozed ?? 0) + ending.delayMs;
        this.#change(id, { ...waits, run_at: now + ending.delayMs, snoozed });
        this.#zsets.scheduled.set(id, now + ending.delayMs);
      } else {
        const { error, message, whole = JSON.stringify({ name: error, message }) } = ending;
        this.errors.set(id, whole);
        const failedBefore = this.records.get(id)!.attempts?.some(({ outcome }) => outcome === "failed");
        if (!failedBefore) this.firstErrors.set(id, whole);
        this.#remember(id, { outcome: "failed", error, message: message.split("\n")[0] });
        if (ending.outcome === "failed") {
          this.#change(id, { status: "failed", finished_at: now });
          this.#zsets.failed.set(id, now);
        } else {
          this.#change(id, { ...waits, retries: retries + 1, run_at: now + ending.delayMs });
          this.#zsets.scheduled.set(id, now + ending.delayMs);
        }
      }
      this.#count(ending.outcome === "retry" ? "retried" : ending.outcome, 1);
      return "settled";
    });
    for (const id of back.reverse()) this.#listOf(id).unshift(id);
    return words;
  }

  extend(leases: readonly Lease[]): string[] {
    const told = new Set<string>();
    return leases.map(({ id, token, progress, startedAt }) => {
      if (this.#isTold(id, token, told)) return "cancelled";
      if (!this.#isHeld(id, token)) return this.#lostOrCancelled(id);
      this.#zsets.leases.set(id, this.now + this.#leaseMs);
      if (startedAt !== undefined) this.#change(id, { started_at: startedAt });
      if (progress) this.#change(id, { progress: progress.percent, note: progress.note });
      return "held";
    });
  }

  cancel(id: string) {
    const job = this.records.get(id);
    if (!job) return { outcome: "missing" };
    if (job.status === "completed" || job.status === "failed") return { outcome: "finished", job: this.#copy(id) };
    if (job.status !== "cancelled") {
      if (job.status === "processing") this.#remember(id, { outcome: "cancelled" });
      this.#leave(id);
      if (job.status === "processing") this.#change(id, { held_until: this.now + this.#leaseMs });
      this.#change(id, { ...KNOWN, crashes: undefined, alone: undefined, status: "cancelled", finished_at: this.now });
      this.#zsets.cancelled.set(id, this.now);
      this.#count("cancelled", 1);
    }
    return { outcome: "cancelled", job: this.#copy(id) };
  }

  redrive(id: string, request: string) {
    const job = this.records.get(id);
    if (!job) return { outcome: "missing" };
    if (job.redrive === request) return { outcome: "redriven", job: this.#copy(id) };
    if (job.status !== "failed" && job.status !== "cancelled") return { outcome: "refused", job: this.#copy(id) };
    this.#leave(id);
    const fresh = {
      ...KNOWN,
      started_at: undefined,
      finished_at: undefined,
      token: undefined,
      snoozed: undefined,
      progress: undefined,
      note: undefined,
      crashes: undefined,
      alone: undefined,
    };
    const { held_until, token } = job;
    if (held_until !== undefined && held_until > this.now) {
      const held = { token, held_until, run_at: held_until };
      this.#change(id, { ...fresh, status: "pending", retries: 0, redrive: request, ...held });
      this.#zsets.scheduled.set(id, held_until);
    } else {
      this.#change(id, {
        ...fresh,
        held_until: undefined,
        status: "pending",
        retries: 0,
        redrive: request,
        run_at: this.now,
      });
      this.#listOf(id).push(id);
    }
    this.#count("redriven", 1);
    return { outcome: "redriven", job: this.#copy(id) };
  }

  status(id: string) {
    const record = this.records.get(id);
    if (!record) return undefined;
    return {
      job: this.#copy(id),
      payload: record.payload ?? this.payloads.get(id),
      result: this.results.get(id),
      error: this.errors.get(id),
      firstError: this.firstErrors.get(id),
      log: this.logs.get(id),
    };
  }

  trim() {
    const [completed, failed, cancelled] = (["completed", "failed", "cancelled"] as const).map((kind) => {
      const { ageMs, keep } = this.#retention[kind];
      const all = inOrder(this.#zsets[kind]);
      const forgotten = all.filter(([, at], i) => i < all.length - keep || at <= this.now - ageMs);
      for (const [id] of forgotten) {
        this.#zsets[kind].delete(id);
        for (const part of this.parts) part.delete(id);
      }
      return forgotten.length;
    });
    return { completed, failed, cancelled, more: false };
  }

  get parts() {
    return [this.records, this.payloads, this.results, this.errors, this.firstErrors, this.logs];
  }

  /** A member of `scheduled` that is no job. */
  plan(member: string, at: number): void {
    this.#zsets.scheduled.set(member, at);
  }

  all(): Contents {
    const claims = new Map([...this.claims].map(([token, { ids }]) => [token, ids.join(" ")]));
    const { records, payloads, results, errors, firstErrors, logs } = this;
    const offers = new Map([...this.#offers].filter(([, ids]) => ids.length > 0));
    const maps = { ...this.#zsets, offers, claims, records, payloads, results, errors, firstErrors, logs };
    return {
      ...Object.fromEntries(Object.entries(this.#lists).filter(([, ids]) => ids.length > 0)),
      ...Object.fromEntries(
        Object.entries(maps).flatMap(([name, map]) => (map.size > 0 ? [[name, Object.fromEntries<unknown>(map)]] : [])),
      ),
      ...(Object.keys(this.#counters).length > 0 ? { counters: this.#counters } : {}),
    };
  }

  #makeDueReady(): string[] {
    const missing: string[] = [];
    for (const [id, at] of inOrder(this.#zsets.scheduled)) {
      if (at > this.now || id.includes(":")) continue;
      this.#zsets.scheduled.delete(id);
      const job = this.records.get(id);
      if (job) this.#listOf(id).push(id);
      else missing.push(id);
    }
    return missing;
  }

  #reclaim() {
    const reclaimed: { id: string; status: string }[] = [];
    const dropped: string[] = [];
    for (const [id, until] of inOrder(this.#zsets.leases)) {
      if (until > this.now) continue;
      this.#zsets.leases.delete(id);
      const job = this.records.get(id);
      if (!job) {
        dropped.push(id);
        continue;
      }
      const crashes = (job.crashes ?? 0) + 1;
      const counts = job.alone === true || crashes >= 10;
      this.#remember(id, {
        outcome: "lease_expired",
        ...(counts ? (job.alone ? { alone: true } : {}) : { counted: false }),
        error: "LeaseExpired",
        message: expiryOf(job.alone === true, counts),
      });
      this.#change(id, { ...KNOWN, token: undefined, progress: undefined, note: undefined, alone: undefined, crashes });
      this.#count("lease_expired", 1);
      if (!counts || job.retries < job.max_retries) {
        const retries = counts ? job.retries + 1 : job.retries;
        this.#change(id, { status: "pending", retries, run_at: this.now, started_at: undefined });
        this.#listOf(id).push(id);
      } else {
        this.#change(id, { status: "failed", finished_at: this.now, crashes: undefined });
        this.#zsets.failed.set(id, this.now);
        this.#count("failed", 1);
      }
      reclaimed.push({ id, status: this.records.get(id)!.status });
    }
    return { reclaimed, dropped };
  }

  /** Ten at most that were in one crash, or one that was in more; what has no record is dropped on the way. */
  #popSuspects(count: number): { popped: string[]; alone: boolean } {
    const all = this.#lists.suspects.slice(0, count);
    const crashesOf = (id: string) => this.records.get(id)?.crashes;
    const first = all.find((id) => crashesOf(id) !== undefined);
    const isSingle = all.length === 1 || (first !== undefined && crashesOf(first)! > 1);
    const popped: string[] = [];
    let taken = 0;
    for (const id of all) {
      const crashes = crashesOf(id);
      if (crashes !== undefined && (taken === (isSingle ? 1 : 10) || (taken > 0 && crashes > 1))) break;
      popped.push(id);
      if (crashes !== undefined) taken++;
    }
    return { popped, alone: isSingle };
  }

  /** Takes from what is offered, of which only those still count that wait in `scheduled`. Suspects become ready. */
  #popOffers(tasks: readonly string[], count: number): { early: string[]; offered: number; brought: boolean } {
    const popped: string[] = [];
    for (const task of tasks) popped.push(...(this.#offers.get(task)?.splice(0, count - popped.length) ?? []));
    const right = [...new Set(popped)].filter((id) => {
      const { status, unknown_since } = this.records.get(id) ?? {};
      return status === "pending" && this.#zsets.scheduled.has(id) && unknown_since !== undefined;
    });
    const isSuspect = (id: string) => this.records.get(id)!.crashes !== undefined;
    const brought = right.filter(isSuspect);
    for (const id of brought) {
      this.#zsets.scheduled.delete(id);
      this.#change(id, { run_at: this.now });
      this.#lists.suspects.push(id);
    }
    return { early: right.filter((id) => !isSuspect(id)), offered: popped.length, brought: brought.length > 0 };
  }

  #listOf(id: string): string[] {
    if (this.records.get(id)?.crashes !== undefined) return this.#lists.suspects;
    return this.#lists[(this.records.get(id)?.priority ?? "normal") as Priority];
  }

  /**
   * Whether this worker is told now that its job was cancelled: from then on another attempt may begin. One call tells it
   * as often as it asks: `told` are those that it has told.
   */
  #isTold(id: string, token: string, told: Set<string>): boolean {
    const job = this.records.get(id);
    if (told.has(`${id} ${token}`)) return true;
    if (job?.token !== token || job.held_until === undefined) return false;
    told.add(`${id} ${token}`);
    this.#change(id, { token: undefined, held_until: undefined });
    if (job.status !== "pending") return true;
    this.#change(id, { run_at: this.now });
    if (this.#zsets.scheduled.has(id)) this.#zsets.scheduled.set(id, this.now);
    return true;
  }

  #isHeld(id: string, token: string): boolean {
    const job = this.records.get(id);
    return job?.status === "processing" && job.token === token;
  }

  #lostOrCancelled(id: string) {
    return this.records.get(id)?.status === "cancelled" ? "cancelled" : "lost";
  }

  #handedOut(id: string) {
    const { payload_bytes: bytes, payload: inline, token } = this.records.get(id)!;
    const payload = bytes === undefined ? inline : this.payloads.get(id);
    return { job: this.#copy(id), token, ...(payload === undefined ? {} : { payload }) };
  }

  /** The first attempt and the last nine are kept. */
  #remember(id: string, how: Omit<StoredAttempt, "attempt" | "started_at" | "ended_at" | "worker">): void {
    const { attempts = [], retries, started_at, token } = this.records.get(id)!;
    const when = { started_at: started_at!, ended_at: this.now };
    attempts.push({ attempt: retries + 1, ...when, worker: token!.slice(0, token!.lastIndexOf(".")), ...how });
    if (attempts.length > 10) attempts.splice(1, 1);
    this.#change(id, { attempts });
  }

  #leave(id: string): void {
    for (const list of LISTS) this.#lists[list] = this.#lists[list].filter((each) => each !== id);
    for (const name of ZSETS) this.#zsets[name].delete(id);
  }

  /** Undefined takes a field away. */
  #change(id: string, changes: Partial<StoredRecord>): void {
    const all = Object.entries({ ...this.records.get(id), ...changes }).filter(([, value]) => value !== undefined);
    this.records.set(id, Object.fromEntries(all) as unknown as StoredRecord);
  }

  #count(total: string, n: number): void {
    if (n > 0) this.#counters[total] = (this.#counters[total] ?? 0) + n;
  }

  /** As the queue answers with it: the attempt that completed is told by the rest of the record. */
  #copy(id: string) {
    const job = this.records.get(id);
    if (job?.status !== "completed") return job && jobOf(job);
    const { retries, started_at, finished_at, token, attempts = [] } = job;
    const when = { started_at: started_at!, ended_at: finished_at! };
    const worker = token!.slice(0, token!.lastIndexOf("."));
    return jobOf({ ...job, attempts: [...attempts, { attempt: retries + 1, outcome: "completed", ...when, worker }] });
  }
}

function expiryOf(alone: boolean, counts: boolean): string {
  const crashed = "the worker stopped answering: it crashed, froze or ran out of time or memory";
  if (alone) return `${crashed}. This job ran alone`;
  return counts ? crashed : `${crashed}. Other jobs ran beside this one, so the attempt is not counted`;
}

/** As Redis orders a zset. */
function inOrder(zset: Map<string, number>): [id: string, score: number][] {
  return [...zset].sort(([a, scoreA], [b, scoreB]) => scoreA - scoreB || (a < b ? -1 : 1));
}
