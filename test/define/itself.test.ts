import { expect, test } from "vitest";
import * as z from "zod";
import { defineQueue, defineTask } from "../../lib/index.ts";
import { useRedis } from "../support/redis.ts";

const redis = useRedis();
const hidden = defineTask({ name: "hidden", internal: true, input: z.object({}), run: () => "done" });
const queueOf = (options: { rateLimit?: string } = {}) =>
  defineQueue({
    tasks: [hidden],
    redis: { url: redis.local.url, token: redis.local.token },
    prefix: redis.queue().prefix,
    authorize: () => ({ name: "ada", scopes: ["admin"] }),
    log: "silent",
    wake: () => {},
    ...options,
  });

test("the application itself may submit an internal task; callers of the HTTP API may not", async () => {
  const queue = queueOf();
  const { id } = await queue.submit(hidden);
  await queue.submitMany([{ task: "hidden" }]);
  await queue.drain();
  expect(await queue.status(id)).toMatchObject({ status: "completed", result: "done" });
  const body = JSON.stringify({ task: "hidden" });
  const refused = await queue.fetch(new Request("http://localhost/submit-job", { method: "POST", body }));
  expect(await refused.json()).toMatchObject({ code: "unknown_task" });
});

test("a rate limit is for callers of the HTTP API, not for the application itself", async () => {
  const queue = queueOf({ rateLimit: "1/60s" });
  for (let i = 0; i < 3; i++) await queue.submit(hidden);
  const asked = () => queue.fetch(new Request("http://localhost/queue-stats"));
  expect((await asked()).status).toBe(200);
  expect((await asked()).status).toBe(429);
});
