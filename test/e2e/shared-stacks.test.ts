import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { type LocalRedis, startLocalEmbedded } from "../../packages/redis-rest-local/src/testing.ts";
import { Stacks } from "../support/shared/stacks.ts";
import type { startTestStack, TestStack } from "../support/stack.ts";

type Local = Omit<LocalRedis, "redis">;
/** What is removed with a stack. */
const NOWHERE = "/there/is/no/such/folder";
const stores: Local[] = [];
const stopped: string[] = [];
const free: Local[] = [];

beforeAll(async () => {
  for (let i = 0; i < 2; i++) stores.push(await startLocalEmbedded());
});
afterAll(async () => {
  for (const store of stores) await store.stop();
});
afterEach(async () => {
  stopped.length = 0;
});

/** Stacks that are a store and nothing else. */
function stacks(quietMs = 200) {
  free.splice(0, free.length, ...stores);
  let heard = (_: string) => {};
  const start = (async ({ hear = () => {} }: { hear?: (line: string) => void } = {}) => {
    const { url, token } = free.shift()!;
    heard = hear;
    return { url, lambdaUrl: url, rest: { url, token }, dataDir: NOWHERE, stop: async () => void stopped.push(url) };
  }) as unknown as typeof startTestStack;
  return { stacks: new Stacks({ start, quietMs }), print: (line: string) => heard(line) };
}

async function send({ rest }: Pick<TestStack, "rest">, ...command: string[]): Promise<unknown> {
  const headers = { authorization: `Bearer ${rest.token}` };
  const response = await fetch(rest.url, { method: "POST", headers, body: JSON.stringify(command) });
  return ((await response.json()) as { result: unknown }).result;
}

const none = () => {};

test("two that borrow at the same moment get two stacks, and who comes after one of them gets that one, empty", async () => {
  const { stacks: all } = stacks();
  const [first, second] = await Promise.all([all.lend({}, none), all.lend({}, none)]);
  expect(first.stack.url).not.toBe(second.stack.url);
  await send(first.stack, "SET", "left", "behind");
  void first.giveBack();
  const third = await all.lend({}, none); // waits until that is empty
  expect(third.stack.url).toBe(first.stack.url);
  expect(await send(third.stack, "DBSIZE")).toBe(0);
  void second.giveBack();
  expect((await all.lend({}, none)).stack.url).toBe(second.stack.url);
});

test("who wants other variables gets another stack", async () => {
  const { stacks: all } = stacks();
  const first = await all.lend({ API_KEYS: "a" }, none);
  await first.giveBack();
  expect((await all.lend({ API_KEYS: "b" }, none)).stack.url).not.toBe(first.stack.url);
});

test("what a stack prints is heard by the one that has it", async () => {
  const { stacks: all, print } = stacks();
  const heard: string[] = [];
  const first = await all.lend({}, (line) => heard.push(`first: ${line}`));
  print("one");
  await first.giveBack();
  print("two");
  await all.lend({}, (line) => heard.push(`second: ${line}`));
  print("three");
  expect(heard).toEqual(["first: one", "second: three"]);
});

test.each(["job_queue:wake", "job_queue:linger"])(
  "a stack on which work goes on (%s) is lent again once that has ended, else never",
  async (key) => {
    const { stacks: all } = stacks(60_000);
    const first = await all.lend({}, none);
    await send(first.stack, "SET", key, "somebody", "PX", "100");
    await first.giveBack();
    const again = await all.lend({}, none);
    expect(again.stack.url).toBe(first.stack.url);

    const { stacks: hasty } = stacks(50);
    const busy = await hasty.lend({}, none);
    await send(busy.stack, "SET", key, "somebody");
    await busy.giveBack();
    expect(stopped).toEqual([busy.stack.url]);
    expect((await hasty.lend({}, none)).stack.url).not.toBe(busy.stack.url);
    await send(busy.stack, "DEL", key);
  },
);

test("a stack that does not start is an error for the one that wants it, and for no other", async () => {
  let times = 0;
  const start = (async () => {
    if (times++ === 0) throw new Error("no port");
    return { url: "there", dataDir: NOWHERE, stop: async () => {} };
  }) as unknown as typeof startTestStack;
  const all = new Stacks({ start });
  await expect(all.lend({}, none)).rejects.toThrow("no port");
  expect((await all.lend({}, none)).stack.url).toBe("there");
  await all.end();
});
