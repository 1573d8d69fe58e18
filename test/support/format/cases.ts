import type { Ending } from "../../../lib/queue/worker-queue.ts";
import { WorkerQueue } from "../../../lib/queue/worker-queue.ts";
import { redisCommands } from "../../../lib/redis/commands.ts";
import { createEmbedded } from "../../../packages/redis-rest-local/src/embedded/embedded.ts";
import { inProcess } from "../../../packages/redis-rest-local/src/requester.ts";
import { SCRIPTS } from "../scripts.ts";
import { claim, completed, deferred, extend, failed, released, retry, running, settle, snoozed } from "../verbs.ts";
import { dump, type Format, type FormatCase, type FormatScript, type StoredKeys } from "./fixture.ts";
import { CHILD_ID, ID, job, LARGE, LEASE_MS, OTHER_ID, START } from "./given.ts";
import { TIME_CASES, type World } from "./time-cases.ts";

interface Recipe {
  name: string;
  /** The job that the case is about. Default: the first one. */
  job?: string;
  make(world: World): Promise<unknown>;
}

const first = job();
const { payload: _, ...bare } = job({ priority: "low" });
const other = job({ id: OTHER_ID, payload: LARGE });
const whole = (text: string) => JSON.stringify({ name: "Boom", message: text, stack: "at send (tasks/mail.ts:4:9)" });
const log = JSON.stringify([{ at: START, message: "connected", fields: { host: "mail.example.com" } }]);
const broken = (ending: Ending, text: string) => ({ ...ending, message: text, whole: whole(text), log }) as Ending;

/** Its worker crashed: the lease ran out, and another worker's claim of nothing takes the job back. */
async function crash({ queue, move }: World, token: string): Promise<void> {
  move(LEASE_MS + 1);
  await claim(queue, { token, count: 0 });
}

/** Fails for the first time and is due again immediately. */
async function failOnce({ queue, move }: World): Promise<void> {
  await running(queue, [first]);
  move(10);
  await settle(queue, broken(retry(first, 0), "the first one"));
  move(1);
}

const RECIPES: Recipe[] = [
  { name: "ready, normal", make: ({ queue }) => queue.submit([first]) },
  { name: "ready, high", make: ({ queue }) => queue.submit([job({ priority: "high" })]) },
  { name: "ready, low, without a payload", make: ({ queue }) => queue.submit([bare]) },
  { name: "ready, with a payload in a key of its own", make: ({ queue }) => queue.submit([job({ payload: LARGE })]) },
  {
    name: "ready, with an idempotency key, a trace and a secret payload",
    make: ({ queue }) =>
      queue.submit([
        job({
          fingerprint: "47DEQpj8HBSa-_TImW-5JC",
          traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
          sensitive: true,
        }),
      ]),
  },
  { name: "ready, one of a batch", make: ({ queue }) => queue.submit([first, other]) },
  {
    name: "ready, submitted by another job that runs",
    job: CHILD_ID,
    async make({ queue }) {
      await running(queue, [first]);
      await queue.submit([job({ id: CHILD_ID })]);
    },
  },
  {
    name: "ready, released by its worker",
    async make({ queue, move }) {
      await running(queue, [first]);
      move(5);
      await settle(queue, released(first));
    },
  },
  {
    name: "ready, put back after it failed",
    async make(world) {
      await failOnce(world);
      await claim(world.queue, { token: "w.2" });
      await settle(world.queue, broken(failed(first, "w.2"), "the last one"));
      world.move(1_000);
      await world.queue.redrive(ID, "request-1");
    },
  },
  {
    name: "ready, a suspect",
    async make(world) {
      await running(world.queue, [first, other]);
      await crash(world, "v.1");
    },
  },
  {
    name: "ready, a suspect of two crashes",
    async make(world) {
      await running(world.queue, [first, other]);
      await crash(world, "v.1");
      await claim(world.queue, { token: "v.2" });
      await crash(world, "u.1");
    },
  },
  {
    name: "delayed",
    make: ({ queue }) => queue.submit([job({ priority: "high", when: { delayMs: 60_000 } })]),
  },
  { name: "delayed until an instant", make: ({ queue }) => queue.submit([job({ when: { at: START + 120_000 } })]) },
  {
    name: "waits for its retry",
    async make({ queue, move }) {
      await running(queue, [first]);
      move(10);
      await settle(queue, broken(retry(first, 2_000), "the first one"));
    },
  },
  {
    name: "snoozed",
    async make({ queue }) {
      await running(queue, [first]);
      await settle(queue, { ...snoozed(first, 60_000), log } as Ending);
    },
  },
  {
    name: "given back by a worker that does not know its task",
    async make({ queue }) {
      await running(queue, [first]);
      await settle(queue, deferred(first, 15_000));
    },
  },
  {
    name: "put back while its cancelled attempt may run",
    async make({ queue, move }) {
      await running(queue, [first]);
      move(10);
      await queue.cancel(ID);
      move(10);
      await queue.redrive(ID, "request-1");
    },
  },
  { name: "runs", make: ({ queue }) => running(queue, [first, other]) },
  {
    name: "runs, with progress, begun after its claim",
    async make({ queue, move }) {
      await running(queue, [first]);
      move(20);
      const progress = { percent: 42, note: 'half of "all"' };
      await extend(queue, { id: ID, token: "w.1", startedAt: START + 7, progress });
    },
  },
  {
    name: "runs, its second attempt",
    async make(world) {
      await failOnce(world);
      await claim(world.queue, { token: "w.2" });
    },
  },
  {
    name: "runs alone",
    async make(world) {
      await running(world.queue, [first]);
      await crash(world, "v.1");
      await claim(world.queue, { token: "v.2" });
    },
  },
  {
    name: "runs alone, its last attempt",
    async make(world) {
      await running(world.queue, [job({ maxRetries: 0 })]);
      await crash(world, "v.1");
      await claim(world.queue, { token: "v.2" });
    },
  },
  {
    name: "completed, with a result and log lines",
    async make({ queue, move }) {
      await running(queue, [first]);
      move(10);
      await settle(queue, { ...completed(first, '{"sent":true}'), startedAt: START + 3, log } as Ending);
    },
  },
  {
    name: "completed, after a failed attempt, without a result",
    async make(world) {
      await failOnce(world);
      await claim(world.queue, { token: "w.2" });
      await settle(world.queue, completed(first, undefined, "w.2"));
    },
  },
  {
    name: "failed, after two attempts",
    async make(world) {
      await failOnce(world);
      await claim(world.queue, { token: "w.2" });
      await settle(world.queue, broken(failed(first, "w.2"), "the last one"));
    },
  },
  {
    name: "failed, because it crashed its process",
    async make(world) {
      await running(world.queue, [job({ maxRetries: 0 })]);
      await crash(world, "v.1");
      await claim(world.queue, { token: "v.2" });
      await crash(world, "u.1");
    },
  },
  {
    name: "cancelled before it ran, one of two",
    async make({ queue }) {
      await queue.submit([first, other]);
      await queue.cancel(ID);
    },
  },
  {
    name: "cancelled while it ran",
    async make({ queue, move }) {
      await running(queue, [first]);
      move(10);
      await queue.cancel(ID);
    },
  },
  {
    name: "cancelled while it ran, and its worker knows",
    async make({ queue, move }) {
      await running(queue, [first]);
      await queue.cancel(ID);
      move(10);
      await extend(queue, { id: ID, token: "w.1" });
    },
  },
  {
    name: "delayed, while a worker waits for it",
    async make({ queue }) {
      await queue.submit([job({ when: { delayMs: 5_000 } })]);
      await claim(queue, { againMs: 1_000 });
    },
  },
  {
    name: "ready, of a caller with an allowance",
    async make({ queue }) {
      await queue.limit("ci", { jobs: 7, periodMs: 60_000 }, 3);
      await queue.submit([first]);
    },
  },
  ...TIME_CASES,
];

/** Makes what `test/fixtures/format-1.json` holds, with the code as it is now. */
export async function makeFormat(version: string): Promise<Format> {
  const cases: FormatCase[] = [];
  for (const recipe of RECIPES) cases.push(await made(recipe));
  const scripts = Object.entries(SCRIPTS).map(([name, script]): [string, FormatScript] => [
    name,
    { keys: [...script.keys], args: [...script.args], text: lean(script.text) },
  ]);
  return { version, cases, scripts: Object.fromEntries(scripts.sort(([a], [b]) => (a < b ? -1 : 1))) };
}

async function made({ name, job = ID, make }: Recipe): Promise<FormatCase> {
  const clock = { now: START };
  const store = await createEmbedded({ now: () => clock.now });
  try {
    const redis = redisCommands(inProcess(store));
    const now = () => clock.now;
    const queue = new WorkerQueue(redis, { leaseMs: LEASE_MS, now });
    await make({
      queue,
      redis,
      now,
      move(ms) {
        clock.now += ms;
      },
    });
    const keys = await dump(store);
    const { status } = JSON.parse(String(keys[`job:${job}`]?.value)) as { status: string };
    return { name, job, status, place: placeOf(job, keys), now: clock.now, keys };
  } finally {
    await store.close();
  }
}

/** Gives the list or the zset that holds a job. What offers it (`job_queue:unknown:…`) is a hint, and no place. */
function placeOf(id: string, keys: StoredKeys): string {
  const holds = Object.entries(keys).filter(
    ([name, { type, value }]) =>
      (type === "list" || type === "zset") && !name.startsWith("job_queue:unknown:") && value.includes(id),
  );
  if (holds.length !== 1) throw new Error(`${id} is in ${holds.length} places: ${holds.map(([name]) => name)}`);
  return holds[0]![0];
}

/** What esbuild.plugins.cjs does to a script. */
function lean(text: string): string[] {
  return text
    .replace(/^[ \t]+/gm, "")
    .replace(/^(--.*)?\n/gm, "")
    .trimEnd()
    .split("\n");
}
