import { expect, test } from "vitest";
import { job } from "../support/redis.ts";
import { gate, listening, summary, task, until, useWorkers } from "../support/worker.ts";

const workers = useWorkers();
const echo = task("echo", () => undefined);
const claims = () => workers.faults.seen.filter(({ verbs }) => verbs.includes("claim")).length;

test("a worker waits for a retry that is due soon, instead of leaving it to the tick", async () => {
  const { client, worker } = workers.queue();
  const backoff = { baseMs: 60, factor: 1, maxMs: 60 };
  const moody = task(
    "moody",
    ({ job: { attempt } }) => {
      if (attempt === 1) throw new Error("not yet");
    },
    { backoff },
  );
  await client.submit([job({ task: "moody" })]);
  expect(await worker([moody]).drain()).toEqual(summary({ claimed: 2, retried: 1, completed: 1 }));
});

test("a worker waits for a job that was submitted to run soon", async () => {
  const { client, worker } = workers.queue();
  await client.submit([job({ task: "echo", when: { delayMs: 50 } })]);
  expect(await worker([echo]).drain()).toEqual(summary({ claimed: 1, completed: 1 }));
});

test("a worker does not wait for a job that is due after its linger", async () => {
  const { client, worker, store } = workers.queue({ lingerMs: 1_000 });
  const a = job({ task: "echo", when: { delayMs: 3_600_000 } });
  await client.submit([a]);
  expect(await worker([echo]).drain()).toEqual(summary({}));
  expect(await store.places(a.id)).toEqual(["scheduled"]);
});

test("one of two workers waits for a job that is due soon, and the other ends", async () => {
  const { client, worker } = workers.queue();
  await client.submit([job({ task: "echo", when: { delayMs: 400 } })]);
  const first = worker([echo]).drain();
  await until(() => claims() >= 1);
  const second = await worker([echo]).drain();
  expect([second.claimed, (await first).claimed].sort()).toEqual([0, 1]);
});

test("a wake-up reaches a worker that waits for a later job", async () => {
  const { client, worker } = workers.queue();
  await client.submit([job({ task: "echo", when: { delayMs: 9_000 } })]);
  const ears = listening();
  const ran = gate();
  const urgent = task("urgent", () => ran.open());
  const shutdown = new AbortController();
  const w = worker([echo, urgent]);
  const drained = w.drain({ onWake: ears.onWake, shutdown: shutdown.signal });
  await until(() => claims() >= 1);
  await client.submit([job({ task: "urgent" })]);
  ears.wake();
  await ran.opened;
  shutdown.abort();
  expect(await drained).toEqual(summary({ claimed: 1, completed: 1, stopped: "shutdown" }));
  expect(w.wakes).toEqual(["hand_over"]);
});

test("a wake-up is not lost if its job was submitted after the claim in flight", async () => {
  const { client, worker, job: read } = workers.queue();
  const ears = listening();
  const [taken, go] = [gate(), gate()];
  workers.faults.when(({ verbs }) => {
    if (!verbs.includes("claim")) return undefined;
    taken.open();
    return { after: go.opened };
  });
  const drained = worker([echo]).drain({ onWake: ears.onWake });
  await taken.opened;
  const a = job({ task: "echo" });
  // Submitted after the claim found the queue empty; the wake-up arrives before the answer to that claim.
  await until(async () => (await client.submit([a])) && true);
  ears.wake();
  go.open();
  expect(await drained).toMatchObject({ claimed: 1, completed: 1 });
  expect(await read(a.id)).toMatchObject({ status: "completed" });
});

test("one worker stays for a stream of jobs, which wake hardly any other, and leaves without a promise", async () => {
  const { client, worker, store } = workers.queue();
  let [wakeups, ran, drains] = [0, gate(), 0];
  let draining: Promise<unknown> | undefined;
  const counted = task("counted", () => ran.open());
  const submit = async (count: number) => {
    const { wake } = await client.submit(Array.from({ length: count }, () => job({ task: "counted" })));
    if (!wake) return;
    wakeups++;
    if (draining !== undefined) return; // it has not left, so it will claim again
    drains++;
    draining = worker([counted])
      .drain()
      .then(() => {
        draining = undefined;
      });
  };
  await submit(2);
  for (let sent = 2; sent < 60; sent++) {
    ran = gate();
    await submit(1);
    await ran.opened;
  }
  await draining;
  expect(wakeups).toBeLessThan(20);
  expect(drains).toBeLessThan(10);
  expect((await client.stats()).totals).toMatchObject({ completed: 60 });
  expect((await store.all()).wake).toBeUndefined();
  expect(await client.submit([job({ task: "counted" })])).toMatchObject({ wake: true });
});

test("a pacing worker settles ended jobs in the round trip of the next claim", async () => {
  const { client, worker } = workers.queue();
  await client.submit([job({ task: "echo" }), job({ task: "echo" })]);
  await worker([echo]).drain();
  expect(workers.faults.seen.map(({ verbs }) => verbs.join()).slice(0, 2)).toEqual(["claim", "settle,claim"]);
});

test("a worker without room promises nothing: the next submit wakes another", async () => {
  const { client, worker } = workers.queue();
  const [full, end] = [gate(), gate()];
  let running = 0;
  const slow = task("slow", async () => {
    if (++running === 2) full.open();
    await end.opened;
  });
  await client.submit([job({ task: "slow" }), job({ task: "slow" })]);
  const drained = worker([slow], { concurrency: 2 }).drain();
  await full.opened;
  expect(await client.submit([job({ task: "slow" })])).toMatchObject({ wake: true });
  end.open();
  expect(await drained).toMatchObject({ completed: 3 });
});

test("a worker that is told to end while it paces withdraws its promise: the next submit wakes another", async () => {
  const { client, worker, store } = workers.queue();
  const shutdown = new AbortController();
  await client.submit([job({ task: "echo" }), job({ task: "echo" })]);
  const w = worker([echo]);
  workers.faults.when(({ verbs }) => {
    if (verbs.join() === "settle,claim") shutdown.abort();
    return undefined;
  });
  expect(await w.drain({ shutdown: shutdown.signal })).toMatchObject({ completed: 2, stopped: "shutdown" });
  expect((await store.all()).wake).toBeUndefined();
  expect(w.wakes).toEqual([]);
  expect(await client.submit([job({ task: "echo" })])).toMatchObject({ wake: true });
});
