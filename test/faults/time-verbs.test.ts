import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type Keys, keysOf } from "../../lib/queue/keys.ts";
import { pause, resume } from "../../lib/queue/pauses.ts";
import { type ScheduleEntry, ScheduleStore } from "../../lib/queue/schedule-store.ts";
import { WorkerQueue } from "../../lib/queue/worker-queue.ts";
import { connectRedis } from "../../lib/redis/redis.ts";
import { type Fault, type Faults, startFaults } from "../support/faults.ts";
import { job, START, useRedis } from "../support/redis.ts";
import { definition, firingOf } from "../support/schedules.ts";
import type { Contents } from "../support/store.ts";

const redis = useRedis();
let faults: Faults;
beforeAll(async () => {
  faults = await startFaults(redis.local.url);
});
beforeEach(() => faults.reset());
afterAll(() => faults?.stop());

const server = (...command: string[]) => redis.local.backend.send(command);

/** The queue, its schedules and its pauses, at one address. */
function sidesAt(url: string, prefix: string, keys: Keys) {
  const settings = { prefix, now: () => redis.clock.now };
  const connection = connectRedis({ url, token: redis.local.token });
  const queue = new WorkerQueue(connection, settings);
  return {
    queue,
    schedules: new ScheduleStore(connection, settings),
    of: { redis: connection, keys, now: settings.now },
  };
}
type Sides = ReturnType<typeof sidesAt>;

interface Verb {
  name: string;
  arrange?: (sides: Sides) => Promise<unknown>;
  call: (sides: Sides) => Promise<unknown>;
  /** What a Redis without its data answers. */
  empty: unknown;
  /** What a full Redis answers. Absent: it refuses. */
  full?: unknown;
}

const SLOT = START + 60_000;
const later = job({ when: { delayMs: 60_000 } });
const stays = job();
const unique = job({ unique: { hash: "a".repeat(22), until: "finished" } });
const timed = job({ unique: { hash: "b".repeat(22), until: 60_000 } });
const hourly: ScheduleEntry = { name: "hourly", json: definition("one"), next: SLOT };
const resting: ScheduleEntry = { name: "hourly", json: hourly.json, pausedUntil: Number.POSITIVE_INFINITY };
const declared = { name: "coded", json: definition("two", { source: "code" }), next: SLOT, seen: undefined };
const firing = firingOf(SLOT, { name: "hourly" });

const put = ({ schedules }: Sides) => schedules.put("hourly", hourly.json, { next: SLOT }, undefined);
const declare = async ({ schedules }: Sides) =>
  schedules.declare({ hash: "h", names: ["coded"] }, [declared], await schedules.codeNote());
const paused =
  (task?: string) =>
  ({ of }: Sides) =>
    pause(of, { task, until: START + 3_600_000 });
const resumed =
  (task?: string) =>
  async ({ of }: Sides) =>
    (await resume(of, { task }, "r")).outcome;
/** A claim parks the job of a paused task. */
async function parked(sides: Sides): Promise<void> {
  await sides.queue.submit([stays]);
  await pause(sides.of, { task: "note" });
  await sides.queue.step({ claim: { token: "w.1", count: 1, arrived: true } });
  expect((await sides.queue.stats()).pausedTasks).toMatchObject([{ parked: 1 }]);
}

const VERBS: Verb[] = [
  {
    name: "fire",
    async arrange(sides) {
      await put(sides);
      redis.clock.now = SLOT;
    },
    call: async ({ queue }) => (await queue.step({ fire: [firing] })).fired,
    empty: [["lost"]],
    full: { refused: expect.stringContaining("OOM") },
  },
  { name: "put", call: put, empty: "put" },
  {
    name: "change",
    arrange: put,
    call: ({ schedules }) => schedules.put("hourly", definition("three"), { next: SLOT + 1 }, hourly),
    empty: "changed",
  },
  {
    name: "delete a schedule",
    arrange: put,
    call: ({ schedules }) => schedules.delete("hourly"),
    empty: "missing",
    full: "deleted",
  },
  { name: "declare", call: declare, empty: "declared" },
  {
    name: "pause a schedule",
    arrange: put,
    call: ({ schedules }) => schedules.pause(hourly, undefined, undefined),
    empty: "missing",
  },
  {
    name: "resume a schedule",
    async arrange(sides) {
      await put(sides);
      await sides.schedules.pause(hourly, undefined, undefined);
    },
    call: ({ schedules }) => schedules.resume(resting, SLOT),
    empty: "missing",
  },
  { name: "pause the queue", call: paused(), empty: "paused", full: "paused" },
  { name: "pause a task", call: paused("note"), empty: "paused", full: "paused" },
  { name: "resume the queue", arrange: paused(), call: resumed(), empty: "not_paused", full: "resumed" },
  { name: "resume a task", arrange: parked, call: resumed("note"), empty: "not_paused", full: "resumed" },
  {
    name: "run now",
    arrange: ({ queue }) => queue.submit([later]),
    call: async ({ queue }) => (await queue.runNow(later.id)).outcome,
    empty: "missing",
    full: "ready",
  },
  {
    name: "delete",
    arrange: ({ queue }) => queue.submit([later, stays]),
    call: ({ queue }) => queue.delete([later.id]),
    empty: ["missing"],
    full: ["deleted"],
  },
  {
    name: "submit with a unique key",
    call: async ({ queue }) => (await queue.submit([unique])).outcome,
    empty: "accepted",
  },
  {
    name: "submit with a key for a time",
    call: async ({ queue }) => (await queue.submit([timed])).outcome,
    empty: "accepted",
  },
  {
    name: "submit with a key that is held",
    arrange: ({ queue }) => queue.submit([unique]),
    async call({ queue }) {
      const answer = await queue.submit([{ ...stays, unique: unique.unique! }]);
      return "conflicts" in answer ? answer.conflicts?.get(0) : answer.outcome;
    },
    empty: "accepted",
  },
];

/** Arranges a new queue without faults. */
async function arranged({ arrange }: Verb) {
  redis.clock.now = START;
  const { prefix, store } = redis.queue();
  const keys = keysOf(prefix);
  await arrange?.(sidesAt(redis.local.url, prefix, keys));
  return { prefix, store, direct: sidesAt(redis.local.url, prefix, keys), faulty: sidesAt(faults.url, prefix, keys) };
}

/** What the verb makes of the store where nothing goes wrong. */
async function undisturbed(verb: Verb): Promise<Contents> {
  const { store, direct } = await arranged(verb);
  await verb.call(direct);
  return store.all();
}

const FAULTS: [string, Fault][] = [
  ["whose answer is lost", "drop_reply"],
  ["whose answer breaks off", "cut_reply"],
  ["that is lost on its way", "drop_request"],
  ["that runs twice", "double"],
];
const cases = VERBS.flatMap((verb) => FAULTS.map(([how, fault]) => [verb.name, how, { verb, fault }] as const));

test.each(cases)("%s %s changes what one that nothing happens to changes", async (_, __, { verb, fault }) => {
  const wanted = await undisturbed(verb);
  const { store, faulty } = await arranged(verb);
  let struck = 0;
  faults.when(({ verbs }) => (verbs.every((name) => name !== "HGET") && struck++ === 0 ? fault : undefined));
  await verb.call(faulty);
  expect(struck).toBeGreaterThan(0);
  expect(await store.all()).toEqual(wanted);
});

test.each(VERBS.map((verb) => [verb.name, verb] as const))(
  "%s in a full Redis is done or refused whole, and done when there is room",
  async (_, verb) => {
    const wanted = await undisturbed(verb);
    const { store, direct } = await arranged(verb);
    const before = await store.all();
    await server("CONFIG", "SET", "maxmemory", "1");
    const answer = await verb.call(direct).catch((error: Error) => error);
    await server("CONFIG", "SET", "maxmemory", "0");
    if (verb.full === undefined) expect(String(answer)).toContain("OOM");
    else expect(answer).toEqual(verb.full);
    if (String(answer).includes("OOM") || verb.name === "fire") {
      expect(await store.all()).toEqual(before);
      await verb.call(direct);
    }
    expect(await store.all()).toEqual(wanted);
  },
);

test.each(VERBS.map((verb) => [verb.name, verb] as const))(
  "%s on a Redis that has lost its data and its scripts leaves what it would leave on a new one",
  async (_, verb) => {
    const fresh = await arranged({ ...verb, arrange: async () => undefined });
    const lost = await arranged(verb);
    const now = redis.clock.now;
    await verb.call(fresh.direct);
    redis.clock.now = now;
    const keys = (await server("KEYS", `{${lost.prefix}}:*`)) as Buffer[];
    if (keys.length > 0) await server("DEL", ...keys.map(String));
    await server("SCRIPT", "FLUSH");
    expect(await verb.call(lost.direct)).toEqual(verb.empty);
    expect(await lost.store.all()).toEqual(await fresh.store.all());
  },
);

/** What Upstash may refuse by itself, in the middle of a script: the database or a key is full. */
const WRITES = ["HSET", "ZADD"];
const refusals = VERBS.filter(({ name }) => /put|change|declare|schedule/.test(name)).flatMap((verb) =>
  WRITES.map((command) => [verb.name, command, verb] as const),
);

test.each(refusals)(
  "%s where Redis refuses %s leaves nothing by halves, and is done when it is sent again",
  async (...of) => {
    const [, command, verb] = of;
    const wanted = await undisturbed(verb);
    const { store, direct } = await arranged(verb);
    await server("ACL", "SETUSER", "default", `-${command.toLowerCase()}`);
    const answer = await verb.call(direct).catch(() => "refused");
    await server("ACL", "SETUSER", "default", "+@all");
    const between = await store.all();
    for (const name of Object.keys(between.schedules ?? {}).filter((field) => !field.includes(" ")))
      expect([between.scheduled?.[`cron:${name}`], between.schedules?.[`paused ${name}`]], "never runs").not.toEqual([
        undefined,
        undefined,
      ]);
    if (answer === "refused") await verb.call(direct);
    if (verb.name !== "change") expect(await store.all()).toEqual(wanted); // of another slot than was read: its caller reads again
  },
);
