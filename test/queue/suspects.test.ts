import { describe, expect, test } from "vitest";
import type { NewJob } from "../../lib/queue/job.ts";
import { job, useRedis } from "../support/redis.ts";
import { claim, completed, deferred, failed, released, retry, running, settle } from "../support/verbs.ts";

const redis = useRedis();
const ids = (jobs: readonly { id: string }[]) => jobs.map(({ id }) => id);

/** A queue whose jobs were in a crash, each of these batches in its own process. */
async function crashed(...batches: NewJob[][]) {
  const world = redis.queue();
  for (const [i, batch] of batches.entries()) {
    await running(world.queue, batch, `dead${i}.1`);
    redis.clock.now += 30_000;
    await claim(world.queue, { token: `reclaimer.${i}`, count: 0 });
  }
  return world;
}
/** In the order in which jobs of one crash are taken back: leases that ran out together are ordered by id. */
const some = (count: number, more: Partial<NewJob> = {}) =>
  Array.from({ length: count }, () => job(more)).sort((a, b) => (a.id < b.id ? -1 : 1));

test("a worker that holds nothing takes ten suspects, and nothing beside them", async () => {
  const suspects = some(13);
  const { queue, store } = await crashed(suspects);
  const others = some(5, { priority: "high" });
  await queue.submit(others);
  const { jobs, isolated, more, wake } = await claim(queue, { count: 100, againMs: 5_000 });
  expect(ids(jobs.map(({ job }) => job))).toEqual(ids(suspects.slice(0, 10)));
  expect({ isolated, more, wake }).toEqual({ isolated: true, more: true, wake: true });
  const all = await store.all();
  expect(all.suspects).toEqual(ids(suspects.slice(10)));
  expect(all.high).toEqual(ids(others));
  expect(jobs.every(({ job }) => job.alone === undefined)).toBe(true);
});

test("several workers take different suspects", async () => {
  const suspects = some(25);
  const { queue } = await crashed(suspects);
  const taken = [];
  for (const token of ["a.1", "b.1", "c.1"]) taken.push(...(await claim(queue, { token, count: 50 })).jobs);
  expect(ids(taken.map(({ job }) => job))).toEqual(ids(suspects));
});

test("a worker that holds jobs takes other jobs and leaves the suspects", async () => {
  const suspects = some(2);
  const { queue, store } = await crashed(suspects);
  const [other] = some(1);
  await queue.submit([other!]);
  expect(await claim(queue, { holding: 1 })).toMatchObject({ jobs: [{ job: { id: other!.id } }], isolated: false });
  expect((await store.all()).suspects).toEqual(ids(suspects));
});

test("a job that was in two crashes runs alone, and the suspects before it do not delay it", async () => {
  const [once, twice] = [some(2), some(2)];
  const { queue, store } = await crashed(twice);
  await claim(queue, { token: "x.1" });
  redis.clock.now += 30_000;
  await claim(queue, { token: "y.1", count: 0 }); // both have crashed again
  await running(queue, once, "z.1"); // a worker without jobs takes a suspect
  const [, second] = twice;
  const { jobs, isolated } = await claim(queue, { token: "q.1" });
  expect({ ids: ids(jobs.map(({ job }) => job)), isolated }).toEqual({ ids: [second!.id], isolated: true });
  expect(jobs[0]!.job).toMatchObject({ alone: true, crashes: 2, retries: 0 });
  expect(await store.places(once[0]!.id)).toEqual(["normal"]);
});

test("a group of suspects ends before a job that must run alone, which waits for its turn", async () => {
  const [first] = some(1);
  const { queue, store } = await crashed([first!]);
  await claim(queue, { token: "x.1" }); // alone
  redis.clock.now += 30_000;
  const rest = some(2);
  await claim(queue, { token: "y.1", count: 0 });
  await queue.submit(rest);
  await claim(queue, { token: "z.1", holding: 1 }); // takes the two others
  redis.clock.now += 30_000;
  await claim(queue, { token: "u.1", count: 0 });
  expect((await store.all()).suspects).toEqual(ids([first!, ...rest]));
  expect((await claim(queue, { token: "a.1" })).jobs.map(({ job }) => [job.id, job.alone])).toEqual([
    [first!.id, true],
  ]);
  expect((await claim(queue, { token: "b.1" })).jobs.map(({ job }) => [job.id, job.alone])).toEqual(
    rest.map(({ id }) => [id, undefined]),
  );
});

describe("a suspect whose attempt ends without a crash is no longer a suspect", () => {
  test.each([
    ["completed", completed],
    ["failed", failed],
    ["retried", retry],
  ] as const)("%s", async (_, how) => {
    const [a, b] = some(2);
    const { queue, store } = await crashed([a!, b!]);
    await claim(queue, { token: "v.1" });
    expect(
      await settle(
        queue,
        how === retry ? retry(a!, 1_000, "v.1") : how === failed ? failed(a!, "v.1") : completed(a!, "1", "v.1"),
      ),
    ).toEqual(["settled"]);
    const after = await store.record(a!.id);
    expect(after).not.toHaveProperty("crashes");
    expect(after).not.toHaveProperty("alone");
    redis.clock.now += 1_000;
    await claim(queue, { token: "q.1", count: 0 });
    expect(await store.places(a!.id)).toEqual([how === retry ? "normal" : how === failed ? "failed" : "completed"]);
  });
});

test("suspects that are given back stay suspects, in order", async () => {
  const suspects = some(3);
  const { queue, store } = await crashed(suspects);
  await claim(queue, { token: "v.1" });
  await settle(queue, ...suspects.map((each) => released(each, "v.1")));
  expect((await store.all()).suspects).toEqual(ids(suspects));
  expect(await store.record(suspects[0]!.id)).toMatchObject({ status: "pending", crashes: 1 });
});

test("a claim of suspects whose answer was lost gets the same jobs again, still marked as suspects", async () => {
  const suspects = some(12);
  const { queue } = await crashed(suspects);
  const first = await claim(queue, { token: "v.1", count: 50 });
  const again = await claim(queue, { token: "v.1", count: 50 });
  expect(ids(again.jobs.map(({ job }) => job))).toEqual(ids(first.jobs.map(({ job }) => job)));
  expect(again.isolated).toBe(true);
});

test("a worker with suspects waits for no job and promises nothing", async () => {
  const { queue, store } = await crashed(some(2));
  await queue.submit([job({ when: { delayMs: 1_000 } })]);
  const { claimAgainAt } = await claim(queue, { token: "v.1", againMs: 5_000 });
  expect(claimAgainAt).toBeUndefined();
  const { wake, linger } = await store.all();
  expect([wake?.startsWith("again") ?? false, linger]).toEqual([false, undefined]);
});

test("suspects can be cancelled, are counted and listed, and count as work for a tick", async () => {
  const [a, b] = some(2);
  const { queue, store } = await crashed([a!, b!]);
  expect(await queue.stats()).toMatchObject({ suspects: 2, ready: { normal: 0 } });
  expect(await queue.hasWork()).toBe(true);
  expect(await queue.cancel(a!.id)).toMatchObject({ outcome: "cancelled" });
  expect(await store.places(a!.id)).toEqual(["cancelled"]);
  expect(await queue.redrive(a!.id)).toMatchObject({ outcome: "redriven" });
  expect(await store.places(a!.id)).toEqual(["normal"]);
  expect(await queue.stats()).toMatchObject({ suspects: 1, ready: { normal: 1 } });
});

test("after an outage longer than a lease a thousand jobs run in groups of ten, not one by one", async () => {
  const { queue, store } = redis.queue();
  const all = some(1_000);
  for (let i = 0; i < 1_000; i += 100) {
    await queue.submit(all.slice(i, i + 100));
    await claim(queue, { token: `w${i}.1`, count: 100 });
  }
  redis.clock.now += 120_000;
  for (let i = 0; i < 10; i++) await claim(queue, { token: `v.${i}`, count: 0 });
  let claims = 0;
  for (;;) {
    const { jobs } = await claim(queue, { token: `u.${claims}`, count: 100 });
    if (jobs.length === 0) break;
    claims++;
    await settle(queue, ...jobs.map(({ job, token }) => completed(job, undefined, token)));
  }
  expect(claims).toBe(100);
  expect((await store.all()).completed).toHaveProperty(all[0]!.id);
});

test("suspects with a task that one worker does not know become ready when a worker that knows it claims, whatever it holds", async () => {
  const two = some(2);
  const { queue, store } = await crashed(two);
  const taken = await claim(queue, { token: "a.1", tasks: ["other"] });
  await settle(queue, ...taken.jobs.map(({ job: { id } }) => deferred({ id }, 60_000, "a.1")));
  const runAt = redis.clock.now + 60_000;
  expect((await store.all()).scheduled).toEqual(Object.fromEntries(ids(two).map((id) => [id, runAt])));
  redis.clock.now += 1_000;

  const busy = await claim(queue, { token: "b.1", holding: 1, tasks: ["note"] });
  expect(busy).toMatchObject({ jobs: [], more: true, suspects: true, missing: [] });
  const { suspects, scheduled, offers } = await store.all();
  expect({ suspects, scheduled, offers }).toEqual({ suspects: ids(two), scheduled: undefined, offers: undefined });
  const empty = await claim(queue, { token: "b.2", tasks: ["note"] });
  expect(empty).toMatchObject({ isolated: true, jobs: two.map(({ id }) => ({ job: { id, runAt: redis.clock.now } })) });
});
