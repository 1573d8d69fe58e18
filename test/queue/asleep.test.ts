import { expect, test } from "vitest";
import { type NewJob, PRIORITIES } from "../../lib/queue/job.ts";
import type { Ending, WorkerQueue } from "../../lib/queue/worker-queue.ts";
import { randomOf } from "../support/random.ts";
import { job, START, useRedis } from "../support/redis.ts";
import { expectSound } from "./invariants.ts";

/** Number of seeds to try. Each gives a different interleaving. */
const RUNS = Number(process.env.ASLEEP_RUNS ?? 25);
const WAVES = 3;
/** Longer than any test: if only its expiry could remove a flag, a worker is left asleep. */
const FOR_EVER_MS = 3_600_000;
const LINGER_MS = 10_000;

const redis = useRedis();

test.each(Array.from({ length: RUNS }, (_, seed) => ({ seed })))(
  "in any interleaving every job runs once and no worker is left asleep (seed $seed)",
  async ({ seed }) => {
    const race = new Race(randomOf(seed));
    for (let wave = 0; wave < WAVES; wave++) {
      race.submitMany();
      await race.quiet();
      await race.expectNobodyAsleep();
      while (race.someoneLingers) {
        race.passTime();
        await race.quiet();
        await race.expectNobodyAsleep();
      }
      await race.expectAllDone();
    }
  },
);

/** Submitters and workers that share only Redis. Each request can have its own connection. */
class Race {
  readonly #random: () => number;
  readonly #of;
  readonly #concurrency: number;
  readonly #active = new Set<Promise<void>>();
  readonly #submitted: string[] = [];
  readonly #ran: string[] = [];
  #lingering: Worker[] = [];
  #serial = 0;

  constructor(random: () => number) {
    this.#random = random;
    redis.clock.now = START;
    this.#concurrency = 1 + this.#below(4);
    const maxRunning = [1, 2, 5, 50][this.#below(4)]!;
    this.#of = redis.queue({ wakeMs: FOR_EVER_MS, lingerMs: LINGER_MS, leaseMs: FOR_EVER_MS, maxRunning });
  }

  get someoneLingers(): boolean {
    return this.#lingering.length > 0;
  }

  submitMany(): void {
    for (let i = this.#below(12); i >= 0; i--) this.#start(() => this.#submit());
  }

  /** Waits until there is no request, no wake-up and no worker, except workers that wait for the clock. */
  async quiet(): Promise<void> {
    while (this.#active.size > 0) await Promise.race(this.#active);
  }

  passTime(): void {
    redis.clock.now = Math.min(...this.#lingering.map(({ lingerUntil }) => lingerUntil));
    // Some stop waiting early, as for a wake-up or at the end of their time.
    const due = this.#lingering.filter((each) => each.lingerUntil <= redis.clock.now || this.#below(4) === 0);
    this.#lingering = this.#lingering.filter((each) => !due.includes(each));
    for (const each of due) this.#run(each);
  }

  /** Expects that nothing is ready, that the next submit will wake, and that a worker waits for what is due soon. */
  async expectNobodyAsleep(): Promise<void> {
    const contents = await this.#of.store.all();
    expectSound(contents);
    const { high, normal, low, leases, wake, scheduled = {} } = contents;
    expect({ high, normal, low, leases, wake }).toEqual({});
    const next = Math.min(...Object.values(scheduled));
    if (next <= redis.clock.now + LINGER_MS)
      expect(Math.min(...this.#lingering.map(({ lingerUntil }) => lingerUntil))).toBeLessThanOrEqual(next);
  }

  async expectAllDone(): Promise<void> {
    expect([...this.#ran].sort()).toEqual([...this.#submitted].sort());
    const { completed, scheduled, counters, linger } = await this.#of.store.all();
    expect(Object.keys(completed ?? {}).sort()).toEqual([...this.#submitted].sort());
    expect({ scheduled, linger, missing: counters?.missing }).toEqual({});
  }

  #start(act: () => Promise<void>): void {
    const active = this.#pause()
      .then(act)
      .finally(() => this.#active.delete(active));
    this.#active.add(active);
  }

  async #submit(): Promise<void> {
    const jobs = Array.from({ length: 1 + this.#below(3) }, () => this.#newJob());
    this.#submitted.push(...jobs.map(({ id }) => id));
    if ((await this.#of.queue.submit(jobs)).wake) this.#wake();
  }

  #newJob(): NewJob {
    const priority = PRIORITIES[this.#below(3)]!;
    return job({ priority, ...(this.#below(5) === 0 ? { when: { delayMs: 1 + this.#below(3) * 400 } } : {}) });
  }

  /** An invocation arrives, sooner or later. */
  #wake(): void {
    const says = {
      below: (limit: number) => this.#below(limit),
      pause: () => this.#pause(),
      wake: () => this.#wake(),
      ran: (id: string) => this.#ran.push(id),
    };
    this.#run(new Worker(this.#of.queue, `w${++this.#serial}`, this.#concurrency, says));
  }

  #run(worker: Worker): void {
    this.#start(async () => {
      await worker.work();
      if (worker.lingerUntil < Number.POSITIVE_INFINITY) this.#lingering.push(worker);
    });
  }

  /** Waits a few turns of the event loop, so that requests overtake one another. */
  async #pause(): Promise<void> {
    for (let turns = this.#below(12); turns > 0; turns--) await new Promise((resolve) => setImmediate(resolve));
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }
}

/** A worker that follows the protocol of lib/worker/drain.ts: some stay for a while, some leave halfway. */
class Worker {
  /** While it waits: the instant until which it does. */
  lingerUntil = Number.POSITIVE_INFINITY;
  readonly #queue: WorkerQueue;
  readonly #name: string;
  readonly #concurrency: number;
  readonly #race: Says;
  readonly #stays: number;
  readonly #leavesAfter: number;
  readonly #held: { id: string; token: string }[] = [];
  #steps = 0;
  #arrived = true;
  #hungry = true;
  #promised = false;

  constructor(queue: WorkerQueue, name: string, concurrency: number, race: Says) {
    this.#queue = queue;
    this.#name = name;
    this.#concurrency = concurrency;
    this.#race = race;
    this.#stays = race.below(4);
    this.#leavesAfter = race.below(3) === 0 ? 1 + race.below(4) : Number.POSITIVE_INFINITY;
  }

  /** Works until there is nothing to do but wait or leave. */
  async work(): Promise<void> {
    while (this.#steps < this.#leavesAfter) {
      await this.#step();
      await this.#race.pause();
      if (this.#held.length === 0 && !this.#hungry && !this.#promised) return;
    }
    await this.#leave();
  }

  async #step(): Promise<void> {
    const n = ++this.#steps;
    const settle = this.#held.splice(0, this.#race.below(this.#held.length) + 1).map((of): Ending => {
      this.#race.ran(of.id);
      return { ...of, outcome: "completed" };
    });
    const count = this.#concurrency - this.#held.length;
    const isDue = redis.clock.now >= this.lingerUntil;
    const wants = count > 0 && (this.#hungry || this.#promised || isDue);
    const againMs = n <= this.#stays ? FOR_EVER_MS : 0;
    const claim = wants ? { token: `${this.#name}.${n}`, count, arrived: this.#arrived, againMs } : undefined;
    const { settled, claimed } = await this.#queue.step({ settle, claim });
    expect(settled).toEqual(settle.map(() => "settled"));
    if (!claimed) return;
    this.#arrived = false;
    this.#hungry = claimed.more;
    this.#promised = againMs > 0;
    this.lingerUntil = claimed.claimAgainAt ?? Number.POSITIVE_INFINITY;
    this.#held.push(...claimed.jobs.map(({ job: { id }, token }) => ({ id, token })));
    if (claimed.wake) this.#race.wake();
  }

  /** Leaves at the end of its time: gives back its jobs, withdraws its promise and hands over what is left. */
  async #leave(): Promise<void> {
    const settle = this.#held.splice(0).map((of): Ending => ({ ...of, outcome: "released" }));
    const lingers = this.lingerUntil < Number.POSITIVE_INFINITY;
    const owes = this.#promised || lingers;
    const claim = owes ? { token: `${this.#name}.leave`, count: 0, arrived: false } : undefined;
    const { claimed } = await this.#queue.step({ settle, claim });
    this.lingerUntil = Number.POSITIVE_INFINITY;
    if ((claimed ? claimed.more : this.#hungry) || lingers || settle.length > 0) this.#race.wake();
  }
}

interface Says {
  below(limit: number): number;
  pause(): Promise<void>;
  wake(): void;
  ran(id: string): void;
}
