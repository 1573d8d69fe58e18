import { expect, test } from "vitest";
import { scheduleToJson } from "../../lib/schedules/definition.ts";
import { START, total, useRedis } from "../support/redis.ts";
import { scheduleOf, scheduleStore } from "../support/schedules.ts";
import { SCRIPTS } from "../support/scripts.ts";
import { startWorker, summary, task } from "../support/worker.ts";

const redis = useRedis();
const MANY = 10_000;
const MINUTE = 60_000;

test("10,000 schedules that are due in one minute all fire, for a tenth of a command each", {
  timeout: 120_000,
}, async () => {
  const { queue, schedules, keys } = scheduleStore(redis);
  const names = Array.from({ length: MANY }, (_, i) => `s${i}`);
  const made = names.map((name) => ({
    name,
    json: scheduleToJson(scheduleOf(name)),
    next: START + MINUTE,
    seen: undefined,
  }));
  expect(await schedules.declare({ hash: "h", names }, made, undefined)).toBe("declared");
  redis.clock.now += MINUTE;
  const worker = startWorker(queue, [task("echo", () => undefined)], { concurrency: 100 });
  // What follows an unknown script in a request runs twice, and answers otherwise the second time.
  for (const { text } of Object.values(SCRIPTS)) await redis.local.backend.send(["SCRIPT", "LOAD", text]);
  const before = performance.now();
  const commands = total(
    await redis.commandsOf(async () => {
      expect(await worker.drain()).toEqual(summary({ claimed: MANY, completed: MANY }));
    }),
  );
  const tookMs = performance.now() - before;
  console.info(`10,000 slots fired and run: ${commands} commands, ${Math.round(tookMs)} ms`);
  const next = START + 2 * MINUTE;
  const fired = worker.lines.filter(({ event }) => event === "schedule_fired");
  expect({
    moved: await redis.redis.zcount(keys.scheduled, next, next),
    others: (await redis.redis.zcard(keys.scheduled)) - MANY,
    fields: await redis.redis.hlen(keys.schedules),
    completed: await redis.redis.zcard(keys.completed),
    logged: fired.length,
  }).toEqual({ moved: MANY, others: 0, fields: 2 * MANY + 1, completed: MANY, logged: MANY });
  expect(commands).toBeLessThanOrEqual(3_500);
});
