import { expect, test } from "vitest";
import type { Keys } from "../../lib/queue/keys.ts";
import { job, START, useRedis } from "../support/redis.ts";
import { claim } from "../support/verbs.ts";

// A member of `scheduled` with a ':' is no job: it is the name of something else that becomes due.

const redis = useRedis();
const LATER = START + 1_000_000;

const schedule = (keys: Keys, ...names: [name: string, at: number][]) =>
  redis.redis.eval(
    'for i = 1, #ARGV, 2 do redis.call("ZADD", KEYS[1], ARGV[i + 1], ARGV[i]) end',
    [keys.scheduled],
    names.flatMap(([name, at]) => [name, String(at)]),
  );

test("a worker waits for a name that is due soon, as for a job", async () => {
  const { queue, keys } = redis.queue();
  await schedule(keys, ["cron:report", START + 5_000], ["cron:later", LATER]);
  expect((await claim(queue)).claimAgainAt).toBe(START + 5_000);
});

test("a due name stays, and is nothing to wait for", async () => {
  const { queue, keys, store } = redis.queue();
  await schedule(keys, ["what:report", START], ["cron:later", LATER]);
  expect(await claim(queue)).toMatchObject({ jobs: [], missing: [] });
  expect(await claim(queue)).not.toHaveProperty("claimAgainAt");
  expect((await store.all()).scheduled).toEqual({ "what:report": START, "cron:later": LATER });
});

test.each([1, 100, 101, 102, 1_100, 1_101, 1_102, 2_500])(
  "behind %i due names jobs become ready all the same, a hundred at a time",
  async (count) => {
    const { queue, keys } = redis.queue();
    await schedule(
      keys,
      ...Array.from({ length: count }, (_, i): [string, number] => [`cron:${i}`, START - 100_000 + i]),
    );
    const due = Array.from({ length: 105 }, (_, i) => job({ when: { at: START + 1_000 + i } }));
    const soon = job({ when: { at: START + 9_000 } });
    await queue.submit([...due, soon]);
    redis.clock.now += 2_000;
    const first = await claim(queue, { count: 200 });
    expect(first.jobs.map((each) => each.job.id)).toEqual(due.slice(0, 100).map(({ id }) => id));
    expect(first.claimAgainAt).toBe(START + 1_100);
    const second = await claim(queue, { token: "w.2", count: 200 });
    expect(second.jobs.map((each) => each.job.id)).toEqual(due.slice(100).map(({ id }) => id));
    expect(second.claimAgainAt).toBe(START + 9_000);
  },
);

test("ticks do not sleep over a due name, and sleep until one is due", async () => {
  const { queue, keys, store } = redis.queue({ now: () => "" as never });
  const now = (await queue.stats()).now;
  await schedule(keys, ["cron:report", now - 1_000], ["cron:later", now + 90_000]);
  await claim(queue, { tick: true });
  expect(await store.all()).not.toHaveProperty("asleep");
  await redis.redis.zrem(keys.scheduled, "cron:report");
  await claim(queue, { tick: true });
  expect(await store.all()).toMatchObject({ asleep: String(now + 90_000) });
});
