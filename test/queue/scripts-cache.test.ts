import { expect, test } from "vitest";
import { job, useRedis } from "../support/redis.ts";

const world = useRedis();
const flush = () => world.local.backend.send(["SCRIPT", "FLUSH"]);

test("every verb runs on a Redis that does not know the scripts yet", async () => {
  const { queue } = world.queue();
  const one = job();
  for (const verb of [
    () => queue.submit([one]),
    () => queue.step({ claim: { token: "w.1", count: 1, arrived: true } }),
    () => queue.step({ extend: [{ id: one.id, token: "w.1" }] }),
    () => queue.stats(),
    () => queue.cancel(one.id),
    () => queue.redrive(one.id),
    () => queue.runNow(one.id),
    () => queue.delete([job().id]),
    () => queue.trim(),
  ]) {
    await flush();
    await verb();
  }
  expect((await queue.status(one.id))?.job.status).toBe("pending");
});

test.each([
  ["all of them", []],
  ["only the settle", ["claim"]],
  ["only the claim", ["settle"]],
] as const)("a round trip with unknown scripts, %s, settles and claims exactly once", async (_, known) => {
  const { queue } = world.queue();
  const [first, second] = [job(), job()];
  await queue.submit([first, second]);
  await queue.step({ claim: { token: "w.1", count: 1, arrived: true } });
  await flush();
  if ((known as readonly string[]).includes("claim"))
    await queue.step({ claim: { token: "idle.1", count: 0, arrived: false } });
  if ((known as readonly string[]).includes("settle"))
    await queue.step({ settle: [{ id: job().id, token: "nobody.1", outcome: "released" }] });

  const { settled, claimed } = await queue.step({
    settle: [{ id: first.id, token: "w.1", outcome: "completed" }],
    claim: { token: "w.2", count: 1, arrived: false },
  });
  expect(settled).toEqual(["settled"]);
  expect(claimed!.jobs.map(({ job }) => job.id)).toEqual([second.id]);
  expect((await queue.stats()).totals).toMatchObject({ completed: 1 });
});
