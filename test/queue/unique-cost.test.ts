import { expect, test } from "vitest";
import type { NewJob } from "../../lib/queue/job.ts";
import type { UniqueKey } from "../../lib/queue/unique-key.ts";
import { type Ending, WorkerQueue } from "../../lib/queue/worker-queue.ts";
import { job, total, useRedis } from "../support/redis.ts";
import { claim, completed, failed, released, retry, running, settle } from "../support/verbs.ts";

/** What unique keys cost, in Redis commands. What costs nothing of it: test/queue/budget.test.ts. */
const world = useRedis();

const commandsOf = async (run: () => Promise<unknown>) => total(await world.commandsOf(run));

/** A queue with a backlog and a wake-up in flight, on Redis' own clock, with the scripts loaded. */
async function warm(prefix = `unique-${crypto.randomUUID().slice(0, 8)}`): Promise<WorkerQueue> {
  const queue = new WorkerQueue(world.redis, { prefix });
  const one = job();
  await running(queue, [one], "x.1");
  await settle(queue, failed(one, "x.1"));
  await queue.redrive(one.id);
  await queue.cancel(one.id);
  await queue.submit([job({ priority: "low" })]);
  return queue;
}

let keys = 0;
const key = (until: UniqueKey["until"] = "finished", hash = `k${++keys}`): Partial<NewJob> => ({
  unique: { hash, until },
});

test("a free key costs a submit nothing, and 1 command where it is held for a time", async () => {
  const queue = await warm();
  const costs = async (more: Partial<NewJob>) => commandsOf(() => queue.submit([job({ priority: "low", ...more })]));
  const plain = await costs({});
  expect([plain, await costs(key()), await costs(key("started")), await costs(key(60_000))]).toEqual([3, 3, 3, 4]);
  const batch = Array.from({ length: 100 }, () => job({ priority: "low", ...key() }));
  expect(await commandsOf(() => queue.submit(batch))).toBe(3);
});

test.each(["finished", "started", 60_000] as const)(
  "a conflict costs 1 command more than a submit: %s",
  async (until) => {
    const queue = await warm();
    const more = key(until);
    await queue.submit([job(more)]);
    expect(await commandsOf(() => queue.submit([job({ priority: "low", ...more })]))).toBe(4);
    expect(await commandsOf(() => queue.submit([job(more), job(more)]))).toBe(3); // MSETNX could not tell: it is left out
  },
);

test("a conflict in a batch whose other jobs are accepted costs 3 commands, however many there are", async () => {
  const queue = await warm();
  const [a, b] = [key(), key()];
  await queue.submit([job(a), job(b)]);
  const batch = [job(a), job(b), ...Array.from({ length: 50 }, () => job())].map((each) => ({
    ...each,
    priority: "low" as const,
  }));
  expect(await commandsOf(() => queue.submit(batch))).toBe(3 + 3);
});

test("taking over a key that was left over costs 3 commands", async () => {
  const prefix = `unique-${crypto.randomUUID().slice(0, 8)}`;
  const queue = await warm(prefix);
  const more = key();
  await world.redis.set(`{${prefix}}:job_queue:unique:${more.unique!.hash}`, `f:${crypto.randomUUID()}`);
  expect(await commandsOf(() => queue.submit([job({ priority: "low", ...more })]))).toBe(3 + 3);
});

/** Counts what settling a batch costs in which each job has a key, or none. */
async function settling(more: () => Partial<NewJob>, how: (of: NewJob) => Ending): Promise<number> {
  const queue = await warm();
  const jobs = Array.from({ length: 10 }, () => job({ priority: "high", ...more() }));
  await running(queue, jobs);
  return commandsOf(() => settle(queue, ...jobs.map((each) => how(each))));
}

test("a settle pays 1 command for all keys that it frees or keeps, and nothing where it does neither", async () => {
  const plain = await settling(() => ({}), completed);
  expect(await settling(key, completed)).toBe(plain + 1);
  expect(await settling(() => key("started"), completed)).toBe(plain);
  expect(await settling(() => key(60_000), completed)).toBe(plain);
  expect((await settling(key, failed)) - (await settling(() => ({}), failed))).toBe(1);
  expect((await settling(key, retry)) - (await settling(() => ({}), retry))).toBe(0);
  const back = await settling(() => ({}), released);
  expect([await settling(key, released), await settling(() => key("started"), released)]).toEqual([back, back + 1]);
});

test("a claim pays 2 commands for all keys that it frees, and nothing for others", async () => {
  const claiming = async (more: () => Partial<NewJob>) => {
    const queue = await warm();
    await queue.submit(Array.from({ length: 10 }, () => job({ priority: "high", ...more() })));
    return commandsOf(() => claim(queue));
  };
  const plain = await claiming(() => ({}));
  expect(await claiming(() => key("started"))).toBe(plain + 2);
  expect(await claiming(key)).toBe(plain);
  expect(await claiming(() => key(60_000))).toBe(plain);
});

test("cancel and redrive pay at most 2 commands for a key", async () => {
  const costsOf = async (more: Partial<NewJob>) => {
    const queue = await warm();
    const one = job({ priority: "low", ...more });
    await running(queue, [one]);
    await settle(queue, failed(one));
    await queue.redrive(one.id);
    const cancelling = await commandsOf(() => queue.cancel(one.id));
    return [cancelling, await commandsOf(() => queue.redrive(one.id))];
  };
  const [cancel, redrive] = (await costsOf({})) as [number, number];
  expect(await costsOf(key())).toEqual([cancel + 2, redrive + 1]);
});

test("a redrive that conflicts costs 4 commands", async () => {
  const queue = await warm();
  const [a, b] = [job(key("finished", "same")), job(key("finished", "same"))];
  await queue.submit([a]);
  await queue.cancel(a.id);
  await queue.submit([b]);
  expect(await commandsOf(() => queue.redrive(a.id))).toBe(4);
});
