import { expect, test } from "vitest";
import type { Firing } from "../../lib/queue/firing.ts";
import { ScheduleStore } from "../../lib/queue/schedule-store.ts";
import { WorkerQueue } from "../../lib/queue/worker-queue.ts";
import { job, total, useRedis } from "../support/redis.ts";
import { definition, firingOf } from "../support/schedules.ts";

/** The cost of schedules in Redis commands, including those inside scripts. The figures are exact. */
const world = useRedis();

const commandsOf = async (run: () => Promise<unknown>) => total(await world.commandsOf(run));
const SLOT = Date.now() - 1_000;
let claims = 0;
const claimOf = () => ({ token: `w${++claims}.1`, count: 10, arrived: true });

/** A queue on Redis' own clock with due schedules. The scripts are loaded, as in a database in use. */
async function warm(count: number) {
  const settings = { prefix: `budget-${crypto.randomUUID().slice(0, 8)}` };
  const schedules = new ScheduleStore(world.redis, settings);
  const queue = new WorkerQueue(world.redis, settings);
  await queue.step({ fire: [firingOf(SLOT)], claim: claimOf() });
  const names = Array.from({ length: count }, (_, i) => `s${i}`);
  await schedules.list();
  for (const name of names) await schedules.put(name, definition("one"), { next: SLOT }, undefined);
  const firings = names.map((name): Firing => firingOf(SLOT, { name, overlap: "skip", next: SLOT + 600_000 }));
  return { queue, schedules, firings };
}

test("a slot costs 9 commands: 8 for the worker that fires it, and 1 more of the claim that finds it", async () => {
  const { queue, firings } = await warm(1);
  const idle = await commandsOf(() => new WorkerQueue(world.redis, { prefix: "idle" }).step({ claim: claimOf() }));
  expect(await commandsOf(() => queue.step({ claim: claimOf() }))).toBe(idle + 1);
  expect(await commandsOf(() => queue.step({ fire: firings }))).toBe(8);
  const again = firings.map((each) => ({
    ...each,
    slot: each.next!,
    slots: [{ at: each.next!, job: job() }],
  }));
  expect(await commandsOf(() => queue.step({ fire: again }))).toBe(5 + 0); // the job before has not finished
});

test("a slot that another worker has fired costs 2 commands", async () => {
  const { queue, firings } = await warm(1);
  await queue.step({ fire: firings });
  expect(await commandsOf(() => queue.step({ fire: firings }))).toBe(2);
});

test("100 slots that are due together cost as much as one", async () => {
  const { queue, firings } = await warm(100);
  const { claimed } = await queue.step({ claim: claimOf() });
  expect(claimed?.schedules).toHaveLength(100);
  expect(await commandsOf(() => queue.step({ fire: firings }))).toBe(8);
});

test.each<[string, number, (of: Awaited<ReturnType<typeof warm>>) => Promise<unknown>]>([
  ["a look at what code declares", 1, ({ schedules }) => schedules.codeNote()],
  ["a read of one", 4, ({ schedules }) => schedules.read(["s0"])],
  ["a page of the list", 5, ({ schedules }) => schedules.list()],
  ["a new one", 8, ({ schedules }) => schedules.put("new", definition("r"), { next: SLOT }, undefined)],
  ["a deleted one", 6, ({ schedules }) => schedules.delete("s0")],
])("%s costs %d commands", async (_, commands, act) => {
  const made = await warm(1);
  await act(made);
  const fresh = await warm(1);
  expect(await commandsOf(() => act(fresh))).toBe(commands);
});
