import { appendFile, mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { randomOf } from "../support/random.ts";
import { canFill, makeRoom, pathWithRedis } from "./disk.ts";
import { keep } from "./keeping.ts";
import { check, SEED, stores, strikesFor } from "./rounds.ts";
import { startKeeper } from "./start-keeper.ts";

test.each(stores)(
  "whatever happens to the gateway with %s, no accepted job is missing",
  async (store) => {
    const random = randomOf(SEED);
    const strikes = strikesFor(1, random);
    const lives = await keep(startKeeper, store, strikes, random);
    check(lives, store);
    expect(lives.length).toBe(strikes.length);
  },
  120_000,
);

test.runIf(canFill).each(stores)(
  "%s starts on a full disk from a file with a torn end, serves what it has, and accepts writes once there is room",
  async (store) => {
    const base = await mkdtemp(join(tmpdir(), "wakeq-full-"));
    onTestFinished(() => rm(base, { recursive: true, force: true }));
    const dir = join(base, "data");
    const path = await pathWithRedis(join(base, "bin"));
    const first = await startKeeper(store, dir, path);
    const kept = await first.submit("kept");
    first.signal("SIGKILL");
    await first.ended;
    const names = await readdir(dir, { recursive: true });
    const log = join(dir, names.find((name) => /incr\.aof$|store\.log$/.test(name))!);
    const { size } = await stat(log);
    await appendFile(
      log,
      store === "redis" ? "*3\r\n$3\r\nSET\r\n$5\r\nab" : Buffer.from([200, 0, 0, 0, 1, 2, 3, 4, 5]),
    );

    const second = await startKeeper(store, dir, path, ["prlimit", `--fsize=${size}:`]);
    expect(await second.missing([kept])).toEqual([]);
    await expect(second.submit("refused")).rejects.toThrow("Redis is out of reach: it answered 503");
    await expect(second.submit("refused")).rejects.toThrow("Redis is out of reach: it answered 503"); // refused by the store itself
    expect(await second.missing([kept])).toEqual([]);
    makeRoom(second.writer);
    let last: string | undefined;
    while (last === undefined) last = await second.submit("accepted").catch(() => undefined);
    second.signal("SIGKILL");
    await second.ended;

    const third = await startKeeper(store, dir, path);
    expect(await third.missing([kept, last])).toEqual([]);
    third.signal("SIGTERM");
    expect((await third.ended).output).toContain("jobs are kept for the next start");
  },
  60_000,
);
