import type fc from "fast-check";
import { expect } from "vitest";
import { pause, resume } from "../../../lib/queue/pauses.ts";
import { ScheduleStore } from "../../../lib/queue/schedule-store.ts";
import type {
  Claimed,
  ClaimedJob,
  Ending,
  Firing,
  Lease,
  StepRequest,
  WorkerQueue,
} from "../../../lib/queue/worker-queue.ts";
import { job, START, type useRedis } from "../../support/redis.ts";
import { definition } from "../../support/schedules.ts";
import { type Contents, PARTS } from "../../support/store.ts";
import { fanOut } from "../children.ts";
import { expectSound } from "../invariants.ts";
import { Model } from "../model.ts";
import {
  type Command,
  type EVICTED,
  type ending,
  type fired,
  GONE,
  idOf,
  LEASE_MS,
  type lease,
  RETENTION,
  SCHEDULES,
} from "./commands.ts";
import { counts } from "./counts.ts";
import { fire } from "./fire.ts";

type TestRedis = ReturnType<typeof useRedis>;

/** One sequence, run on a queue of its own and on the model. */
export class Trial {
  readonly #redis: TestRedis;
  readonly #of: ReturnType<TestRedis["queue"]>;
  readonly #model = new Model({ now: START, leaseMs: LEASE_MS, retention: RETENTION });
  readonly #handedOut: ClaimedJob[] = [];
  readonly #evicted = new Set<string>();
  /** The tasks of jobs that submitted others. */
  readonly #parents = new Map<string, string>();
  readonly #calls: (() => Promise<void>)[] = [];
  #serial = 0;

  constructor(redis: TestRedis) {
    this.#redis = redis;
    this.#of = redis.queue({ leaseMs: LEASE_MS, retention: RETENTION, wakeMs: 60_000 });
    redis.clock.now = START;
  }

  async run(command: Command): Promise<void> {
    if (this.#serial === 0) await this.#plan();
    if (command.verb === "wait") await this.#wait(command.ms);
    else if (command.verb === "evict") await this.#evict(command.id, command.part);
    else if (command.verb === "again") await this.#calls.at(-1 - command.back)?.();
    else {
      const call = this.#callOf(command);
      this.#calls.push(call);
      await call();
    }
    const contents = await this.#contents();
    expect(contents).toEqual(this.#model.all());
    expectSound(contents, this.#evicted);
  }

  get #pauses() {
    return { redis: this.#redis.redis, keys: this.#of.keys, now: () => this.#redis.clock.now };
  }

  async clear(): Promise<void> {
    const keys = (await this.#redis.redis.keys(`{${this.#of.prefix}}:*`)) as string[];
    if (keys.length > 0) await this.#redis.redis.unlink(...keys);
  }

  /** The call with all its arguments, so that it can be sent again. */
  #callOf(command: Exclude<Command, { verb: "wait" | "evict" | "again" }>): () => Promise<void> {
    const { queue } = this.#of;
    const model = this.#model;
    const serial = ++this.#serial;
    const id = "of" in command ? this.#idOf(command.of) : "";
    switch (command.verb) {
      case "submit":
        return async () => {
          // The id of an evicted record is not submitted again: it is still in a list.
          if (command.jobs.some(({ id }) => this.#evicted.has(id))) return;
          const answer = await queue.submit(command.jobs);
          expect(withoutWake(answer)).toEqual(model.submit(command.jobs));
          if ("conflicts" in answer) counts.conflicts++;
        };
      case "cancel":
        return async () => expect(await queue.cancel(id)).toEqual(model.cancel(id));
      case "redrive":
        return async () => {
          const request = `r${serial}`;
          const answer = await queue.redrive(id, request);
          expect(withoutWake(answer)).toEqual(model.redrive(id, request));
          if (answer.outcome === "unique_conflict") counts.refusedRedrives++;
        };
      case "runNow":
        return async () => expect(withoutWake(await queue.runNow(id))).toEqual(model.runNow(id));
      case "delete": {
        const ids = command.ofs.map((of) => this.#idOf(of));
        return async () => expect(await queue.delete(ids, command.only as "")).toEqual(model.delete(ids, command.only));
      }
      case "status":
        return async () => expect(await queue.status(id)).toEqual(model.status(id));
      case "fanOut": {
        const parent = this.#handedOut[command.attempt];
        const settle = command.ends ? this.#endingOf({ ...command.ends, attempt: command.attempt }) : [];
        return async () => {
          if (parent) await this.#fanOut(queue, parent, command.count);
          if (settle.length > 0) await this.#step(queue, { settle });
        };
      }
      case "pause": {
        const { what: task, forMs } = command;
        const until = forMs === undefined ? undefined : model.now + forMs;
        return async () => expect(await pause(this.#pauses, { task, until })).toBe(model.pauseThis(task, until));
      }
      case "resume":
        return async () => {
          const { outcome } = await resume(this.#pauses, { task: command.what }, `r${serial}`);
          expect(outcome).toBe(model.resumeThis(command.what));
        };
      case "schedule":
        return () => this.#schedule(command.name, command.rev, this.#model.now + command.nextMs);
      case "trim":
        return async () => expect(await queue.trim()).toEqual(model.trim());
      case "step": {
        const step: StepRequest = {
          settle: command.settle.flatMap((each) => this.#endingOf(each)),
          extend: command.extend.flatMap((each) => this.#leaseOf(each)),
          fire: command.fire.map((each) => this.#firingOf(each)),
          claim: command.claim && { ...command.claim, token: tokenOf(command.claim, serial) },
        };
        return () => this.#step(queue, step);
      }
    }
  }

  #idOf(of: { n: number } | { attempt: number }): string {
    return "n" in of ? idOf(of.n) : (this.#heldAs(of.attempt)?.id ?? idOf(of.attempt));
  }

  #heldAs(attempt: number): { id: string; token: string } | undefined {
    const handedOut = this.#handedOut[attempt];
    return handedOut && { id: handedOut.job.id, token: handedOut.token };
  }

  /** An attempt, on time or late, submits jobs. */
  async #fanOut(queue: WorkerQueue, parent: ClaimedJob, count: number): Promise<void> {
    // A job that was deleted may come again under its id with another task: then its children are others, which nobody promises.
    const { id, task } = parent.job;
    if ((this.#parents.get(id) ?? task) !== task) return;
    this.#parents.set(id, task);
    if (parent.payload === undefined && parent.job.payloadBytes) return; // Redis has lost the payload, so the job does not run
    for (const { place, job, answer } of await fanOut(queue, parent, count)) {
      expect(withoutWake(answer)).toEqual(this.#model.submitChild(parent.job.id, place, job));
      if (answer.outcome !== "full") counts[answer.outcome]++;
    }
  }

  /** Adds members to `scheduled` that are not jobs, due in a second: schedules, and one that is gone. */
  async #plan(): Promise<void> {
    this.#serial++;
    const { redis } = this.#redis;
    const added = await redis.zadd(this.#of.keys.scheduled, { score: START + 1_000, member: GONE });
    if (added) await redis.hincrby(this.#of.keys.counters, "timers", added);
    this.#model.plan(GONE, START + 1_000);
    for (const name of SCHEDULES) await this.#schedule(name, "one", START + 1_000);
  }

  /** Puts a schedule, or deletes it where there is no revision. */
  async #schedule(name: string, rev: string, next: number): Promise<void> {
    const { prefix } = this.#of;
    const store = new ScheduleStore(this.#redis.redis, { prefix, now: () => this.#redis.clock.now });
    const { zsets, schedules } = this.#model;
    if (rev === "") {
      expect(await store.delete(name)).toBe(schedules.has(name) ? "deleted" : "missing");
      for (const field of [name, `last ${name}`]) schedules.delete(field);
      zsets.scheduled.delete(`cron:${name}`);
      return;
    }
    const { entries } = await store.read([name]);
    expect(entries[0]?.json).toBe(schedules.get(name));
    expect(entries[0]?.next).toBe(zsets.scheduled.get(`cron:${name}`));
    expect(await store.put(name, definition(rev), { next }, entries[0])).toBe("put");
    schedules.set(name, definition(rev));
    zsets.scheduled.set(`cron:${name}`, next);
  }

  #firingOf({
    name,
    isLate,
    rev,
    overlap,
    nextMs,
    jobs,
    jitterMs,
  }: typeof fired extends fc.Arbitrary<infer F> ? F : never): Firing {
    const { now, zsets } = this.#model;
    const waitsFor = zsets.scheduled.get(`cron:${name}`) ?? START;
    const slot = isLate ? waitsFor - 1 : waitsFor;
    const slots = jobs.map((n) => {
      const id = idOf(20 + 10 * SCHEDULES.indexOf(name) + n);
      return {
        at: slot,
        job: job({ id, task: "t", maxRetries: 0, ...(jitterMs > 0 ? { when: { at: now + jitterMs } } : {}) }),
      };
    });
    return { name, slot, rev, overlap, next: nextMs === undefined ? undefined : slot + nextMs, slots };
  }

  async #step(queue: WorkerQueue, { settle = [], extend = [], fire: firings = [], claim }: StepRequest): Promise<void> {
    const before = await this.#contents();
    const someHeld = [...this.#model.records.values()].some(({ held_until }) => held_until !== undefined);
    const { settled, extended, fired, claimed } = await queue.step({ settle, extend, fire: firings, claim });
    expect(settled).toEqual(this.#model.settle(settle));
    expect(extended).toEqual(this.#model.extend(extend));
    const words = fire(this.#model, firings);
    expect(fired).toEqual(words);
    for (const word of words.flat()) counts[word]++;
    if (claim && claimed) {
      expect(answerOf(claimed)).toEqual(this.#model.claim(claim));
      this.#handedOut.unshift(...claimed.jobs);
    } else if (
      firings.length === 0 &&
      [...settled, ...extended].every((word) => word === "lost" || (word === "cancelled" && !someHeld))
    ) {
      // A worker that is told of a cancelled job brings its retry forward, as the model says.
      expect(await this.#contents(), "what a late worker says changes nothing").toEqual(before);
    }
  }

  #endingOf({ attempt, outcome, ...more }: typeof ending extends fc.Arbitrary<infer E> ? E : never): Ending[] {
    const of = this.#heldAs(attempt);
    if (!of) return [];
    const { retries, max_retries } = this.#model.records.get(of.id) ?? { retries: 0, max_retries: 0 };
    const { delayMs, result, message, startedAt, whole, log } = more;
    if (outcome === "completed") return [{ ...of, outcome, result, startedAt, log }];
    if (outcome === "released") return [{ ...of, outcome, startedAt }];
    if (outcome === "deferred" || outcome === "snoozed") return [{ ...of, outcome, delayMs, log }];
    const failure = { ...of, startedAt, error: "Boom", message, whole, log };
    if (outcome === "retry" && retries < max_retries) return [{ ...failure, outcome, delayMs }];
    return [{ ...failure, outcome: "failed" }];
  }

  #leaseOf({ attempt, progress, startedAt }: typeof lease extends fc.Arbitrary<infer L> ? L : never): Lease[] {
    const of = this.#heldAs(attempt);
    return of ? [{ ...of, startedAt, ...(progress ? { progress } : {}) }] : [];
  }

  /** Moves the clock, and forgets claims whose lease ran out, as Redis would. */
  async #wait(ms: number): Promise<void> {
    this.#redis.clock.now += ms;
    this.#model.now += ms;
    const forgotten = [...this.#model.claims].filter(([, { until }]) => until <= this.#model.now);
    for (const [token] of forgotten) {
      this.#model.claims.delete(token);
      await this.#redis.redis.del(this.#of.keys.claimed(token));
    }
  }

  async #evict(id: string, part: (typeof EVICTED)[number]): Promise<void> {
    if (!this.#model[part].delete(id)) return;
    if (part === "records") this.#evicted.add(id);
    const [suffix] = Object.entries(PARTS).find(([, name]) => name === part) ?? [""];
    await this.#redis.redis.del(`${this.#of.keys.jobPrefix}${id}${suffix}`);
  }

  async #contents(): Promise<Contents> {
    const { wake: _, linger: __, ...contents } = await this.#of.store.all();
    return contents;
  }
}

/** A claim whose number is a multiple of 20 takes the lowest priority first. */
function tokenOf({ worker, lowestFirst }: { worker: string; lowestFirst: boolean }, serial: number): string {
  return `${worker}.${serial * 20 + (lowestFirst ? 0 : 1)}`;
}

function withoutWake({ wake: _, ...answer }: { outcome: string; wake?: boolean }) {
  return answer;
}

function answerOf({ wake: _, claimAgainAt: __, ...answer }: Claimed) {
  return answer;
}
