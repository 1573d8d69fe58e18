import { expect, test } from "vitest";
import { readHistory } from "../../lib/queue/history.ts";
import { keysOf } from "../../lib/queue/keys.ts";
import { type Ending, type QueueSettings, WorkerQueue } from "../../lib/queue/worker-queue.ts";
import { job, total, useRedis } from "../support/redis.ts";

/**
 * The cost of the queue in Redis commands, including those inside scripts: a pay-per-request Redis bills these.
 * The figures are exact, so that every extra command is a decision.
 */
const world = useRedis();

const commandsOf = async (run: () => Promise<unknown>) => total(await world.commandsOf(run));

/** A queue on Redis' own clock, since reading it is a command, too. The scripts are loaded, as in a database in use. */
async function warm(settings: QueueSettings = {}) {
  const prefix = `budget-${crypto.randomUUID().slice(0, 8)}`;
  const queue = new WorkerQueue(world.redis, { prefix, ...settings });
  await queue.submit([job()]);
  const { claimed } = await queue.step({ claim: { token: "w.1", count: 1, arrived: true } });
  await queue.step({ settle: [{ id: claimed!.jobs[0]!.job.id, token: "w.1", outcome: "completed" }] });
  return { queue, keys: keysOf(prefix) };
}

let claims = 0;

/** Drains in batches as a worker does: settle and claim in one trip. Returns the number of jobs and of trips. */
async function drain(
  { queue }: Awaited<ReturnType<typeof warm>>,
  count: number,
): Promise<{ jobs: number; trips: number }> {
  let settle: Ending[] = [];
  let jobs = 0;
  for (let trips = 1; ; trips++) {
    const claim = { token: `w${++claims}.1`, count, arrived: trips === 1 };
    const { claimed } = await queue.step({ settle, claim });
    jobs += claimed!.jobs.length;
    settle = claimed!.jobs.map(({ job, token }) => ({ id: job.id, token, outcome: "completed" }));
    if (!claimed!.more && settle.length === 0) return { jobs, trips };
  }
}

test("a submit costs 4 commands on an idle queue, 3 on a backlog", async () => {
  const { queue } = await warm();
  expect(await commandsOf(() => queue.submit([job()]))).toBe(4);
  expect(await commandsOf(() => queue.submit([job()]))).toBe(3);
  expect(await commandsOf(() => queue.submit(Array.from({ length: 100 }, () => job())))).toBe(3);
});

test("a submit that is sent again costs 4 commands, however many jobs it holds", async () => {
  const { queue } = await warm();
  const jobs = Array.from({ length: 100 }, () => job({ when: { delayMs: 60_000 } }));
  await queue.submit(jobs);
  expect(await commandsOf(() => queue.submit(jobs))).toBe(4);
});

test("a status costs 1 command", async () => {
  const { queue } = await warm();
  const one = job();
  await queue.submit([one]);
  expect(await commandsOf(() => queue.status(one.id))).toBe(1);
});

test("an idle tick costs 1 command on an empty queue", async () => {
  const { queue } = await warm();
  let hasWork: boolean | undefined;
  expect(await commandsOf(async () => (hasWork = await queue.hasWork()))).toBe(1);
  expect(hasWork).toBe(false);
});

const DAYS_30 = 30 * 86_400_000;

/** Adds this many members to `scheduled`, a thousand at a time. */
async function schedule(key: string, count: number, name: string): Promise<void> {
  for (let i = 0; i < count; i += 1_000) {
    const members = Array.from({ length: 1_000 }, (_, n) => [String(Date.now() + DAYS_30), name + (i + n)]);
    await world.local.backend.send(["ZADD", key, ...members.flat()]);
  }
}

test.each<{ name: string; fill: (made: Awaited<ReturnType<typeof warm>>) => Promise<unknown>; first: number }>([
  {
    name: "a job in 30 days",
    fill: ({ queue }) => queue.submit([job({ when: { delayMs: DAYS_30 } })]),
    first: 7,
  },
  {
    name: "100,000 delayed jobs and 1,000 schedules",
    async fill({ keys }) {
      await schedule(keys.scheduled, 1_000, "cron:");
      await schedule(keys.scheduled, 100_000, "job ");
    },
    first: 7,
  },
  {
    name: "dead letters and completed jobs",
    async fill(made) {
      await made.queue.submit(Array.from({ length: 100 }, () => job()));
      const { claimed } = await made.queue.step({ claim: { token: "fill.1", count: 100, arrived: true } });
      const settle = claimed!.jobs.map(({ job: { id }, token }, i): Ending => {
        const of = { id, token };
        return i % 2
          ? { ...of, outcome: "completed" }
          : { ...of, outcome: "failed", error: "Boom", message: "it broke" };
      });
      await made.queue.step({ settle });
    },
    first: 0,
  },
  {
    name: "a paused queue with jobs that wait",
    async fill({ queue, keys }) {
      await world.redis.set(keys.paused, "-");
      await queue.submit(Array.from({ length: 100 }, () => job()));
    },
    first: 0,
  },
])("100 idle ticks cost 100 commands with $name", async ({ fill, first }) => {
  const made = await warm();
  const tick = async () => {
    if (!(await made.queue.hasWork())) return;
    await made.queue.step({ claim: { token: `tick${++claims}.1`, count: 10, arrived: false, tick: true } });
  };
  await fill(made);
  expect(await commandsOf(tick)).toBe(1 + first);
  const ticks = async () => {
    for (let i = 0; i < 100; i++) await tick();
  };
  expect(await commandsOf(ticks)).toBe(100);
});

test("a delayed submit costs 5 commands, and 6 if it wakes a worker because it is due soon", async () => {
  const { queue } = await warm();
  const delayed = (delayMs: number, count = 1) => Array.from({ length: count }, () => job({ when: { delayMs } }));
  expect(await commandsOf(() => queue.submit(delayed(60_000)))).toBe(5);
  expect(await commandsOf(() => queue.submit(delayed(60_000, 100)))).toBe(5);
  expect(await commandsOf(() => queue.submit(delayed(5_000)))).toBe(6);
});

test("a retry costs 8 commands, and one more if ticks sleep", async () => {
  const { queue } = await warm();
  const costs: number[] = [];
  for (const tick of [false, true]) {
    const [one, later] = [job(), job({ when: { delayMs: DAYS_30 } })];
    await queue.submit([one, later]);
    const token = `retry${++claims}`;
    await queue.step({ claim: { token: `${token}.1`, count: 1, arrived: true } });
    await queue.step({ claim: { token: `${token}.2`, count: 1, arrived: false, tick } });
    const failure = { error: "Boom", message: "it broke", delayMs: 60_000 };
    const settle: Ending[] = [{ id: one.id, token: `${token}.1`, outcome: "retry", ...failure }];
    costs.push(await commandsOf(() => queue.step({ settle })));
  }
  expect(costs).toEqual([8, 9]);
});

test("a claim that begins with the lowest priority costs the same as any other", async () => {
  const costs: number[] = [];
  for (const token of ["w.21", "w.20"]) {
    const { queue } = await warm();
    await queue.submit((["high", "normal", "low"] as const).map((priority) => job({ priority })));
    costs.push(await commandsOf(() => queue.step({ claim: { token, count: 2, arrived: true } })));
  }
  expect(costs[1]).toBe(costs[0]);
});

test.each([
  { name: "", more: {}, most: 24 },
  { name: " with a small payload", more: { payload: JSON.stringify("x".repeat(500)) }, most: 24 },
  { name: " with a large payload", more: { payload: JSON.stringify("x".repeat(2_000)) }, most: 25 },
  { name: " without a history", more: {}, settings: { history: false }, most: 23 },
])("a job$name that trickles in costs $most commands, from submit to completed", async ({ more, settings, most }) => {
  const { queue } = await warm(settings);
  const one = job(more);
  const commands = await commandsOf(async () => {
    await queue.submit([one]);
    await queue.step({ claim: { token: "trickle.1", count: 10, arrived: true } });
    await queue.step({ settle: [{ id: one.id, token: "trickle.1", outcome: "completed" }] });
  });
  expect((await queue.status(one.id))?.job.status).toBe("completed");
  expect(commands).toBe(most);
});

test("a backlog in batches of 10, submitted one by one, costs at most 5 commands a job", async () => {
  const made = await warm();
  const commands = await commandsOf(async () => {
    for (let i = 0; i < 500; i++) await made.queue.submit([job()]);
    expect((await drain(made, 10)).jobs).toBe(500);
  });
  expect(commands / 500).toBeLessThanOrEqual(5);
});

test("a backlog in batches of 100, submitted in batches, costs at most 0.3 commands a job and one trip a batch", async () => {
  const made = await warm();
  let trips = 0;
  const commands = await commandsOf(async () => {
    for (let i = 0; i < 20; i++) await made.queue.submit(Array.from({ length: 100 }, () => job()));
    const drained = await drain(made, 100);
    expect(drained.jobs).toBe(2_000);
    trips = drained.trips;
  });
  expect(commands / 2_000).toBeLessThanOrEqual(0.3);
  expect(trips).toBe(21); // the last one settles the last batch
});

test("failures with whole errors and log lines cost a batch no more commands", async () => {
  const { queue } = await warm();
  const jobs = Array.from({ length: 10 }, () => job());
  await queue.submit(jobs);
  await queue.step({ claim: { token: "fails.1", count: 10, arrived: true } });
  const settle = jobs.map(({ id }): Ending => {
    const error = { error: "Boom", message: "it broke", whole: "{}", log: "[]", startedAt: 1_800_000_000_000 };
    return { id, token: "fails.1", outcome: "failed", ...error };
  });
  expect(await commandsOf(() => queue.step({ settle }))).toBe(8);
});

test("the history costs a request in which jobs end 1 command, a cancel 1, and to read it 3", async () => {
  const costs = async (history: boolean) => {
    const { queue } = await warm({ history });
    const [a, b, c] = [job(), job(), job({ when: { delayMs: 60_000 } })];
    await queue.submit([a, b, c]);
    await queue.step({ claim: { token: "h.1", count: 10, arrived: true } });
    await queue.cancel(c.id);
    const of = { token: "h.1", outcome: "completed" } as const;
    const settle = [{ id: a.id, ...of }];
    const extend = [{ id: b.id, token: "h.1" }];
    const released: Ending[] = [{ id: b.id, token: "h.1", outcome: "released" }];
    return [
      await commandsOf(() => queue.step({ settle })),
      await commandsOf(() => queue.step({ extend })),
      await commandsOf(() => queue.step({ settle: released })),
      await commandsOf(() => queue.step({ claim: { token: "h.2", count: 10, arrived: true } })),
      await commandsOf(() => queue.cancel(b.id)),
      await commandsOf(() => queue.stats()),
    ];
  };
  await costs(true); // loads the scripts
  const [on, off] = [await costs(true), await costs(false)];
  expect(on.map((n, i) => n - off[i]!)).toEqual([1, 0, 0, 0, 1, 0]);
  const { queue } = await warm();
  for (const range of ["hour", "day", "month"] as const) {
    await readHistory(queue, range); // loads the script
    expect(await commandsOf(() => readHistory(queue, range))).toBe(3);
  }
});
