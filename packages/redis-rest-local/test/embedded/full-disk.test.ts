import { open as openFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { StatusReply } from "../../src/backend.ts";
import { useDirectories, useStores } from "./support.ts";

const directory = useDirectories();
const open = useStores();

/** Makes a method of files fail, as a full disk would, until the test restores it. */
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
  "while the log cannot be written (%s: %s), writes are refused, and no acknowledged one is lost",
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

test("a store that closes while its log cannot be written says so, and what it acknowledged is kept", async () => {
  const dir = await directory();
  const store = await open({ dir });
  await store.send(["SET", "before", "1"]);
  const fault = await failing(dir, "write");
  await expect(store.send(["SET", "k", "1"])).rejects.toThrow("no space left");
  await expect(store.close()).rejects.toThrow(/no space left on device. Changes that were refused since then are lost/);
  fault.mockRestore();
  expect(await (await open({ dir })).send(["MGET", "before", "k"])).toEqual([Buffer.from("1"), null]);
});
