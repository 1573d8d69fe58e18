import { afterEach, beforeEach, expect, test } from "vitest";
import { createTestKit, type TestKit } from "wakeq/testing";
import * as z from "zod";
import { defineQueue, defineTask } from "../../lib/index.ts";

const HOUR = 3_600_000;
const mail = defineTask({ name: "mail", input: z.object({}), run: () => "sent" });
const note = defineTask({ name: "note", input: z.object({}), run: () => "noted" });
const queue = defineQueue({ tasks: [mail, note], log: "silent" });

let kit: TestKit<readonly (typeof mail | typeof note)[]>;
beforeEach(async () => {
  kit = await createTestKit(queue, { now: Date.UTC(2030, 0, 1) });
});
afterEach(() => kit.close());

test("nothing runs while the queue is paused, and `advance` goes on at the instant at which the pause ends", async () => {
  const id = await kit.submit(note);
  await kit.pause({ until: kit.now() + 24 * HOUR });
  await kit.advance("23h");
  expect((await kit.job(id)).status).toBe("pending");
  const ends = kit.now() + HOUR;
  await kit.advance("2h");
  expect(await kit.job(id)).toMatchObject({ status: "completed", finishedAt: ends });
});

test("a paused task goes on a month later at `until`, and others do not wait", async () => {
  const [first, other] = [await kit.submit(mail), await kit.submit("note")];
  await kit.pause({ task: mail, until: new Date(kit.now() + 30 * 24 * HOUR) });
  await kit.drain();
  expect((await kit.job(other)).status).toBe("completed");
  expect((await kit.job(first)).status).toBe("pending");
  await kit.advance("30d");
  expect(await kit.job(first)).toMatchObject({ status: "completed", finishedAt: kit.now() });
});

test("what the application pauses is paused in the kit's time", async () => {
  const until = new Date(kit.now() + HOUR);
  expect(await queue.pause({ until })).toMatchObject({ paused: { since: new Date(kit.now()), until } });
  await expect(queue.pause({ until: new Date(kit.now()) })).rejects.toMatchObject({ code: "invalid_request" });
  const id = await kit.submit(note);
  await kit.drain();
  expect((await kit.job(id)).status).toBe("pending");
  await kit.advance("1h");
  expect(await kit.job(id)).toMatchObject({ status: "completed", finishedAt: until.getTime() });
});

test("a pause without an end is over when it is resumed", async () => {
  const id = await kit.submit(mail);
  await kit.pause();
  await kit.pause({ task: "mail" });
  await kit.advance("300d");
  await kit.resume();
  await kit.drain();
  expect((await kit.job(id)).status).toBe("pending");
  await kit.resume({ task: mail });
  await kit.drain();
  expect((await kit.job(id)).status).toBe("completed");
});

test("a pause into the past is refused", async () => {
  for (const until of [kit.now(), new Date(kit.now()), "2001-01-01T00:00:00Z", "tomorrow", Number.NaN])
    await expect(kit.pause({ until })).rejects.toThrow(RangeError);
});
