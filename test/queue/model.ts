import type { NewJob } from "../../lib/queue/job.ts";
import { uniqueOf } from "../../lib/queue/unique-key.ts";
import type { ClaimRequest, Ending, Lease } from "../../lib/queue/worker-queue.ts";
import { INLINE_BYTES, record } from "../support/redis.ts";
import { claim } from "./model/claim.ts";
import { deleteAll, runNow } from "./model/life.ts";
import { pauseIn, resumeIn } from "./model/pauses.ts";
import { begun, inOrder, KNOWN, ModelStore } from "./model/store.ts";
import { decided, holdAgain, release, settleKeys } from "./model/unique.ts";

/** The queue as it should be: what each verb answers and what the store holds after it. */
export class Model extends ModelStore {
  submit(jobs: readonly NewJob[]) {
    const { isResent, accepted, ...conflicts } = decided(this, jobs);
    for (const job of accepted) {
      const runAt = job.when && ("at" in job.when ? job.when.at : this.now + job.when.delayMs);
      const later = runAt !== undefined && runAt > this.now;
      const { afterMs = 0, from } = job.expires ?? {};
      const expiry = job.expires ? { expires_at: (from === "run" && later ? runAt : this.now) + afterMs } : {};
      this.records.set(job.id, record(job, { ...(later ? { run_at: runAt } : {}), ...expiry }));
      if (Buffer.byteLength(job.payload ?? "") > INLINE_BYTES) this.payloads.set(job.id, job.payload!);
      if (later) this.zsets.scheduled.set(job.id, runAt);
      else this.lists[job.priority].push(job.id);
      if (job.unique) this.uniques.set(job.unique.hash, `${uniqueOf(job.unique)[0]}:${job.id}`);
    }
    if (isResent) return { outcome: "exists", jobs: jobs.map(({ id }) => this.copy(id)), ...conflicts };
    return { outcome: "accepted", ...conflicts };
  }

  /** Submits a job for an attempt, unless an earlier attempt did so and the job of that time is still kept. */
  submitChild(parentId: string, place: number, job: NewJob) {
    const name = `${parentId} ${place}`;
    const before = this.children.get(name);
    if (before === undefined && [...this.children.values()].includes(job.id)) throw new Error(`${name} is another's`);
    this.children.set(name, job.id);
    if (before === undefined || !this.records.has(before)) return this.submit([job]);
    return { outcome: "exists", jobs: [this.copy(before)] };
  }

  claim(request: ClaimRequest) {
    return claim(this, request);
  }

  settle(endings: readonly Ending[]): string[] {
    const { now } = this;
    const back: string[] = [];
    const settled: Ending[] = [];
    const told = new Set<string>();
    const words = endings.map((ending) => {
      const { id, token } = ending;
      if (this.#isTold(id, token, told)) return "cancelled";
      if (!this.isHeld(id, token)) return this.records.get(id)?.token === token ? "settled" : this.#lostOrCancelled(id);
      const { retries } = this.records.get(id)!;
      if ("startedAt" in ending && ending.startedAt !== undefined) this.change(id, { started_at: ending.startedAt });
      if ("log" in ending && ending.log !== undefined) this.logs.set(id, ending.log);
      const waits = { status: "pending", started_at: undefined, progress: undefined, note: undefined } as const;
      const isCleared = ending.outcome !== "released" && ending.outcome !== "deferred";
      this.change(id, { alone: undefined, ...(isCleared ? { crashes: undefined } : {}) });
      const hasBegun = isCleared || (ending.outcome === "released" && ending.startedAt !== undefined);
      if (hasBegun) this.change(id, begun(this.records.get(id)!));
      this.zsets.leases.delete(id);
      if (ending.outcome !== "deferred") this.change(id, KNOWN);
      if (ending.outcome === "released") {
        this.change(id, { ...waits, run_at: now });
        back.push(id);
      } else if (ending.outcome === "completed") {
        this.change(id, { status: "completed", finished_at: now });
        this.zsets.completed.set(id, now);
        if (ending.result !== undefined) this.results.set(id, ending.result);
      } else if (ending.outcome === "deferred") {
        const { unknown_since = now, unknown_tries = 0, task } = this.records.get(id)!;
        const unknown = { unknown_since, unknown_tries: unknown_tries + 1 };
        this.change(id, { ...waits, ...unknown, run_at: now + ending.delayMs });
        this.offers.set(task, [...(this.offers.get(task) ?? []), id]);
        this.zsets.scheduled.set(id, now + ending.delayMs);
      } else if (ending.outcome === "snoozed") {
        const snoozed = (this.records.get(id)!.snoozed ?? 0) + ending.delayMs;
        this.change(id, { ...waits, run_at: now + ending.delayMs, snoozed });
        this.zsets.scheduled.set(id, now + ending.delayMs);
      } else {
        const { error, message, whole = JSON.stringify({ name: error, message }) } = ending;
        this.errors.set(id, whole);
        const failedBefore = this.records.get(id)!.attempts?.some(({ outcome }) => outcome === "failed");
        if (!failedBefore) this.firstErrors.set(id, whole);
        this.remember(id, { outcome: "failed", error, message: message.split("\n")[0] });
        if (ending.outcome === "failed") {
          this.change(id, { status: "failed", finished_at: now });
          this.zsets.failed.set(id, now);
        } else {
          this.change(id, { ...waits, retries: retries + 1, run_at: now + ending.delayMs });
          this.zsets.scheduled.set(id, now + ending.delayMs);
        }
      }
      settled.push(ending);
      this.count(ending.outcome === "retry" ? "retried" : ending.outcome, 1);
      return "settled";
    });
    settleKeys(this, settled);
    for (const id of back.reverse()) {
      const { task } = this.records.get(id)!;
      if (this.pausedTasks.has(task)) this.parked.set(task, [id, ...(this.parked.get(task) ?? [])]);
      else this.listOf(id).unshift(id);
    }
    return words;
  }

  extend(leases: readonly Lease[]): string[] {
    const told = new Set<string>();
    return leases.map(({ id, token, progress, startedAt }) => {
      if (this.#isTold(id, token, told)) return "cancelled";
      if (!this.isHeld(id, token)) return this.#lostOrCancelled(id);
      this.zsets.leases.set(id, this.now + this.leaseMs);
      if (startedAt !== undefined) this.change(id, { started_at: startedAt });
      if (progress) this.change(id, { progress: progress.percent, note: progress.note });
      return "held";
    });
  }

  cancel(id: string) {
    const job = this.records.get(id);
    if (!job) return { outcome: "missing" };
    if (job.status === "completed" || job.status === "failed") return { outcome: "finished", job: this.copy(id) };
    if (job.status !== "cancelled") {
      if (job.status === "processing") this.remember(id, { outcome: "cancelled" });
      this.leave(id);
      if (job.status === "processing") this.change(id, { held_until: this.now + this.leaseMs });
      this.change(id, { ...KNOWN, expires_at: undefined, crashes: undefined, alone: undefined });
      this.change(id, { status: "cancelled", finished_at: this.now });
      this.zsets.cancelled.set(id, this.now);
      this.count("cancelled", 1);
      release(this, [id]);
    }
    return { outcome: "cancelled", job: this.copy(id) };
  }

  redrive(id: string, request: string) {
    const job = this.records.get(id);
    if (!job) return { outcome: "missing" };
    if (job.redrive === request) return { outcome: "redriven", job: this.copy(id) };
    if (job.status !== "failed" && job.status !== "cancelled") return { outcome: "refused", job: this.copy(id) };
    const unique = job.unique?.replace(/^S:/, "s:");
    const holder = holdAgain(this, id, unique);
    if (holder !== undefined) return { outcome: "unique_conflict", holder };
    this.leave(id);
    const fresh = {
      unique,
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
      this.change(id, { ...fresh, status: "pending", retries: 0, redrive: request, ...held });
      this.zsets.scheduled.set(id, held_until);
    } else {
      this.change(id, {
        ...fresh,
        held_until: undefined,
        status: "pending",
        retries: 0,
        redrive: request,
        run_at: this.now,
      });
      this.listOf(id).push(id);
    }
    this.count("redriven", 1);
    return { outcome: "redriven", job: this.copy(id) };
  }

  runNow(id: string) {
    return runNow(this, id);
  }

  delete(ids: readonly string[], only: string) {
    return deleteAll(this, ids, only);
  }

  pauseThis(task: string, until: number | undefined) {
    if (until !== undefined && until <= this.now) return "past";
    pauseIn(this, task, until);
    return "paused";
  }

  resumeThis(task: string) {
    return resumeIn(this, task) ? "resumed" : "not_paused";
  }

  status(id: string) {
    const record = this.records.get(id);
    if (!record) return undefined;
    return {
      job: this.copy(id),
      payload: record.payload ?? this.payloads.get(id),
      result: this.results.get(id),
      error: this.errors.get(id),
      firstError: this.firstErrors.get(id),
      log: this.logs.get(id),
    };
  }

  trim() {
    const [completed, failed, cancelled] = (["completed", "failed", "cancelled"] as const).map((kind) => {
      const { ageMs, keep } = this.retention[kind];
      const all = inOrder(this.zsets[kind]);
      const forgotten = all.filter(([, at], i) => i < all.length - keep || at <= this.now - ageMs);
      for (const [id] of forgotten) {
        this.zsets[kind].delete(id);
        for (const part of this.parts) part.delete(id);
      }
      return forgotten.length;
    });
    return { completed, failed, cancelled, more: false };
  }

  /**
   * Whether this call tells the worker that its job was cancelled. From then on another attempt may begin.
   *
   * @param told what this call has told already: it says so again when it is asked again
   */
  #isTold(id: string, token: string, told: Set<string>): boolean {
    const job = this.records.get(id);
    if (told.has(`${id} ${token}`)) return true;
    if (job?.token !== token || job.held_until === undefined) return false;
    told.add(`${id} ${token}`);
    this.change(id, { token: undefined, held_until: undefined });
    if (job.status !== "pending") return true;
    this.change(id, { run_at: this.now });
    if (this.zsets.scheduled.has(id)) this.zsets.scheduled.set(id, this.now);
    return true;
  }

  #lostOrCancelled(id: string) {
    return this.records.get(id)?.status === "cancelled" ? "cancelled" : "lost";
  }
}
