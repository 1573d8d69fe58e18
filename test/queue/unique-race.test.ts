import { expect, test } from "vitest";
import { WorkerQueue } from "../../lib/queue/worker-queue.ts";
import { job, useRedis } from "../support/redis.ts";
import { upstashRedis } from "../support/upstash.ts";

const redis = useRedis();

const HASH = "abcdefghijklmnopqrstuv";

test.each(["finished", "started", 3_600_000] as const)(
  "of 1,000 racing submits with one key, one is accepted: until %s",
  { timeout: 60_000 },
  async (until) => {
    const { queue, prefix, store } = redis.queue();
    // Several clients, and groups of submits in one request: the ones that the queue gathers in a turn.
    const queues = [queue, ...[1, 2, 3].map(() => clientOf(prefix))];
    const answers = await Promise.all(
      Array.from({ length: 1_000 }, async (_, i) => {
        if (i % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
        const one = job({ unique: { hash: HASH, until } });
        const jobs = i % 7 === 0 ? [job({ priority: "low" }), one] : [one];
        return { id: one.id, place: jobs.length - 1, answer: await queues[i % queues.length]!.submit(jobs) };
      }),
    );
    const winners = answers.filter(({ answer }) => !("conflicts" in answer));
    expect(winners).toHaveLength(1);
    const { id } = winners[0]!;
    for (const { answer, place } of answers)
      expect(answer).toMatchObject({
        outcome: "accepted",
        ...("conflicts" in answer ? { conflicts: new Map([[place, id]]) } : {}),
      });
    expect((await store.all()).normal).toEqual([id]);
    expect(await store.ready("low")).toHaveLength(Math.ceil(1_000 / 7));
  },
);

test("20 workers that finish and submit at the same time never have two unfinished jobs with one key", async () => {
  const { prefix, store } = redis.queue();
  const queues = Array.from({ length: 4 }, () => clientOf(prefix));
  let accepted = 0;
  await Promise.all(
    Array.from({ length: 20 }, async (_, n) => {
      const queue = queues[n % queues.length]!;
      for (let round = 0; round < 15; round++) {
        const answer = await queue.submit([job({ unique: { hash: HASH, until: "finished" } })]);
        if (!("conflicts" in answer)) accepted++;
        const token = `w${n}.${round * 20 + 1}`;
        const { claimed } = await queue.step({ claim: { token, count: 5, arrived: true } });
        expect(claimed!.jobs.length).toBeLessThanOrEqual(1);
        await queue.step({ settle: claimed!.jobs.map(({ job: { id } }) => ({ id, token, outcome: "completed" })) });
      }
    }),
  );
  expect(accepted).toBeGreaterThan(1);
  const { completed = {}, records = {} } = await store.all();
  expect(Object.keys(records)).toHaveLength(accepted);
  expect(Object.keys(completed)).toHaveLength(accepted);
});

function clientOf(prefix: string): WorkerQueue {
  const { url, token } = redis.local;
  return new WorkerQueue(upstashRedis({ url, token }), { prefix, now: () => redis.clock.now });
}
