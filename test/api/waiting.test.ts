import { expect, test } from "vitest";
import { gate, until } from "../support/worker.ts";
import { useStatus } from "./status.ts";

const world = useStatus();
const { api, status, submitted, worker } = world;

test("a wait ends soon after the job does, and costs few commands", async () => {
  const id = await submitted();
  const [begun, end] = [gate(), gate()];
  const drained = worker(async () => {
    begun.open();
    await end.opened;
    return "done";
  }).drain();
  await begun.opened;
  const looks = () => api.faults.seen.filter(({ verbs }) => verbs.includes("mget")).length;
  api.faults.reset();
  const answer = status(id, "?wait=25");
  await until(() => looks() >= 3);
  end.open();
  await drained;
  const began = performance.now();
  expect((await answer).body).toMatchObject({ status: "completed", result: "done" });
  expect(performance.now() - began).toBeLessThan(3_000);
  expect(looks()).toBeLessThan(8);
});

test("a wait for a finished or an unknown job answers immediately", async () => {
  const id = await submitted();
  await worker(() => 1).drain();
  api.faults.reset();
  expect((await status(id, "?wait=25")).body.status).toBe("completed");
  expect(api.faults.seen).toHaveLength(2);
  expect((await status(crypto.randomUUID(), "?wait=25")).status).toBe(404);
  expect(api.faults.seen).toHaveLength(3);
});

test("a wait ends when the job is cancelled", async () => {
  const id = await submitted();
  api.faults.reset();
  const answer = status(id, "?wait=25");
  await until(() => api.faults.seen.length > 0);
  await world.deployed.queue.cancel(id);
  expect((await answer).body.status).toBe("cancelled");
});
