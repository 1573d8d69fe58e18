import fc from "fast-check";
import { expect, test } from "vitest";
import type { WorkerQueue } from "../../lib/queue/worker-queue.ts";
import { job, START, useRedis } from "../support/redis.ts";
import { claim, completed, extend, running, settle } from "../support/verbs.ts";

const redis = useRedis();
const LEASE_MS = 30_000;
const HELD_UNTIL = START + LEASE_MS;

/** A job that was cancelled while it ran under `w.1`, and then put back. */
async function putBack() {
  const world = redis.queue();
  const a = job();
  await running(world.queue, [a]);
  await world.queue.cancel(a.id);
  const redriven = await world.queue.redrive(a.id, "r");
  return { ...world, a, redriven };
}

test("a running job that is cancelled and put back waits for the latest end of its lease", async () => {
  const { queue, store, a, redriven } = await putBack();
  expect(redriven).toMatchObject({ outcome: "redriven", wake: false, job: { status: "pending", runAt: HELD_UNTIL } });
  expect((await store.all()).scheduled).toEqual({ [a.id]: HELD_UNTIL });
  expect((await claim(queue, { token: "v.1" })).jobs).toEqual([]);
  redis.clock.now = HELD_UNTIL;
  const [again] = (await claim(queue, { token: "v.2" })).jobs;
  expect(again?.job).toMatchObject({ id: a.id, token: "v.2", heldUntil: undefined });
});

test.each([
  ["extends its lease", (queue: WorkerQueue, id: string) => extend(queue, { id, token: "w.1" })],
  ["settles", (queue: WorkerQueue, id: string) => settle(queue, completed({ id }))],
])("it runs as soon as its worker knows, because it %s", async (_, tell) => {
  const { queue, store, a } = await putBack();
  redis.clock.now += 1_000;
  expect(await tell(queue, a.id)).toEqual(["cancelled"]);
  expect((await store.all()).scheduled).toEqual({ [a.id]: START + 1_000 });
  expect((await claim(queue, { token: "v.1" })).jobs).toMatchObject([{ job: { id: a.id } }]);
  expect(await settle(queue, completed(a))).toEqual(["lost"]);
  expect(await queue.status(a.id)).toMatchObject({ job: { status: "processing", token: "v.1" } });
});

test("a cancelled job whose worker was told is ready as soon as it is put back", async () => {
  const { queue, store } = redis.queue();
  const a = job();
  await running(queue, [a]);
  await queue.cancel(a.id);
  expect(await extend(queue, { id: a.id, token: "w.1" })).toEqual(["cancelled"]);
  expect(await queue.redrive(a.id)).toMatchObject({ outcome: "redriven", wake: true });
  expect(await store.places(a.id)).toEqual(["normal"]);
});

test("a held job that is cancelled again leaves the schedule, and is held no longer than before", async () => {
  const { queue, store, a } = await putBack();
  redis.clock.now += 10_000;
  expect(await queue.cancel(a.id)).toMatchObject({ outcome: "cancelled" });
  expect(await store.places(a.id)).toEqual(["cancelled"]);
  expect(await queue.redrive(a.id, "once more")).toMatchObject({ job: { runAt: HELD_UNTIL } });
});

test("a worker that hears of the cancellation only when the job is due does not put it into two places", async () => {
  const { queue, store, a } = await putBack();
  redis.clock.now = HELD_UNTIL;
  await claim(queue, { token: "v.1", count: 0 }); // due: it goes into its list
  expect(await store.places(a.id)).toEqual(["normal"]);
  expect(await extend(queue, { id: a.id, token: "w.1" })).toEqual(["cancelled"]);
  expect(await store.places(a.id)).toEqual(["normal"]);
});

// The worker of an attempt may go on until it hears (an answer other than "held") or its lease ends. A worker whose
// reply was lost asks again, as the requester does, before anything else happens to the job.
const step = fc.oneof(
  { weight: 3, arbitrary: fc.constant({ verb: "claim" as const }) },
  { weight: 3, arbitrary: fc.constant({ verb: "cancel" as const }) },
  { weight: 3, arbitrary: fc.constant({ verb: "redrive" as const }) },
  { weight: 2, arbitrary: fc.constant({ verb: "run now" as const }) },
  { weight: 1, arbitrary: fc.constant({ verb: "delete and submit again" as const }) },
  { weight: 2, arbitrary: fc.nat({ max: 3 }).map((which) => ({ verb: "extend" as const, which })) },
  { weight: 2, arbitrary: fc.nat({ max: 3 }).map((which) => ({ verb: "settle" as const, which })) },
  { weight: 2, arbitrary: fc.constantFrom(1, LEASE_MS / 2, LEASE_MS).map((ms) => ({ verb: "wait" as const, ms })) },
);
/** `isLost`: the reply never arrived, so the worker knows nothing and may ask again. */
const event = fc.tuple(step, fc.boolean());

test("in any order of cancel, retry, extend, settle, run now, delete, crashes and lost replies a job never has two attempts at the same time", async () => {
  let [sequences, claims, held] = [0, 0, 0];
  await fc.assert(
    fc.asyncProperty(fc.array(event, { minLength: 4, maxLength: 30, size: "max" }), async (events) => {
      sequences++;
      const { queue } = redis.queue();
      const a = job({ maxRetries: 100 });
      await queue.submit([a]);
      /** Token to the end of its lease, as far as its worker knows. */
      const running = new Map<string, number>();
      let [tokens, requests] = [0, 0];
      for (const [{ verb, ...of }, isLost] of events) {
        const now = redis.clock.now;
        for (const [token, until] of running) if (until <= now) running.delete(token);
        const [token] = "which" in of ? [...running.keys()].slice(of.which) : [];
        if ("ms" in of) redis.clock.now += of.ms;
        if (verb === "cancel") await queue.cancel(a.id);
        if (verb === "redrive") {
          const redriven = await queue.redrive(a.id, `r${++requests}`);
          if (redriven.outcome === "redriven" && redriven.job?.heldUntil !== undefined) held++;
        }
        if (verb === "run now") await queue.runNow(a.id);
        if (verb === "delete and submit again") {
          await queue.delete([a.id]);
          await queue.submit([a]);
        }
        if (verb === "claim") {
          const mine = `w${++tokens}.1`;
          const { jobs } = await claim(queue, { token: mine });
          if (jobs.length > 0) {
            claims++;
            expect([...running.keys()], `beside ${mine}`).toEqual([]);
            running.set(mine, now + LEASE_MS);
          }
        }
        if (token && verb === "extend") {
          const [word] = await extend(queue, { id: a.id, token });
          if (word === "held") running.set(token, now + LEASE_MS);
          else if (!isLost || word === "lost") running.delete(token);
          else await tellAgain(queue, a.id, token, running);
        }
        if (token && verb === "settle") {
          await settle(queue, { id: a.id, token, outcome: "released" });
          running.delete(token); // it has ended, whatever the answer
        }
      }
    }),
    { numRuns: 150, seed: 4_711 },
  );
  expect(sequences).toBeGreaterThanOrEqual(150);
  expect(claims).toBeGreaterThan(150);
  expect(held).toBeGreaterThan(20);
});

/** The reply was lost, so the requester sends the request again before anything else: this one arrives. */
async function tellAgain(queue: WorkerQueue, id: string, token: string, running: Map<string, number>): Promise<void> {
  expect(await extend(queue, { id, token })).not.toEqual(["held"]);
  running.delete(token);
}
