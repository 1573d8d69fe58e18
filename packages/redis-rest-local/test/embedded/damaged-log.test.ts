import { mkdir, readFile, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readLog } from "../../src/embedded/log-file.ts";
import { decodeLog, encodeBatch, MAGIC } from "../../src/embedded/log-format.ts";
import { useDirectories, useStores } from "./support.ts";

const directory = useDirectories();
const open = useStores();

const START = 1_800_000_000_000;

test("a record that was written in part is cut off with a warning, and the rest is there", async () => {
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

test("of a log with damage in the middle, the store reads what is before it and saves the rest beside the log", async () => {
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

test("saved damage does not overwrite what was saved before", async () => {
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
])("a log that %s is neither read nor overwritten, and the message says what to do", async (what, content) => {
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

test("wherever a write was interrupted, the store reads what is whole and cuts off the rest", async () => {
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

test("a store whose damage cannot be saved beside the log does not open, and leaves the log as it is", async () => {
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
