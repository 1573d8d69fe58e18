import { expect, test } from "vitest";
import { dump } from "./compare.ts";
import { useStores } from "./support.ts";

const open = useStores();

const START = 1_800_000_000_000;

async function openAt(start = START) {
  const clock = { now: start };
  return { clock, store: await open({ now: () => clock.now }) };
}

test("a key exists in its last millisecond and is gone in the next", async () => {
  const { clock, store } = await openAt();
  await store.send(["SET", "k", "v", "PX", "1000"]);
  clock.now += 1000;
  expect(await store.send(["GET", "k"])).toEqual(Buffer.from("v"));
  expect(await store.send(["PTTL", "k"])).toBe(0);
  clock.now += 1;
  expect(await store.send(["GET", "k"])).toBeNull();
  expect(await store.send(["PTTL", "k"])).toBe(-2);
});

test("expired keys are not counted, listed or kept, even if nothing has read them", async () => {
  const { clock, store } = await openAt();
  for (let at = 0; at < 5_000; at++) await store.send(["SET", `k${at}`, "v", "PX", String(at + 1)]);
  clock.now += 2_501;
  expect(await store.send(["DBSIZE"])).toBe(2_500);
  expect(store.size).toBe(2_500);
  expect(await store.send(["KEYS", "*"])).toHaveLength(2_500);
  expect(String(await store.send(["INFO", "keyspace"]))).toContain("db0:keys=2500,expires=2500");
  expect(String(await store.send(["INFO", "stats"]))).toContain("expired_keys:2500");
});

test("an expiry that was moved, removed or overwritten no longer ends the key", async () => {
  const { clock, store } = await openAt();
  for (const key of ["moved", "persisted", "overwritten", "renamed"]) await store.send(["SET", key, "v", "PX", "10"]);
  await store.send(["PEXPIRE", "moved", "1000"]);
  await store.send(["PERSIST", "persisted"]);
  await store.send(["SET", "overwritten", "v"]);
  await store.send(["RENAME", "renamed", "new"]);
  clock.now += 11;
  expect(await dump(store)).toEqual([
    ":3 keys",
    '"moved" +string expires "v"',
    '"overwritten" +string stays "v"',
    '"persisted" +string stays "v"',
  ]);
});

test("setting a key's expiry again and again takes no more memory", async () => {
  const { store } = await openAt();
  const before = process.memoryUsage().heapUsed;
  for (let at = 0; at < 200_000; at++) await store.send(["SET", "wake", "1", "PX", "60000"]);
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(64 * 1024 * 1024);
});

test("scripts can read the clock, and it stands still while one runs", async () => {
  const { clock, store } = await openAt();
  clock.now = START + 123.456;
  expect(await store.send(["EVAL", "return redis.call('TIME')", "0"])).toEqual([
    Buffer.from("1800000000"),
    Buffer.from("123456"),
  ]);

  const ticking = await open({ now: () => clock.now++ });
  const script =
    "redis.call('SET', 'k', 'v', 'PX', 1) for i = 1, 10 do redis.call('PING') end return redis.call('GET', 'k')";
  expect(await ticking.send(["EVAL", script, "0"])).toEqual(Buffer.from("v"));
});

test("setting the clock back revives no key and expires none early", async () => {
  const { clock, store } = await openAt();
  await store.send(["SET", "gone", "v", "PX", "10"]);
  await store.send(["SET", "stays", "v", "PX", "1000"]);
  clock.now += 11;
  expect(await store.send(["EXISTS", "gone"])).toBe(0);
  clock.now -= 11;
  expect(await store.send(["EXISTS", "gone", "stays"])).toBe(1);
  clock.now += 1000;
  expect(await store.send(["EXISTS", "stays"])).toBe(1);
});
