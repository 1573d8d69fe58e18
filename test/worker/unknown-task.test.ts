import { expect, test, vi } from "vitest";
import type { Task } from "../../lib/tasks.ts";
import { job, record, START, total, useRedis } from "../support/redis.ts";
import { startWorker, summary, task } from "../support/worker.ts";

vi.setConfig({ testTimeout: 60_000 });
const redis = useRedis();
const MINUTE = 60_000;

/** A task that notes which jobs it ran. */
function listed(name: string, ran: string[]): Task {
  return task(name, ({ job: { id } }) => void ran.push(id));
}

test("a job whose task the worker does not know is given back with its attempt unspent, and offered to others", async () => {
  const { queue, store } = redis.queue();
  const ran: string[] = [];
  const [own, other] = [job({ task: "own" }), job({ task: "other" })];
  await queue.submit([own, other]);
  const worker = startWorker(queue, [listed("own", ran)], { concurrency: 1 });
  expect(await worker.drain()).toEqual(summary({ claimed: 2, completed: 1, released: 1 }));

  expect(ran).toEqual([own.id]);
  const runAt = START + 15_000;
  expect(await store.all()).toMatchObject({
    scheduled: { [other.id]: runAt },
    records: { [other.id]: { ...record(other), run_at: runAt, unknown_since: START, unknown_tries: 1 } },
    offers: { other: [other.id] },
    counters: { completed: 1, deferred: 1 },
  });
  const named = { task: "other", job_id: other.id, attempt: 1, delay_ms: 15_000 };
  expect(worker.lines.filter(({ event }) => event === "deferred")).toEqual([expect.objectContaining(named)]);
});

test("a worker logs once that there are foreign tasks, and wakes a newer version once for each", async () => {
  const { queue } = redis.queue();
  const worker = startWorker(queue, [listed("own", [])]);
  for (const name of ["other", "other", "third"]) {
    await queue.submit([job({ task: name })]);
    await worker.drain();
  }
  const said = worker.lines.filter(({ event }) => event === "foreign_tasks");
  expect(said).toEqual([expect.objectContaining({ level: "warn", task: "other", tasks: ["own"] })]);
  expect(worker.wakes).toEqual(["unknown_task", "unknown_task"]);
});

test("a worker that knows the task takes the job before it is due, and its time as unknown is forgotten", async () => {
  const { queue, store } = redis.queue();
  const ran: string[] = [];
  const a = job({ task: "new" });
  await queue.submit([a]);
  await startWorker(queue, [listed("old", [])]).drain();
  redis.clock.now += 1;
  expect(await startWorker(queue, [listed("new", ran), listed("old", [])]).drain()).toEqual(
    summary({ claimed: 1, completed: 1 }),
  );
  expect(ran).toEqual([a.id]);
  const { offers, scheduled, records } = await store.all();
  expect([offers, scheduled]).toEqual([undefined, undefined]);
  expect(records![a.id]).toEqual(
    record(a, {
      status: "completed",
      run_at: START + 1,
      started_at: START + 1,
      finished_at: START + 1,
      token: expect.any(String),
    }),
  );
});

test("a job whose task no worker knows fails after fifteen minutes and ten tries, says why, and starts over when it is retried", async () => {
  const { queue } = redis.queue();
  const a = job({ task: "removed" });
  await queue.submit([a]);
  const worker = startWorker(queue, [listed("own", [])]);
  const read = async () => (await queue.status(a.id))!.job;
  const tries: number[] = [];
  while ((await read()).status === "pending") {
    await worker.drain();
    const { unknownTries, runAt } = await read();
    if (unknownTries) tries.push(redis.clock.now - START);
    redis.clock.now = Math.max(redis.clock.now, runAt!);
  }
  expect(tries.slice(0, 4)).toEqual([0, 15_000, 30_000, 45_000]);
  expect(tries.at(-1)).toBeLessThan(15 * MINUTE);
  const failed = await read();
  expect(failed).toMatchObject({ status: "failed", retries: 0, unknownSince: undefined });
  expect(failed.attempts).toMatchObject([
    {
      attempt: 1,
      outcome: "failed",
      error: "UnknownTask",
      message: expect.stringMatching(/^no worker knew the task "removed" in 15 minutes and \d\d tries: deploy it/),
    },
  ]);
  expect(worker.lines.filter(({ event }) => event === "failed")).toMatchObject([{ level: "error", job_id: a.id }]);

  await queue.redrive(a.id);
  await worker.drain();
  expect(await read()).toMatchObject({ status: "pending", unknownSince: redis.clock.now, unknownTries: 1 });
});

test("a setting says how long a job waits for a worker that knows its task", async () => {
  const { queue } = redis.queue();
  const a = job({ task: "removed" });
  await queue.submit([a]);
  const worker = startWorker(queue, [listed("own", [])], { unknownTaskMs: 60 * MINUTE });
  for (let minute = 0; minute < 60; minute++) {
    await worker.drain();
    redis.clock.now += MINUTE;
  }
  expect((await queue.status(a.id))!.job.status).toBe("pending");
  await worker.drain();
  expect((await queue.status(a.id))!.job.status).toBe("failed");
});

/** The applications that drain in each quarter of a minute. */
const ROUNDS: { what: string; quarters: string[][] }[] = [
  {
    what: "both claim equally often",
    quarters: [
      ["a", "b"],
      ["b", "a"],
      ["a", "b"],
      ["b", "a"],
    ],
  },
  {
    what: "one claims all the time, and always before the other, which claims once a minute",
    quarters: [
      ["a", "a", "b"],
      ["a", "a"],
      ["a", "a"],
      ["a", "a"],
    ],
  },
  { what: "both at the same time", quarters: [["ab"], ["ab"], ["ab"], ["ab"]] },
];
test.each(ROUNDS)(
  "every job completes when two applications share a Redis without a prefix: $what",
  async ({ quarters }) => {
    const { queue, store } = redis.queue({ lingerMs: 0 });
    const ran: Record<string, string[]> = { a: [], b: [] };
    const workers = Object.fromEntries(
      ["a", "b"].map((name) => [name, startWorker(queue, [listed(`task_${name}`, ran[name]!)], { concurrency: 5 })]),
    );
    const wanted: Record<string, string[]> = { a: [], b: [] };
    let most = 0;
    for (let minute = 0; minute < 3; minute++) {
      for (const drains of quarters) {
        if (minute < 2) {
          const jobs = Array.from({ length: 6 }, (_, i) => job({ task: `task_${i % 3 === 0 ? "b" : "a"}` }));
          for (const { id, task: name } of jobs) wanted[name.at(-1)!]!.push(id);
          await queue.submit(jobs);
        }
        for (const together of drains) {
          await Promise.all([...together].map((name) => workers[name]!.drain()));
          const { records = {} } = await store.all();
          for (const { unknown_tries } of Object.values(records) as { unknown_tries?: number }[])
            most = Math.max(most, unknown_tries ?? 0);
        }
        redis.clock.now += 15_000;
      }
    }
    for (const name of ["a", "b"]) {
      expect(ran[name]!.toSorted()).toEqual(wanted[name]!.toSorted());
      expect(workers[name]!.lines.filter(({ event }) => event === "foreign_tasks").length).toBeLessThanOrEqual(1);
    }
    const { completed, failed, scheduled, totals } = await queue.stats();
    expect({ completed, failed, scheduled }).toEqual({ completed: 48, failed: 0, scheduled: 0 });
    expect(totals.missing).toBeUndefined();
    expect(most).toBeLessThanOrEqual(4);
  },
);

test("a worker that has seen foreign tasks keeps no submit from waking another worker", async () => {
  const { queue } = redis.queue();
  const step = vi.spyOn(queue, "step");
  const promises = () => step.mock.calls.map(([{ claim }]) => claim?.againMs ?? 0).filter((ms) => ms > 0);
  const worker = startWorker(queue, [listed("own", [])]);
  const three = () => queue.submit([1, 2, 3].map(() => job({ task: "own" })));
  await three();
  await worker.drain();
  expect(promises()).not.toEqual([]);
  await queue.submit([job({ task: "other" })]);
  await worker.drain();
  step.mockClear();
  await three();
  await worker.drain();
  expect(promises()).toEqual([]);

  const now = performance.now.bind(performance);
  vi.spyOn(performance, "now").mockImplementation(() => now() + 5 * MINUTE);
  await three();
  await worker.drain();
  vi.restoreAllMocks();
  expect(promises()).not.toEqual([]);
});

test("an unknown task costs two commands to offer the job and two to take it up, and known tasks cost nothing", async () => {
  const { queue } = redis.queue();
  let claims = 0;
  const cycle = async (outcome: "snoozed" | "deferred", tasks: string[]) => {
    await queue.submit([job({ task: "own" })]);
    const token = `w.${++claims}`;
    const { claimed } = await queue.step({ claim: { token, count: 1, arrived: true, tasks } });
    await queue.step({ settle: [{ id: claimed!.jobs[0]!.job.id, token, outcome, delayMs: 100_000 }] });
  };
  const costOf = async (work: () => Promise<unknown>) => total(await redis.commandsOf(work));
  const takeUp = () => queue.step({ claim: { token: `w.${++claims}`, count: 1, arrived: true, tasks: ["own"] } });
  await cycle("snoozed", []);
  const plain = await costOf(() => cycle("snoozed", []));
  expect(await costOf(() => cycle("snoozed", ["own", "two", "three"]))).toBe(plain);
  expect(await costOf(() => cycle("deferred", []))).toBe(plain + 2);
  expect(await redis.commandsOf(takeUp)).toMatchObject({ lmpop: 1, zmscore: 1, zrem: 1 });
});
