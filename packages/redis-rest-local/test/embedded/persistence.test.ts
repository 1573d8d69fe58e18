import { spawn } from "node:child_process";
import { chmod, stat } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { expect, test } from "vitest";
import { FolderInUse } from "../../src/lock.ts";
import { dump, replay, settled } from "./compare.ts";
import { command } from "./grammar.ts";
import { useDirectories, useStores } from "./support.ts";

const directory = useDirectories();
const open = useStores();

const START = 1_800_000_000_000;

test("a store that is opened again has what it had", async () => {
  const dir = await directory();
  const first = await open({ dir });
  await first.send(["SET", "text", Buffer.from([0, 13, 10, 255])]);
  await first.send(["RPUSH", "list", "a", "", "b"]);
  await first.send(["HSET", "hash", "f", "v"]);
  await first.send(["SADD", "set", "m"]);
  await first.send(["ZADD", "zset", "0.1", "m", "-inf", "n"]);
  await first.send(["PEXPIREAT", "list", "4102444800000"]);
  const before = await dump(first);
  await first.close();

  const second = await open({ dir });
  expect(await dump(second)).toEqual(before);
  expect(await second.send(["PEXPIRETIME", "list"])).toBe(4_102_444_800_000);
});

test("after any commands, a store that is opened again is the one that was closed", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(command, { maxLength: 60, size: "max" }), async (commands) => {
      const dir = await directory();
      const first = await open({ dir });
      await replay(first, commands.map((words) => ({ command: words })).flatMap(settled));
      const before = await dump(first);
      await first.close();
      const second = await open({ dir });
      expect(await dump(second)).toEqual(before);
      await second.close();
    }),
    { numRuns: 40 },
  );
});

test("a key with an expiry in the past is gone when the store is opened again", async () => {
  const dir = await directory();
  const first = await open({ dir });
  await first.send(["SET", "k", "v"]);
  await first.send(["PEXPIREAT", "k", "1"]);
  await first.send(["RPUSH", "k", "item"]);
  await first.close();
  expect(await (await open({ dir })).send(["LRANGE", "k", "0", "-1"])).toEqual([Buffer.from("item")]);
});

test("what SPOP took by chance is gone when the store is opened again", async () => {
  const dir = await directory();
  const first = await open({ dir });
  await first.send(["SADD", "s", ...Array.from({ length: 50 }, (_, at) => `m${at}`)]);
  await first.send(["SPOP", "s", "20"]);
  await first.send(["EVAL", "return redis.call('SPOP', KEYS[1])", "1", "s"]);
  const before = await dump(first);
  await first.close();
  expect(await dump(await open({ dir }))).toEqual(before);
});

test("a key that expired does not come back, even if the clock goes back", async () => {
  const dir = await directory();
  let now = START;
  const first = await open({ dir, now: () => now });
  await first.send(["SET", "k", "1", "PX", "100"]);
  now += 101;
  await first.send(["SETNX", "k", "2"]);
  now -= 50;
  await first.send(["APPEND", "k", "3"]);
  await first.close();
  expect(await (await open({ dir, now: () => now })).send(["GET", "k"])).toEqual(Buffer.from("23"));
});

test("a key that expires while the store is closed is gone when it is opened", async () => {
  const dir = await directory();
  const first = await open({ dir, now: () => START });
  await first.send(["SET", "k", "1", "EX", "10"]);
  await first.close();
  const second = await open({ dir, now: () => START + 11_000 });
  expect(second.size).toBe(0);
});

test("what a store acknowledged survives the kill of its process", async () => {
  const dir = await directory();
  const writer = spawn(
    process.execPath,
    ["--import", "tsx", fileURLToPath(new URL("./writer.ts", import.meta.url)), dir],
    {
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  let acknowledged = 0;
  for await (const line of createInterface({ input: writer.stdout })) {
    acknowledged = Number(line);
    if (acknowledged === 100) writer.kill("SIGKILL");
  }

  const store = await open({ dir });
  const kept = Number(await store.send(["GET", "n"]));
  expect(acknowledged).toBeGreaterThanOrEqual(100);
  expect(kept).toBeGreaterThanOrEqual(acknowledged);
  // One script writes each number and its list entry, so both are there or neither.
  expect(Number(await store.send(["LINDEX", "l", "-1"]))).toBe(kept);
});

test("only the user of a store may read its files", async () => {
  const dir = await directory();
  await chmod(dir, 0o755);
  const store = await open({ dir });
  await store.send(["SET", "a", "1"]);
  expect((await stat(dir)).mode & 0o777).toBe(0o700);
  expect((await stat(join(dir, "store.log"))).mode & 0o077).toBe(0);
});

test("the log does not grow with values that were overwritten", async () => {
  const dir = await directory();
  const store = await open({ dir });
  const value = "x".repeat(1_000_000);
  for (let at = 0; at < 60; at++) {
    await store.send(["SET", "k", value]);
    await store.send(["SET", "last", String(at)]);
  }
  await store.close();
  const again = await open({ dir });
  await again.close();
  expect((await stat(join(dir, "store.log"))).size).toBeLessThan(20_000_000);
  const third = await open({ dir });
  expect(await third.send(["GET", "last"])).toEqual(Buffer.from("59"));
  expect(await third.send(["STRLEN", "k"])).toBe(1_000_000);
});

test("only one store at a time may use a directory", async () => {
  const dir = await directory();
  const first = await open({ dir });
  await expect(open({ dir })).rejects.toThrow(FolderInUse);
  await first.close();
  await open({ dir });
});
