import { expect, test } from "vitest";
import { job, useRedis } from "../support/redis.ts";

const world = useRedis();

const PAYLOAD = JSON.stringify({ to: "ada@example.com", subject: "Hello", body: "x".repeat(10) });

test("the measured payload has 62 bytes", () => expect(Buffer.byteLength(PAYLOAD)).toBe(62));

test.each([
  { name: "without a payload", more: {}, most: 345 },
  { name: "with 62 bytes of payload", more: { payload: PAYLOAD }, most: 430 },
])(
  "a waiting job $name takes at most $most bytes of Redis' memory",
  async ({ more, most }) => {
    const { queue } = world.queue();
    const used = async () =>
      Number(String(await world.local.backend.send(["INFO", "memory"])).match(/used_memory:(\d+)/)![1]);
    const before = await used();
    const count = 100_000;
    for (let i = 0; i < count; i += 500) await queue.submit(Array.from({ length: 500 }, () => job(more)));
    const bytes = ((await used()) - before) / count;
    expect(bytes).toBeLessThanOrEqual(most);
  },
  60_000,
);
