import { expect, test } from "vitest";
import type { NewJob } from "../../lib/queue/job.ts";
import type { Ending } from "../../lib/queue/worker-queue.ts";
import { job, useRedis } from "../support/redis.ts";
import { claim, completed, failed, retry, running, settle } from "../support/verbs.ts";

const redis = useRedis();

test("the newest error, the first error and the last log lines are kept whole, even when the job is put back", async () => {
  const { queue, store } = redis.queue();
  const a = job({ maxRetries: 1 });
  await queue.submit([a]);
  const fail = async (n: number, outcome: typeof retry | typeof failed) => {
    await claim(queue, { token: `w.${n}` });
    const told = { whole: `{"n":${n}}`, log: `["${n}"]` };
    const ending = outcome === retry ? retry(a, 0, `w.${n}`) : failed(a, `w.${n}`);
    expect(await settle(queue, { ...ending, ...told } as Ending)).toEqual(["settled"]);
    redis.clock.now += 1;
  };
  await fail(1, retry);
  await fail(2, failed);
  expect(await queue.redrive(a.id)).toMatchObject({ outcome: "redriven" });
  await fail(3, failed);
  expect(await queue.status(a.id)).toMatchObject({ error: '{"n":3}', firstError: '{"n":1}', log: '["3"]' });
  const { errors, firstErrors, logs } = await store.all();
  expect({ errors, firstErrors, logs }).toEqual({
    errors: { [a.id]: '{"n":3}' },
    firstErrors: { [a.id]: '{"n":1}' },
    logs: { [a.id]: '["3"]' },
  });
});

test("a crash and a cancellation store no whole error, and the next failure counts as the first", async () => {
  const { queue, store } = redis.queue();
  const [a, b] = [job(), job()];
  await running(queue, [a, b]);
  await queue.cancel(b.id);
  redis.clock.now += 30_000;
  await claim(queue, { token: "v.1" });
  expect(await store.all()).not.toHaveProperty("errors");
  await settle(queue, { ...failed(a, "v.1"), whole: '"whole"' } as Ending);
  expect(await queue.status(a.id)).toMatchObject({ error: '"whole"', firstError: '"whole"' });
});

test("a thousand attempts that fail together, with errors and log lines, are settled in one call", async () => {
  const { queue, store } = redis.queue();
  const jobs = Array.from({ length: 1_000 }, () => job());
  await queue.submit(jobs);
  await claim(queue, { count: 1_000 });
  const endings = jobs.map((each) => ({ ...failed(each), whole: "{}", log: "[]" }) as Ending);
  expect(new Set(await settle(queue, ...endings))).toEqual(new Set(["settled"]));
  const { errors, firstErrors, logs, failed: dead } = await store.all();
  for (const each of [errors, firstErrors, logs, dead]) expect(Object.keys(each!)).toHaveLength(1_000);
});

test("each ending in a batch keeps its own details: nothing, a result, log lines or both", async () => {
  const { queue, store } = redis.queue();
  const [a, b, c, d, e, f] = [job(), job(), job(), job(), job(), job()];
  await running(queue, [a, b, c, d, e, f]);
  const broke = (of: NewJob, n: number) => ({ ...failed(of), message: `${n}`, whole: `{"n":${n}}` }) as Ending;
  const logged = (ending: Ending, n: number) => ({ ...ending, log: `["${n}"]` }) as Ending;
  await settle(
    queue,
    ...[completed(a), completed(b, "2"), logged(completed(c), 3), logged(completed(d, "4"), 4)],
    ...[broke(e, 5), logged(broke(f, 6), 6)],
  );
  const { results, logs, errors, records } = await store.all();
  expect({ results, logs, errors }).toEqual({
    results: { [b.id]: "2", [d.id]: "4" },
    logs: { [c.id]: '["3"]', [d.id]: '["4"]', [f.id]: '["6"]' },
    errors: { [e.id]: '{"n":5}', [f.id]: '{"n":6}' },
  });
  expect(records).toMatchObject({ [e.id]: { attempts: [{ message: "5" }] }, [f.id]: { attempts: [{ message: "6" }] } });
});
