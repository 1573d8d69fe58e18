import { afterEach, expect, test } from "vitest";
import type { Job } from "../../lib/queue/job.ts";
import type { WorkerQueue } from "../../lib/queue/worker-queue.ts";
import { expectSound } from "../queue/invariants.ts";
import { job, useRedis } from "../support/redis.ts";
import { claim, completed, deferred, extend, failed, released, retry, running, settle } from "../support/verbs.ts";

/**
 * Upstash refuses single commands, even in the middle of a script: a full list or database accepts no more writes, while
 * reads and removals still work. Here Redis' access rules do the same.
 */
const redis = useRedis();
const rules = (...words: string[]) => redis.local.backend.send(["ACL", "SETUSER", "default", ...words]);
afterEach(() => rules("+@all"));

const GROWTH = ["mset", "msetnx", "set", "zadd", "lpush", "rpush", "hincrby"];

interface Verb {
  name: string;
  run(queue: WorkerQueue, jobs: ReturnType<typeof job>[]): Promise<unknown>;
}
const VERBS: Verb[] = [
  { name: "submit", run: (queue, [, , , , , , , , fresh, later]) => queue.submit([fresh!, later!]) },
  { name: "claim", run: (queue) => claim(queue, { token: "v.1" }) },
  {
    name: "settle",
    run: (queue, [a, b, c, d, e]) =>
      settle(queue, completed(a!, "1"), retry(b!), failed(c!), released(d!), deferred(e!)),
  },
  { name: "claim of what is on offer", run: (queue) => claim(queue, { token: "v.1", tasks: ["note"], sweep: false }) },
  { name: "extend", run: (queue, [a]) => extend(queue, { id: a!.id, token: "w.1", progress: { percent: 1 } }) },
  { name: "cancel of a running job", run: (queue, [a]) => queue.cancel(a!.id) },
  { name: "cancel of a ready job", run: (queue, [, , , , , , ready]) => queue.cancel(ready!.id) },
  { name: "cancel of a scheduled job", run: (queue, [, , , , , , , due]) => queue.cancel(due!.id) },
  { name: "redrive", run: (queue, [, , , , , dead]) => queue.redrive(dead!.id, "r1") },
  { name: "wish to run a job now", run: (queue, [, , , , , , , due]) => queue.runNow(due!.id) },
];

const table = VERBS.flatMap((verb) => [...GROWTH, "all"].map((refused) => ({ ...verb, refused })))
  // A claim can put a job back only into the list from which it took it.
  .filter(({ name, refused }) => !name.startsWith("claim") || refused !== "all");

for (const again of [true, false]) {
  test.each(table)(`a $name that is refused $refused loses no job (sent again: ${again})`, async ({ run, refused }) => {
    const { queue, store } = redis.queue();
    const jobs = Array.from({ length: 10 }, (_, i) => job(i === 4 ? { maxRetries: 0 } : {}));
    Object.assign(jobs[7]!, { when: { delayMs: 40_000 } });
    Object.assign(jobs[9]!, { when: { delayMs: 90_000 }, priority: "low" });
    const offered = job();
    await running(queue, [offered], "u.1");
    await settle(queue, deferred(offered, 100_000, "u.1"));
    await running(queue, jobs.slice(0, 6));
    await settle(queue, failed(jobs[5]!));
    await queue.submit(jobs.slice(6, 8));
    redis.clock.now += 20_000;
    await extend(queue, ...jobs.slice(0, 3).map(({ id }) => ({ id, token: "w.1" })));
    redis.clock.now += 20_000; // two leases have run out, three have not

    await rules(...(refused === "all" ? GROWTH : [refused]).map((command) => `-${command}`));
    const outcome = await run(queue, jobs).catch((error: Error) => error);
    await rules("+@all");
    if (outcome instanceof Error) expect(outcome.message).toContain("can't run this command");
    else expect(refused).not.toBe("all");

    if (again) await run(queue, jobs);
    await finishAll(queue);
    const contents = await store.all();
    if (again) expectSound(contents);
    const records = contents.records as Record<string, Job>;
    const accepted = run === VERBS[0]!.run && (again || !(outcome instanceof Error)) ? jobs : jobs.slice(0, 8);
    for (const { id } of [offered, ...accepted]) {
      const { status } = records[id]!;
      expect(status).toMatch(/^(completed|failed|cancelled)$/);
      expect(contents[status as "completed"]).toHaveProperty(id);
    }
  });
}

test("a job is given back even if its offer is refused", async () => {
  const { queue, store } = redis.queue();
  const a = job();
  await running(queue, [a]);
  await rules("-lpush");
  expect(await settle(queue, deferred(a))).toEqual(["settled"]);
  expect(await store.places(a.id)).toEqual(["scheduled"]);
});

/** Runs and completes every listed job, however often its lease has to run out first. */
async function finishAll(queue: WorkerQueue): Promise<void> {
  for (let i = 0; i < 20 && (await queue.hasWork()); i++) {
    redis.clock.now += 60_000;
    const { jobs } = await claim(queue, { token: `x.${i}` });
    if (jobs.length > 0) await settle(queue, ...jobs.map(({ job, token }) => completed({ id: job.id }, "1", token)));
  }
}
