import { expect, test } from "vitest";
import type { NewJob } from "../../lib/queue/job.ts";
import { DrainMetrics } from "../../lib/worker/drain-metrics.ts";
import { isExpired } from "../../lib/worker/expiry.ts";
import { keptIn, type Line } from "../support/log.ts";
import { job, useRedis } from "../support/redis.ts";
import { gate, startWorker, summary, task, until } from "../support/worker.ts";
import { jobs, moody, useStoppedClock } from "./buffer.ts";

const redis = useRedis();
const { stopClock, letClockRun } = useStoppedClock();
const limited = (afterMs: number, more = {}) => job({ task: "echo", expires: { afterMs, from: "submit" }, ...more });
const EXPIRED = { error: "Expired", message: expect.stringMatching(/^no attempt had begun by 20\d\d-/) };

test.each([
  { expiresAt: undefined, is: false },
  { expiresAt: 1_001, is: false },
  { expiresAt: 1_000, is: true },
  { expiresAt: -1e300, is: true },
])("at 1,000 a limit of $expiresAt is over: $is", ({ expiresAt, is }) => {
  expect(isExpired({ job: { expiresAt } } as never, 1_000)).toBe(is);
});

/** Runs a worker over the queue, and tells what it ran, logged and counted. */
function observed(queue: Parameters<typeof startWorker>[0], known = "echo", more = {}) {
  const ran: string[] = [];
  const lines: Line[] = [];
  const metrics = new DrainMetrics("test", keptIn(lines));
  const run = task(known, ({ job: { id } }) => void ran.push(id));
  const worker = startWorker(queue, [run], { observers: [metrics], ...more });
  return {
    ...worker,
    ran,
    metricsOf() {
      metrics.flush();
      return lines.at(-1)!;
    },
  };
}

test("a job that waited too long never runs: it fails with Expired, its attempts unspent, and takes no slot", async () => {
  const { queue } = redis.queue();
  const [late, inTime, other] = [limited(60_000), limited(60_001), limited(60_000, { task: "unknown" })];
  await queue.submit([late, inTime, other]);
  redis.clock.now += 60_000;
  const worker = observed(queue, "echo", { concurrency: 1 });
  expect(await worker.drain()).toEqual(summary({ claimed: 3, completed: 1, failed: 2 }));
  expect(worker.ran).toEqual([inTime.id]);
  for (const { id } of [late, other]) {
    const { job, error } = (await queue.status(id))!;
    expect(job).toMatchObject({
      status: "failed",
      retries: 0,
      attempts: [{ attempt: 1, outcome: "failed", ...EXPIRED }],
    });
    expect(JSON.parse(error!)).toMatchObject({ name: "Expired" });
    expect(job.expiresAt).toBeUndefined();
  }
  const said = worker.lines.filter(({ event }) => event === "expired");
  expect(said).toEqual([
    expect.objectContaining({ level: "warn", job_id: late.id, task: "echo", ...EXPIRED }),
    expect.objectContaining({ level: "warn", job_id: other.id, task: "unknown" }),
  ]);
  expect(worker.lines.filter(({ event }) => event === "failed")).toEqual([]);
  expect(worker.metricsOf()).toMatchObject({ Expired: 2, Failed: 2, Completed: 1 });
});

test("a metric of expired jobs is written only where one has expired", async () => {
  const { queue } = redis.queue();
  const worker = observed(queue);
  await queue.submit([limited(60_000)]);
  await worker.drain();
  expect(worker.metricsOf()).not.toHaveProperty("Expired");
});

test("a task that throws an error of this name has not expired", async () => {
  const { queue } = redis.queue();
  await queue.submit([limited(60_000, { maxRetries: 0 })]);
  const fails = task("echo", () => {
    throw Object.assign(new Error("my own"), { name: "Expired" });
  });
  const worker = startWorker(queue, [fails]);
  await worker.drain();
  expect(worker.lines.map(({ event }) => event)).toContain("failed");
  expect(worker.lines.map(({ event }) => event)).not.toContain("expired");
});

test("a job that expires while it waits in a worker's buffer never runs", async () => {
  const { queue } = redis.queue();
  const { run, end, seen } = moody(20);
  const late = Array.from({ length: 10 }, () => limited(60_000));
  await queue.submit([...jobs(30), ...late]);
  stopClock();
  const worker = startWorker(queue, [run]);
  const drained = worker.drain();
  await until(async () => seen.begun === 30 && worker.took() === 40);
  redis.clock.now += 60_000;
  end.open();
  await until(() => worker.lines.filter(({ event }) => event === "expired").length === 10);
  letClockRun();
  expect(await drained).toMatchObject({ completed: 30, failed: 10, released: 0 });
  expect(seen.begun).toBe(30);
});

/** Lets a worker begin the job and give it back, because it must stop. */
async function begunAndGivenBack({ queue }: ReturnType<typeof redis.queue>, one: NewJob) {
  await queue.submit([one]);
  const begun = gate();
  const stubborn = task("echo", async ({ signal }) => {
    begun.open();
    await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  });
  const end = new AbortController();
  const drained = startWorker(queue, [stubborn]).drain({ shutdown: end.signal, graceMs: 0 });
  await begun.opened;
  end.abort();
  expect(await drained).toMatchObject({ released: 1 });
}

test("a job that a worker gave back before it began expires, and one that had begun does not", async () => {
  const of = redis.queue();
  const one = limited(60_000);
  await begunAndGivenBack(of, one);
  redis.clock.now += 60_000;
  const worker = observed(of.queue);
  expect(await worker.drain()).toMatchObject({ completed: 1 });
  expect(worker.ran).toEqual([one.id]);
});

test("a job that a worker gave back after it began does not get its key until the first attempt again", async () => {
  const of = redis.queue();
  await begunAndGivenBack(of, job({ task: "echo", unique: { hash: "h", until: "started" } }));
  expect((await of.store.all()).uniques).toBeUndefined();
});

test("a redriven job has a fresh life, without a limit", async () => {
  const { queue } = redis.queue();
  const one = limited(60_000);
  await queue.submit([one]);
  redis.clock.now += 60_000;
  await observed(queue).drain();
  await queue.redrive(one.id);
  redis.clock.now += 60_000;
  const worker = observed(queue);
  expect(await worker.drain()).toMatchObject({ completed: 1 });
});
