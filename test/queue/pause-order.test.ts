import { expect, test } from "vitest";
import { PRIORITIES } from "../../lib/queue/job.ts";
import type { Ending } from "../../lib/queue/worker-queue.ts";
import { pausable } from "../support/pauses.ts";
import { randomOf } from "../support/random.ts";
import { job, START, useRedis } from "../support/redis.ts";
import { expectSound } from "./invariants.ts";

/** Number of seeds to try. Each gives a different interleaving. */
const RUNS = Number(process.env.PAUSE_RUNS ?? 25);
const STEPS = 60;
const LEASE_MS = 30_000;
const TASKS = ["mail", "note"];

const redis = useRedis();
const queueWith = pausable(redis);
/** How often each thing happened in all runs: a property that tries nothing proves nothing. */
const happened: Record<string, number> = {};

test.each(Array.from({ length: RUNS }, (_, seed) => ({ seed })))(
  "whatever is paused, resumed, given back or crashes on the way, every job runs once and none overtakes another (seed $seed)",
  async ({ seed }) => {
    const run = new Interleaving(randomOf(seed));
    for (let i = 0; i < STEPS; i++) await run.step();
    await run.end();
  },
);

test("those interleavings had what they are for", () => {
  for (const what of ["submit", "claim", "parked", "crash", "release", "pause", "resume", "over", "woken"])
    expect(happened[what], what).toBeGreaterThan(RUNS / 2);
});

/**
 * One worker after another on a queue of which parts are paused and resumed. Some crash. Nobody claims unless a worker was woken or the
 * tick comes. At the end no tick comes any more: a wake flag that stays, or a resume that wakes nobody, would leave jobs behind.
 */
class Interleaving {
  readonly #random: () => number;
  readonly #of = queueWith({ leaseMs: LEASE_MS, wakeMs: 3_600_000, lingerMs: 0 });
  /** Ids by list (task and priority), in the order of their submits. A job that was in a crash has left its list. */
  readonly #submitted = new Map<string, string[]>();
  readonly #ran: string[] = [];
  readonly #crashed = new Set<string>();
  #serial = 0;
  /** A worker was woken and has not claimed since. */
  #isWoken = false;
  #isEnding = false;

  constructor(random: () => number) {
    this.#random = random;
    redis.clock.now = START;
  }

  async step(): Promise<void> {
    const what = this.#below(10);
    if (what < 2) await this.#submit();
    else if (what < 5) await this.#work(this.#below(4) === 0);
    else if (what === 5) await this.#pause();
    else if (what === 6) await this.#resume(["", ...TASKS][this.#below(3)]!);
    else if (what === 7) redis.clock.now += this.#below(LEASE_MS);
    else await this.#tick();
    const contents = await this.#of.store.all();
    expectSound(contents);
    if (contents.parked) note("parked");
    if (contents.paused) expect(contents.wake, "the flag of a paused queue").toBe("paused");
    else expect(contents.wake).not.toBe("paused");
  }

  /** Takes back what crashed, resumes everything, and lets workers come as they are woken, but no tick. */
  async end(): Promise<void> {
    this.#isEnding = true;
    redis.clock.now += LEASE_MS;
    await this.#tick();
    for (const what of ["", ...TASKS]) await this.#resume(what);
    for (let i = 0; this.#isWoken; i++) {
      if (i > 200) throw new Error("workers are woken for ever");
      await this.#work(false);
    }
    const { high, normal, low, suspects, parked, leases, counters } = await this.#of.store.all();
    expect({ high, normal, low, suspects, parked, leases, missing: counters?.missing }).toEqual({});
    const all = [...this.#submitted.values()].flat();
    expect([...this.#ran].sort()).toEqual([...all].sort());
    for (const ids of this.#submitted.values()) {
      const whole = ids.filter((id) => !this.#crashed.has(id));
      expect(this.#ran.filter((id) => whole.includes(id))).toEqual(whole);
    }
  }

  async #submit(): Promise<void> {
    note("submit");
    const jobs = Array.from({ length: 1 + this.#below(6) }, () =>
      job({ task: TASKS[this.#below(2)]!, priority: PRIORITIES[this.#below(3)]! }),
    );
    for (const { id, task, priority } of jobs) {
      const list = `${task} ${priority}`;
      this.#submitted.set(list, [...(this.#submitted.get(list) ?? []), id]);
    }
    const { paused } = await this.#of.store.all();
    const { wake } = await this.#of.queue.submit(jobs);
    if (paused) expect(wake).toBe(false);
    this.#wake(wake);
  }

  /** A woken worker claims, runs some jobs, and crashes or gives back the rest: the first ones ran, the later ones did not. */
  async #work(crashes: boolean): Promise<void> {
    if (!this.#isWoken) return;
    this.#isWoken = false;
    await this.#claim(crashes, true);
  }

  async #tick(): Promise<void> {
    if (await this.#of.queue.hasWork()) await this.#claim(false, false);
  }

  async #claim(crashes: boolean, arrived: boolean): Promise<void> {
    for (let more = true; more; ) {
      note("claim");
      const claim = { token: `w${++this.#serial}.1`, count: 1 + this.#below(5), arrived, tasks: TASKS };
      const { claimed } = await this.#of.queue.step({ claim });
      const { jobs, resumed = [], wake } = claimed!;
      more = claimed!.more;
      if (resumed.length > 0) note("over");
      if (crashes && jobs.length > 0) {
        note("crash");
        for (const { job } of jobs) this.#crashed.add(job.id);
        this.#wake(wake);
        return;
      }
      const ended = this.#below(3) === 0 ? this.#below(jobs.length + 1) : jobs.length;
      if (ended < jobs.length) note("release");
      const settle = jobs.map(
        ({ job: { id }, token }, i): Ending => ({ id, token, outcome: i < ended ? "completed" : "released" }),
      );
      this.#ran.push(...jobs.slice(0, ended).map(({ job }) => job.id));
      await this.#between();
      await this.#of.queue.step({ settle });
      this.#wake(wake || ended < jobs.length);
      if (wake) more = more && this.#below(2) === 0;
    }
  }

  /** What others do while a worker runs its jobs. */
  async #between(): Promise<void> {
    if (this.#isEnding) return;
    if (this.#below(4) === 0) await this.#pause();
    if (this.#below(4) === 0) await this.#parkAll();
    if (this.#below(6) === 0) await this.#resume(["", ...TASKS][this.#below(3)]!);
  }

  /** Both tasks are paused, and another worker comes. */
  async #parkAll(): Promise<void> {
    for (const task of TASKS) await this.#of.pause({ task });
    const claim = { token: `w${++this.#serial}.1`, count: 3, arrived: false, tasks: TASKS };
    const { claimed } = await this.#of.queue.step({ claim });
    expect(claimed!.jobs).toEqual([]);
    this.#wake(claimed!.wake);
  }

  async #pause(): Promise<void> {
    note("pause");
    const until = this.#below(2) === 0 ? undefined : redis.clock.now + 1 + this.#below(LEASE_MS);
    await this.#of.pause({ task: ["", ...TASKS][this.#below(3)]!, until });
  }

  async #resume(task: string): Promise<void> {
    const { outcome, wake } = await this.#of.resume({ task });
    if (outcome === "resumed") note("resume");
    this.#wake(wake);
  }

  #wake(wake: boolean): void {
    if (wake) note("woken");
    this.#isWoken ||= wake;
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }
}

function note(what: string): void {
  happened[what] = (happened[what] ?? 0) + 1;
}
