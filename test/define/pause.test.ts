import { expect, test } from "vitest";
import * as z from "zod";
import { createClient } from "../../client/index.ts";
import { defineQueue, defineTask } from "../../lib/index.ts";
import { useRedis } from "../support/redis.ts";

const redis = useRedis();
const mail = defineTask({ name: "mail", input: z.object({}), run: () => "sent" });
const note = defineTask({ name: "note", input: z.object({}), run: () => "noted" });
const HOUR = 3_600_000;

/** A queue, and what wakes were asked for. */
function queueOf() {
  const woken: string[] = [];
  const queue = defineQueue({
    tasks: [mail, note],
    redis: { url: redis.local.url, token: redis.local.token },
    prefix: redis.queue().prefix,
    log: "silent",
    authorize: () => ({ name: "ada", scopes: ["admin"] }),
    wake: (_, { source }) => void woken.push(source),
  });
  return { queue, woken };
}

test("a task is paused by itself or by its name, and its jobs run when it is resumed", async () => {
  const { queue } = queueOf();
  const { id } = await queue.submit(mail);
  const until = new Date(Date.now() + HOUR);
  expect(await queue.pause({ task: mail, until })).toEqual({
    pausedTasks: [{ task: "mail", since: expect.any(Date), until, parked: 0 }],
  });
  expect(await queue.drain()).toMatchObject({ claimed: 0, stopped: "empty" });
  expect(await queue.stats()).toMatchObject({ pausedTasks: [{ task: "mail", parked: 1 }] });
  expect(await queue.resume({ task: "mail" })).toEqual({ pausedTasks: [] });
  await queue.drain();
  expect(await queue.status(id)).toMatchObject({ status: "completed", result: "sent" });
});

test("the whole queue is paused and resumed, and only the resume wakes", async () => {
  const { queue, woken } = queueOf();
  expect(await queue.pause()).toEqual({ paused: { since: expect.any(Date) }, pausedTasks: [] });
  await queue.submit(note);
  expect(await queue.drain()).toMatchObject({ claimed: 0 });
  expect(woken).toEqual([]);
  await queue.resume();
  expect(woken).toEqual(["resume"]);
  expect(await queue.drain()).toMatchObject({ completed: 1 });
});

test("the client pauses and resumes over HTTP", async () => {
  const { queue } = queueOf();
  const client = createClient<typeof queue>({
    url: "http://localhost",
    fetch: (url, init) => queue.fetch(new Request(url, init)),
  });
  const until = new Date(Date.now() + HOUR);
  expect(await client.pause({ until })).toEqual({ paused: { since: expect.any(Date), until }, pausedTasks: [] });
  expect(await client.pause({ task: "mail" })).toMatchObject({
    pausedTasks: [{ task: "mail", since: expect.any(Date) }],
  });
  expect(await client.stats()).toMatchObject({ paused: { until }, pausedTasks: [{ parked: 0 }] });
  expect(await client.resume()).toMatchObject({ pausedTasks: [{ task: "mail" }] });
  expect(await client.resume({ task: "mail" })).toEqual({ pausedTasks: [] });
});

test("nothing is paused by a task that there is not, that is undefined, or that is misspelt", async () => {
  const { queue } = queueOf();
  const client = createClient({ url: "http://localhost", fetch: (url, init) => queue.fetch(new Request(url, init)) });
  const undefinedTask = { task: undefined } as never;
  await expect(queue.pause({ task: "none" as never })).rejects.toMatchObject({ code: "unknown_task" });
  await expect(queue.pause(undefinedTask)).rejects.toThrow(TypeError);
  await expect(client.pause(undefinedTask)).rejects.toThrow(TypeError);
  await expect(queue.pause({ schedule: undefined } as never)).rejects.toThrow(TypeError);
  await expect(client.resume({ schedule: undefined } as never)).rejects.toThrow(TypeError);
  await expect(client.pause({ schedule: "none" })).rejects.toMatchObject({ code: "schedule_not_found" });
  await expect(queue.pause({ taks: "mail" } as never)).rejects.toThrow("there is no option taks");
  await expect(client.pause({ taks: "mail" } as never)).rejects.toMatchObject({ code: "invalid_request" });
  await expect(queue.pause({ until: new Date(0) })).rejects.toMatchObject({ errors: [{ pointer: "/until" }] });
  expect(await queue.stats()).toMatchObject({ pausedTasks: [] });
  expect(await queue.stats()).not.toHaveProperty("paused");
});
