import { spawn } from "node:child_process";
import { chmod, mkdir, open as openFile, readFile, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { StatusReply } from "../../src/backend.ts";
import { readLog } from "../../src/embedded/log-file.ts";
import { decodeLog, encodeBatch, MAGIC } from "../../src/embedded/log-format.ts";
import { FolderInUse } from "../../src/lock.ts";
import { dump, replay, settled } from "./compare.ts";
import { command } from "./grammar.ts";
import { useDirectories, useStores } from "./support.ts";

const directory = useDirectories();
const open = useStores();

const START = 1_800_000_000_000;

test("what is in a store is there when its directory is opened again", async () => {
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

test("whatever commands ran, the store that is read back is the store that was left", async () => {
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

test("a key that was given an expiry in the past is gone in the log, too", async () => {
  const dir = await directory();
  const first = await open({ dir });
  await first.send(["SET", "k", "v"]);
  await first.send(["PEXPIREAT", "k", "1"]);
  await first.send(["RPUSH", "k", "item"]);
  await first.close();
  expect(await (await open({ dir })).send(["LRANGE", "k", "0", "-1"])).toEqual([Buffer.from("item")]);
});

test("what chance took from a set is what is gone afterwards", async () => {
  const dir = await directory();
  const first = await open({ dir });
  await first.send(["SADD", "s", ...Array.from({ length: 50 }, (_, at) => `m${at}`)]);
  await first.send(["SPOP", "s", "20"]);
  await first.send(["EVAL", "return redis.call('SPOP', KEYS[1])", "1", "s"]);
  const before = await dump(first);
  await first.close();
  expect(await dump(await open({ dir }))).toEqual(before);
});

test("a key that expired does not come back, whatever the clock said then", async () => {
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

test("a store that was closed for longer than a key had left opens without the key", async () => {
  const dir = await directory();
  const first = await open({ dir, now: () => START });
  await first.send(["SET", "k", "1", "EX", "10"]);
  await first.close();
  const second = await open({ dir, now: () => START + 11_000 });
  expect(second.size).toBe(0);
});

test("what a store acknowledged is there after its process was killed", async () => {
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
  // Each number was written with its list entry in one script: neither is there without the other.
  expect(Number(await store.send(["LINDEX", "l", "-1"]))).toBe(kept);
});

test("a record that was not written to its end is cut off, with a warning, and the rest is there", async () => {
  const dir = await directory();
  const first = await open({ dir });
  await first.send(["SET", "a", "1"]);
  await first.close();
  const whole = (await stat(join(dir, "store.log"))).size;
  const second = await open({ dir });
  await second.transaction([
    ["SET", "b", "2"],
    ["SET", "c", "3"],
  ]);
  await second.close();
  await truncate(join(dir, "store.log"), (await stat(join(dir, "store.log"))).size - 3);

  const warnings: string[] = [];
  const third = await open({ dir, log: (message) => warnings.push(message) });
  expect(await third.send(["MGET", "a", "b", "c"])).toEqual([Buffer.from("1"), null, null]);
  expect(warnings).toEqual([expect.stringContaining("as when a write was interrupted")]);
  expect((await stat(join(dir, "store.log"))).size).toBe(whole);
  await third.send(["SET", "d", "4"]);
  await third.close();
  expect(await (await open({ dir })).send(["GET", "d"])).toEqual(Buffer.from("4"));
});

test("damage in the middle keeps what is before it, and saves what is after it beside the log", async () => {
  const dir = await directory();
  const first = await open({ dir });
  await first.send(["SET", "a", "1"]);
  await first.close();
  const end = (await stat(join(dir, "store.log"))).size;
  const second = await open({ dir });
  await second.send(["SET", "b", "2"]);
  await second.close();
  const log = await readFile(join(dir, "store.log"));
  log[end + 12]! ^= 1;
  await writeFile(join(dir, "store.log"), log);

  const third = await open({ dir });
  expect(await third.send(["MGET", "a", "b"])).toEqual([Buffer.from("1"), null]);
  expect((await readFile(join(dir, "store.log.damaged"))).length).toBe(log.length - end);
});

test("damage that is found twice is saved twice: the second does not overwrite the first", async () => {
  const dir = await directory();
  const path = join(dir, "store.log");
  const records = ["a", "b"].map((name) => encodeBatch({ now: START, commands: [["SET", name, "1"]] }));
  for (const record of records) {
    record[record.length - 2]! ^= 1;
    await writeFile(path, Buffer.concat([MAGIC, record]));
    await readLog({ path, replay: () => {}, warn: () => {} });
  }
  expect(await readFile(join(dir, "store.log.damaged"))).toEqual(Buffer.concat(records));
});

test.each([
  ["is not a log of the embedded store", () => Buffer.from("something else")],
  ["was written by another version of this store: start that one", () => Buffer.from("wakeq embedded store 2\nmore")],
  [
    "ERR unknown command 'SETNEW', with args beginning with: 'k'",
    () => Buffer.concat([MAGIC, encodeBatch({ now: START, commands: [["SETNEW", "k"]] })]),
  ],
])("a file that %s is neither read nor overwritten: the way out is named", async (what, content) => {
  const dir = await directory();
  const path = join(dir, "store.log");
  await writeFile(path, content());
  const message = await open({ dir }).then(
    () => "opened",
    (error: Error) => error.message,
  );
  expect(message).toContain(path);
  expect(message).toContain(what);
  expect(message).toContain(`To begin without its data: mv ${path} ${path}.old`);
  expect(await readFile(path)).toEqual(content());
});

test("wherever a write was interrupted, also where the file had grown already, what is whole is read and the rest cut off", async () => {
  const path = join(await directory(), "store.log");
  const records = ["a", "b", "c"].map((name) => encodeBatch({ now: START, commands: [["SET", name, "1"]] }));
  const log = Buffer.concat([MAGIC, ...records]);
  const ends = [...decodeLog(log)].map(({ end }) => end);
  for (let length = 0; length <= log.length; length++) {
    for (const zeros of length < MAGIC.length ? [0] : [0, 20]) {
      await writeFile(path, Buffer.concat([log.subarray(0, length), Buffer.alloc(zeros)]));
      let read = 0;
      const size = await readLog({ path, replay: () => read++, warn: () => {} });
      const whole = ends.filter((end) => end <= length);
      expect([read, size]).toEqual([whole.length, whole.at(-1) ?? MAGIC.length]);
      expect(await readFile(path)).toEqual(log.subarray(0, size));
    }
  }
});

test("damage that cannot be saved beside the log stays in it, and the store does not open", async () => {
  const dir = await directory();
  const path = join(dir, "store.log");
  const first = await open({ dir });
  await first.send(["SET", "a", "1"]);
  await first.close();
  const log = await readFile(path);
  log[log.length - 2]! ^= 1;
  await writeFile(path, log);
  await mkdir(`${path}.damaged`); // as good as a full disk
  await expect(open({ dir })).rejects.toThrow(/is damaged at byte \d+ of \d+, .*make room and start again/);
  expect(await readFile(path)).toEqual(log);
});

test("only its user may read what a store keeps", async () => {
  const dir = await directory();
  await chmod(dir, 0o755);
  const store = await open({ dir });
  await store.send(["SET", "a", "1"]);
  expect((await stat(dir)).mode & 0o777).toBe(0o700);
  expect((await stat(join(dir, "store.log"))).mode & 0o077).toBe(0);
});

test("the log does not grow with what is written over", async () => {
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

test("a directory is used by one store at a time", async () => {
  const dir = await directory();
  const first = await open({ dir });
  await expect(open({ dir })).rejects.toThrow(FolderInUse);
  await first.close();
  await open({ dir });
});

/** Fails each call of a method of files, as a full disk would, until it is given back. */
async function failing(dir: string, method: "write" | "datasync") {
  const probe = await openFile(join(dir, "probe"), "w");
  const spy = vi.spyOn(Object.getPrototypeOf(probe), method);
  await probe.close();
  spy.mockRejectedValue(new Error("no space left on device"));
  return spy;
}

test.each([
  ["process", "write"],
  ["power", "datasync"],
] as const)(
  "what cannot be kept (%s: %s) is not acknowledged, writes are refused until it can be, and nothing is lost",
  async (durability, method) => {
    const dir = await directory();
    const warnings: string[] = [];
    const store = await open({ dir, durability, log: (message) => warnings.push(message) });
    await store.send(["SET", "before", "1"]);
    const fault = await failing(dir, method);
    for (const command of [
      ["SET", "k", "1"],
      ["SET", "k", "2"],
      ["EVAL", "return 'done already'", "0"],
    ]) {
      await expect(store.send(command)).rejects.toThrow("no space left on device");
    }
    await expect(store.transaction([["SET", "k", "2"]])).rejects.toThrow("no space left on device");
    expect(await store.send(["MGET", "before", "k"])).toEqual([Buffer.from("1"), Buffer.from("1")]);
    expect(warnings).toEqual([expect.stringContaining("no space left on device. Writes are refused until it can")]);

    fault.mockRestore();
    await vi.waitFor(async () => expect(await store.send(["SET", "other", "1"])).toEqual(new StatusReply("OK")));
    await store.close();
    expect(await (await open({ dir })).send(["MGET", "k", "other"])).toEqual([Buffer.from("1"), Buffer.from("1")]);
  },
);

test("a store that closes while it cannot be written says so, and the next one has what was acknowledged", async () => {
  const dir = await directory();
  const store = await open({ dir });
  await store.send(["SET", "before", "1"]);
  const fault = await failing(dir, "write");
  await expect(store.send(["SET", "k", "1"])).rejects.toThrow("no space left");
  await expect(store.close()).rejects.toThrow(/no space left on device. Changes that were refused since then are lost/);
  fault.mockRestore();
  expect(await (await open({ dir })).send(["MGET", "before", "k"])).toEqual([Buffer.from("1"), null]);
});
