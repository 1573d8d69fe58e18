import { expect, test } from "vitest";
import { job, useRedis } from "../support/redis.ts";

const world = useRedis();

test("a waiting job takes at most 370 bytes of Redis' memory", async () => {
  const { queue } = world.queue();
  const used = async () =>
    Number(String(await world.local.backend.send(["INFO", "memory"])).match(/used_memory:(\d+)/)![1]);
  const before = await used();
  const count = 100_000;
  for (let i = 0; i < count; i += 500) await queue.submit(Array.from({ length: 500 }, () => job()));
  expect(((await used()) - before) / count).toBeLessThanOrEqual(370);
}, 60_000);
