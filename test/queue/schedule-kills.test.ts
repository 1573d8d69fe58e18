import { afterEach, expect, test, vi } from "vitest";
import { ScheduleStore } from "../../lib/queue/schedule-store.ts";
import { type Stepped, type StepRequest, WorkerQueue } from "../../lib/queue/worker-queue.ts";
import { scheduleToJson } from "../../lib/schedules/definition.ts";
import { randomOf } from "../support/random.ts";
import { START, useRedis } from "../support/redis.ts";
import { scheduleOf } from "../support/schedules.ts";
import { startWorker, task } from "../support/worker.ts";
import { expectSound } from "./invariants.ts";

/** Number of seeds to try. Each gives a different interleaving, with a thousand slots. */
const RUNS = Number(process.env.SCHEDULE_KILLS_RUNS ?? 1);
const WORKERS = 20;
const SCHEDULES = 100;
const MINUTES = 10;
const MINUTE = 60_000;
const HOUR = 3_600_000;

const redis = useRedis();
afterEach(() => void vi.restoreAllMocks());

test.each(Array.from({ length: RUNS }, (_, seed) => ({ seed })))(
  "20 workers with wrong clocks that are killed between any two requests fire each of 1,000 slots once, never early (seed $seed)",
  { timeout: 120_000 },
  async ({ seed }) => {
    const random = randomOf(seed + 1);
    const now = Date.now.bind(Date);
    vi.spyOn(Date, "now").mockImplementation(() => now() + Math.round((random() - 0.5) * 2 * HOUR));
    const race = new Race(random);
    await race.begin();
    for (let minute = 0; minute < MINUTES; minute++) await race.runMinute();
    await race.end();
    await race.expectEachSlotOnce();
    expect(race.kills).toBeGreaterThan(200);
    expect(race.lost).toBeGreaterThan(50);
  },
);

/** What kills a worker: it stops where it is. */
class Killed extends Error {}

/** Workers that share only Redis. Whatever one remembers is gone when it is killed, and another takes its place. */
class Race {
  kills = 0;
  lost = 0;
  readonly #random: () => number;
  readonly #of = redis.queue();
  /** When each job was fired, by the clock of Redis. */
  readonly #firedAt = new Map<string, number>();
  #isOver = false;

  constructor(random: () => number) {
    this.#random = random;
    redis.clock.now = START;
  }

  async begin(): Promise<void> {
    const store = new ScheduleStore(redis.redis, { prefix: this.#of.prefix, now: () => redis.clock.now });
    for (let i = 0; i < SCHEDULES; i++) {
      const schedule = scheduleOf(`s${i}`, { source: "api", catchUp: { all: 100 } });
      await store.put(schedule.name, scheduleToJson(schedule), { next: START + MINUTE }, undefined);
    }
  }

  /** A minute passes, at whose end slots are due. Before that nobody fires one. */
  async runMinute(): Promise<void> {
    redis.clock.now += MINUTE - 1;
    const before = this.#firedAt.size;
    await this.#live();
    expect(this.#firedAt.size, "fired early").toBe(before);
    redis.clock.now += 1;
    await Promise.all(Array.from({ length: WORKERS }, () => this.#live()));
  }

  /** What killed workers have left behind is done, without kills. */
  async end(): Promise<void> {
    this.#isOver = true;
    redis.clock.now += MINUTE - 1; // leases have run out, and no other slot is due
    for (let i = 0; i < 3; i++) await this.#live();
  }

  async expectEachSlotOnce(): Promise<void> {
    const contents = await this.#of.store.all();
    expectSound(contents);
    const slots = Object.values(contents.records ?? {}).map((record) => {
      const { schedule, slot, created_at } = record as { schedule: string; slot: number; created_at: number };
      expect(created_at, "early").toBeGreaterThanOrEqual(slot);
      expect(created_at, "not by the clock of Redis").toBeLessThanOrEqual(redis.clock.now);
      return `${schedule} ${slot}`;
    });
    const wanted = Array.from({ length: SCHEDULES }, (_, i) =>
      Array.from({ length: MINUTES }, (_, minute) => `s${i} ${START + (minute + 1) * MINUTE}`),
    ).flat();
    expect(wanted).toHaveLength(1_000);
    expect(slots.sort()).toEqual(wanted.sort());
  }

  /** Workers come and are killed, until one leaves by itself. */
  async #live(): Promise<void> {
    for (;;) {
      try {
        await startWorker(this.#mortal(), [task("echo", () => undefined)], { concurrency: 5 }).drain();
        return;
      } catch (error) {
        if (!(error instanceof Killed)) throw error;
        this.kills++;
      }
    }
  }

  /** A queue whose worker may be killed before each request, or before it has the answer. */
  #mortal(): WorkerQueue {
    const { prefix } = this.#of;
    const queue = new WorkerQueue(redis.redis, { prefix, now: () => redis.clock.now, lingerMs: 0 });
    const step = queue.step.bind(queue);
    queue.step = async (request) => {
      const kill = this.#isOver ? 1 : this.#random();
      await this.#pause();
      if (kill < 0.1) throw new Killed();
      const answer = await step(request);
      this.#note(request, answer);
      if (kill < 0.25) throw new Killed();
      return answer;
    };
    return queue;
  }

  #note({ fire = [] }: StepRequest, { fired }: Stepped): void {
    if ("refused" in fired) throw new Error(fired.refused);
    for (const [i, { slots }] of fire.entries()) {
      for (const [n, word] of fired[i]!.entries()) {
        const { at, job } = slots[n]!;
        if (word === "lost") this.lost++;
        if (word !== "fired") continue;
        expect(redis.clock.now, "early").toBeGreaterThanOrEqual(at);
        expect(this.#firedAt.has(job.id), `${job.id} fired twice`).toBe(false);
        this.#firedAt.set(job.id, redis.clock.now);
      }
    }
  }

  /** Waits a few turns of the event loop, so that requests overtake one another. */
  async #pause(): Promise<void> {
    for (let turns = Math.floor(this.#random() * 6); turns > 0; turns--)
      await new Promise((resolve) => setImmediate(resolve));
  }
}
