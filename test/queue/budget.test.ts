import { expect, test } from "vitest";
import { type Ending, WorkerQueue } from "../../lib/queue/worker-queue.ts";
import { job, total, useRedis } from "../support/redis.ts";

/**
 * The cost of the queue in Redis commands, including those inside scripts: a pay-per-request Redis bills these.
 * The figures are exact, so that every extra command is a decision.
 */
const world = useRedis();

const commandsOf = async (run: () => Promise<unknown>) => total(await world.commandsOf(run));

/** A queue on Redis' own clock, since reading it is a command, too. The scripts are loaded, as in a database in use. */
async function warm() {
  const queue = new WorkerQueue(world.redis, { prefix: `budget-${crypto.randomUUID().slice(0, 8)}` });
  await queue.submit([job()]);
  const { claimed } = await queue.step({ claim: { token: "w.1", count: 1, arrived: true } });
  await queue.step({ settle: [{ id: claimed!.jobs[0]!.job.id, token: "w.1", outcome: "completed" }] });
  return { queue };
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

test("an idle tick costs 1 command", async () => {
  const { queue } = await warm();
  let hasWork: boolean | undefined;
  expect(await commandsOf(async () => (hasWork = await queue.hasWork()))).toBe(1);
  expect(hasWork).toBe(false);
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
  { name: "", more: {}, most: 23 },
  { name: " with a small payload", more: { payload: JSON.stringify("x".repeat(500)) }, most: 23 },
  { name: " with a large payload", more: { payload: JSON.stringify("x".repeat(2_000)) }, most: 24 },
])("a job$name that trickles in costs $most commands, from submit to completed", async ({ more, most }) => {
  const { queue } = await warm();
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
  expect(await commandsOf(() => queue.step({ settle }))).toBe(7);
});
