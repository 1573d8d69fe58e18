import { expect, test } from "vitest";
import type { WorkerQueue } from "../../lib/queue/worker-queue.ts";
import { job, record, START, total, useRedis } from "../support/redis.ts";
import {
  claim,
  completed,
  deferred,
  extend,
  failed,
  released,
  retry,
  running,
  settle,
  snoozed,
} from "../support/verbs.ts";

const redis = useRedis();
const LEASE_MS = 30_000;
const EXPIRES_AT = START + 60_000;
const a = job({ expires: { afterMs: 60_000, from: "submit" } });

test.each([
  { name: "from the submit", more: {}, at: START + 60_000 },
  { name: "from the submit, of a delayed job", more: { when: { delayMs: 5_000 } }, at: START + 60_000 },
  { name: "from when it may run, without a delay", more: { from: "run" }, at: START + 60_000 },
  { name: "from when it may run, after a delay", more: { from: "run", when: { delayMs: 5_000 } }, at: START + 65_000 },
  {
    name: "from when it may run, at an instant",
    more: { from: "run", when: { at: START + 7_000 } },
    at: START + 67_000,
  },
  { name: "from when it may run, in the past", more: { from: "run", when: { at: START - 7_000 } }, at: START + 60_000 },
] as const)("a limit counts $name", async ({ more, at }) => {
  const { queue, store } = redis.queue();
  const { from = "submit", ...when } = { from: undefined, ...more };
  const one = job({ ...when, expires: { afterMs: 60_000, from } });
  await queue.submit([one]);
  expect(await store.record(one.id)).toMatchObject({ expires_at: at });
  expect((await queue.status(one.id))!.job.expiresAt).toBe(at);
});

/** What happens to a job, and whether it may expire afterwards. */
const EVENTS: { name: string; keeps: boolean; happen(queue: WorkerQueue): Promise<unknown>; isHeld?: false }[] = [
  { name: "is claimed", keeps: true, happen: async () => {} },
  { name: "is extended", keeps: true, happen: (queue) => extend(queue, { id: a.id, token: "w.1" }) },
  { name: "is released from a buffer", keeps: true, happen: (queue) => settle(queue, released(a)) },
  {
    name: "is released although it had begun",
    keeps: false,
    happen: (queue) => settle(queue, { ...released(a), startedAt: START } as never),
  },
  { name: "is of an unknown task", keeps: true, happen: (queue) => settle(queue, deferred(a)) },
  { name: "is snoozed", keeps: false, happen: (queue) => settle(queue, snoozed(a)) },
  { name: "waits for a retry", keeps: false, happen: (queue) => settle(queue, retry(a)) },
  { name: "has completed", keeps: false, happen: (queue) => settle(queue, completed(a)) },
  { name: "has failed", keeps: false, happen: (queue) => settle(queue, failed(a)) },
  { name: "was cancelled while it ran", keeps: false, happen: (queue) => queue.cancel(a.id) },
  {
    name: "was in a process that crashed",
    keeps: false,
    async happen(queue) {
      redis.clock.now += LEASE_MS;
      await claim(queue, { token: "v.1", count: 0 });
    },
  },
  {
    name: "was cancelled, and put back",
    keeps: false,
    async happen(queue) {
      await settle(queue, released(a));
      await queue.cancel(a.id);
      await queue.redrive(a.id);
    },
  },
];

test.each(EVENTS)("a job that $name: may expire: $keeps", async ({ keeps, happen }) => {
  const { queue, store } = redis.queue({ leaseMs: LEASE_MS });
  await running(queue, [a]);
  await happen(queue);
  const { expires_at } = (await store.record(a.id))!;
  expect(expires_at).toBe(keeps ? EXPIRES_AT : undefined);
});

test("an expired job that fails has its error in the history and its attempts unspent", async () => {
  const { queue, store } = redis.queue();
  await running(queue, [a]);
  redis.clock.now = EXPIRES_AT;
  await settle(queue, { ...failed(a), error: "Expired", message: "too late" } as never);
  const attempt = { attempt: 1, outcome: "failed", started_at: START, ended_at: EXPIRES_AT, worker: "w" };
  expect(await store.all()).toMatchObject({
    failed: { [a.id]: EXPIRES_AT },
    counters: { failed: 1 },
    records: {
      [a.id]: record(a, {
        status: "failed",
        started_at: START,
        finished_at: EXPIRES_AT,
        token: "w.1",
        attempts: [{ ...attempt, error: "Expired", message: "too late" }],
      }),
    },
  });
});

test("an expiry costs a submit one command, TIME, and no other verb any", async () => {
  const costs = async (more: Partial<typeof a>) => {
    const { queue } = redis.queue({ now: undefined as never });
    const one = job(more);
    const submit = total(await redis.commandsOf(() => queue.submit([one])));
    const claims = total(await redis.commandsOf(() => claim(queue)));
    const settles = total(await redis.commandsOf(() => settle(queue, completed(one))));
    return [submit, claims, settles];
  };
  await costs({}); // loads the scripts
  const [plain, limited] = [await costs({}), await costs({ expires: { afterMs: 1_000, from: "submit" } })];
  expect(limited).toEqual([plain[0]! + 1, plain[1], plain[2]]);
});
