import { expect, test } from "vitest";
import { job } from "../support/redis.ts";
import { gate, listening, startWorker, task, until, useWorkers } from "../support/worker.ts";
import { echo, jobs, moody, useStoppedClock } from "./buffer.ts";

const workers = useWorkers();
const { stopClock, passTime, letClockRun } = useStoppedClock();
const released = () => workers.faults.seen.filter(({ body }) => body.includes('"released"'));

test("jobs that wait in the buffer for a second go back to the front of their list in order and spend no attempt", async () => {
  const { client, worker, job: read, store } = workers.queue();
  const submitted = jobs(100);
  await client.submit(submitted);
  const { run, end, seen } = moody(40);
  stopClock();
  const { onWake, wake } = listening();
  const w = worker([run]);
  const drained = w.drain({ onWake });
  await until(async () => seen.begun === 50 && w.took() === 60 && (await client.stats()).processing === 20);
  passTime(1_001, wake);
  await until(async () => ((await client.stats()).totals.released ?? 0) === 10);
  expect(seen.begun).toBe(50);
  expect(await store.ready()).toEqual(submitted.slice(50).map(({ id }) => id));
  letClockRun();
  end.open();
  expect(await drained).toMatchObject({ stopped: "empty", completed: 100 });
  expect(seen.most).toBe(10);
  for (const { id } of submitted) {
    expect(await read(id)).toMatchObject({ status: "completed", retries: 0, attempts: [{ attempt: 1 }] });
    expect(await store.places(id)).toEqual(["completed"]);
  }
});

test("a worker that is told to end releases its buffer to the front of the list and keeps no job", async () => {
  const { client, worker, keys, store } = workers.queue();
  const submitted = jobs(100);
  await client.submit(submitted);
  const shutdown = new AbortController();
  const ran: string[] = [];
  let sent = 0;
  const ends = task("echo", (context) => {
    if (ran.push(context.job.id) < 55) return;
    shutdown.abort();
    sent = workers.faults.seen.length;
  });
  const w = worker([ends]);
  const done = await w.drain({ shutdown: shutdown.signal, graceMs: 60_000 });
  // One request may have been on its way. The next one releases.
  const next = workers.faults.seen.slice(sent, sent + 2);
  expect(next.some(({ body }) => body.includes('"released"'))).toBe(true);
  expect(done).toMatchObject({ stopped: "shutdown", retried: 0, failed: 0, lost: 0 });
  expect(done.claimed).toBe(done.completed + done.released);
  expect(w.wakes.at(-1)).toBe("hand_over");
  expect(await workers.redis.redis.exists(keys.leases)).toBe(0);
  expect([...ran, ...(await store.ready())]).toEqual(submitted.map(({ id }) => id));
});

test("a worker that must end during a request releases what it runs and what the answer brings", async () => {
  const { client, worker } = workers.queue();
  await client.submit(jobs(80));
  const { run, seen } = moody(30);
  const shutdown = new AbortController();
  const held = gate();
  workers.faults.when(({ n }) => (n === 4 ? { after: held.opened } : undefined));
  const drained = worker([run]).drain({ shutdown: shutdown.signal });
  await until(() => seen.begun >= 40);
  shutdown.abort();
  held.open();
  expect(await drained).toMatchObject({ stopped: "shutdown", completed: 30, lost: 0 });
  expect((await client.stats()).ready.normal).toBe(50);
});

test("a worker that releases buffered jobs wakes one more worker for them", async () => {
  const { client, worker, keys } = workers.queue();
  await client.submit(jobs(50));
  const woken = gate();
  const { run, end, seen } = moody(30);
  stopClock();
  const ears = listening();
  const wake = async () => {
    if (released().length > 0) woken.open();
  };
  // The worker that was woken for the backlog has come and found nothing.
  workers.faults.when(({ body }) =>
    body.includes('"released"') ? { before: workers.redis.redis.del(keys.wake) } : undefined,
  );
  const w = worker([run], { wake });
  const drained = w.drain({ onWake: ears.onWake });
  await until(async () => seen.begun === 40 && w.took() === 50 && (await client.stats()).processing === 20);
  passTime(1_001, ears.wake);
  await woken.opened;
  letClockRun();
  end.open();
  expect(await drained).toMatchObject({ stopped: "empty", completed: 50 });
}, 25_000); // before the jobs' own time limit makes room

test("a worker whose slots are full takes back its promise to claim again", async () => {
  const { client, worker, store } = workers.queue({ maxRunning: 10 });
  await client.submit(jobs(55));
  const { run, end, seen } = moody(40);
  stopClock();
  const { onWake, wake } = listening();
  const w = worker([run]);
  const drained = w.drain({ onWake });
  await until(async () => seen.begun === 50 && w.took() === 55 && (await client.stats()).processing === 15);
  passTime(1_001, wake);
  await until(async () => ((await client.stats()).totals.released ?? 0) > 0);
  await until(async () => (await store.all()).wake === undefined);
  letClockRun();
  end.open();
  expect(await drained).toMatchObject({ stopped: "empty", completed: 55 });
});

test("any number of jobs with an unknown task is released from the buffer", async () => {
  const { client } = workers.queue();
  await client.submit(Array.from({ length: 400 }, () => job({ task: "unknown", maxRetries: 0 })));
  expect(await startWorker(client, [echo], { concurrency: 100 }).drain()).toMatchObject({ released: 400 });
});
