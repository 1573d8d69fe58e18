import { spawn } from "node:child_process";
import { once } from "node:events";
import { open as openFile, readFile, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { ReplyError, Status } from "../../../local/backend.ts";
import { FolderInUse } from "../../../local/lock.ts";
import { dump, replay, settled } from "./compare.ts";
import { command } from "./grammar.ts";
import { useDirectories, useStores } from "./support.ts";

const directory = useDirectories();
const open = useStores();

/** As `Promise.withResolvers`, which Node 20 does not have. */
function withResolvers() {
  let resolve: (text: string) => void = () => {};
  const promise = new Promise<string>((resolved) => {
    resolve = resolved;
  });
  return { promise, resolve };
}

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

test("a process that is killed loses at most what it wrote in the last second", async () => {
  const dir = await directory();
  const writer = spawn(
    process.execPath,
    ["--import", "tsx", fileURLToPath(new URL("./writer.ts", import.meta.url)), dir],
    {
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  let last = 0;
  const times = new Map<number, number>();
  for await (const line of createInterface({ input: writer.stdout })) {
    last = Number(line);
    times.set(last, performance.now());
    if (last >= 100 && performance.now() - times.values().next().value! > 1_500) break;
  }
  const killedAt = performance.now();
  writer.kill("SIGKILL");
  await once(writer, "exit");

  const store = await open({ dir });
  const kept = Number(await store.send(["GET", "n"]));
  const lost = [...times].filter(([number]) => number > kept).map(([, time]) => killedAt - time);
  expect(Math.max(0, ...lost)).toBeLessThan(1_000);
  // Each number was written with its list entry in one script: neither is there without the other.
  expect(Number(await store.send(["LINDEX", "l", "-1"]))).toBe(kept);
  expect(kept).toBeGreaterThan(0);
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
  expect(warnings).toEqual([expect.stringContaining("damaged or incomplete")]);
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

test("a file that is no log is put aside, not lost and not read", async () => {
  const dir = await directory();
  await writeFile(join(dir, "store.log"), "something else");
  const store = await open({ dir });
  expect(store.size).toBe(0);
  expect(await readFile(join(dir, "store.log.damaged"), "utf8")).toBe("something else");
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

test("when the log cannot be written, write commands are refused until it can be, and nothing is lost", async () => {
  const dir = await directory();
  const probe = await openFile(join(dir, "probe"), "w");
  const sync = vi.spyOn(Object.getPrototypeOf(probe), "datasync");
  await probe.close();
  sync.mockRejectedValue(new Error("no space left on device"));
  const told = withResolvers();
  const store = await open({ dir, log: told.resolve });

  await store.send(["SET", "k", "1"]);
  expect(await told.promise).toContain("no space left on device");
  const refusal = "MISCONF Errors writing to the AOF file: no space left on device";
  expect(await store.send(["SET", "k", "2"])).toEqual(new ReplyError(refusal));
  expect(await store.send(["GET", "k"])).toEqual(Buffer.from("1"));

  sync.mockRestore();
  await vi.waitFor(async () => expect(await store.send(["SET", "other", "1"])).toEqual(new Status("OK")));
  await store.close();
  expect(await (await open({ dir })).send(["MGET", "k", "other"])).toEqual([Buffer.from("1"), Buffer.from("1")]);
});
