import { afterEach, expect, test } from "vitest";
import { createTestKit, type TestKit } from "wakeq/testing";
import * as z from "zod";
import { defineQueue, defineTask } from "../../lib/index.ts";

const HOUR = 3_600_000;
const note = defineTask({ name: "note", input: z.object({}), run: () => "noted" });
const parent = defineTask({
  name: "parent",
  input: z.object({ at: z.number() }),
  run: ({ input, submit }) => submit(note, {}, { runAt: new Date(input.at) }),
});
const queue = defineQueue({ tasks: [note, parent], log: "silent" });

let kit: TestKit<readonly (typeof note | typeof parent)[]>;
afterEach(() => kit.close());

test.each([2000, 2020, 2036])("times count from the kit's clock: %i", async (year) => {
  kit = await createTestKit(queue, { now: Date.UTC(year, 0, 1) });
  const runAt = new Date(kit.now() + 2 * HOUR);
  const { id } = await queue.submit(note, {}, { runAt, expiresSeconds: 3 * 3_600 });
  expect(await queue.status(id)).toMatchObject({ status: "pending", createdAt: new Date(kit.now()), runAt });
  expect(await queue.status(id)).not.toHaveProperty("expired");
  const refused = { code: "invalid_request" };
  await expect(queue.submit(note, {}, { runAt, expiresSeconds: 3_600 })).rejects.toMatchObject(refused);
  const tooLate = new Date(kit.now() + 367 * 24 * HOUR);
  await expect(queue.submit(note, {}, { runAt: tooLate })).rejects.toMatchObject(refused);

  const made = await kit.submit(parent, { at: runAt.getTime() });
  await kit.drain();
  const child = (await kit.job(made)).result as string;
  expect(await queue.status(child)).toMatchObject({ status: "pending", runAt });
  await kit.advance("2h");
  for (const each of [id, child]) expect((await kit.job(each)).status).toBe("completed");
});

test("a job that has expired says so in the kit's time", async () => {
  kit = await createTestKit(queue, { now: Date.UTC(2036, 0, 1) });
  const { id } = await queue.submit(note, {}, { expiresSeconds: 3_600 });
  await kit.advance("2h", { workers: false });
  expect(await queue.status(id)).toMatchObject({ status: "pending", expired: true });
});

test.each([{ task: "typo" }, { task: undefined }])("the kit pauses no task that there is not: %j", async (what) => {
  kit = await createTestKit(queue, { now: Date.UTC(2030, 0, 1) });
  for (const verb of ["pause", "resume"] as const) await expect(kit[verb](what as never)).rejects.toThrow(/task/);
  expect(await queue.stats()).toMatchObject({ pausedTasks: [] });
  expect(await queue.stats()).not.toHaveProperty("paused");
});
