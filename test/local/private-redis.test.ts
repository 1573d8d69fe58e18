import { execFileSync, spawnSync } from "node:child_process";
import { appendFile, chmod, cp, mkdtemp, open, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { openPrivateRedis, type PrivateRedis } from "../../local/private-redis.ts";
import type { Durability } from "../../packages/redis-rest-local/src/durability.ts";
import { connectBackend } from "../../packages/redis-rest-local/src/server-backend.ts";

let base: string;
/** A folder with `a` in the base file and `b` in the file after it. */
let written: string;
let dir: string;
const servers: PrivateRedis[] = [];
const said: string[] = [];

async function start(durability: Durability = "process"): Promise<PrivateRedis> {
  const server = await openPrivateRedis({ dir, durability, say: (line) => said.push(line) });
  servers.push(server);
  return server;
}

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), "wakeq-private-"));
  dir = written = join(base, "written");
  const { backend, stop } = await start();
  await backend.send(["SET", "a", "1"]);
  await backend.send(["BGREWRITEAOF"]);
  await vi.waitUntil(async () => {
    const info = String(await backend.send(["INFO", "persistence"]));
    return info.includes("aof_rewrite_in_progress:0") && info.includes("aof_rewrites:1");
  });
  await backend.send(["SET", "b", "1"]);
  await stop();
  servers.length = 0;
});
afterAll(() => rm(base, { recursive: true, force: true }));

beforeEach(async () => {
  said.length = 0;
  dir = await mkdtemp(join(base, "case-"));
  await cp(written, dir, { recursive: true });
});
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
});

const pathOf = async (what: "base" | "incr" | "manifest") => {
  const folder = join(dir, "appendonlydir");
  return join(folder, (await readdir(folder)).find((name) => name.includes(what))!);
};

async function overwrite(path: string, at: number, text: string): Promise<void> {
  const file = await open(path, "r+");
  await file.write(text, at, "latin1");
  await file.close();
}

const filesOf = async () => {
  const names = (await readdir(join(dir, "appendonlydir"))).sort();
  return Promise.all(names.map(async (name) => [name, await readFile(join(dir, "appendonlydir", name), "hex")]));
};

const TROUBLES: [string, RegExp, () => Promise<void>][] = [
  ["its manifest is lost", /has lost its appendonly.aof.manifest/, async () => rm(await pathOf("manifest"))],
  [
    "its manifest is empty",
    /has a damaged appendonly.aof.manifest/,
    async () => writeFile(await pathOf("manifest"), ""),
  ],
  [
    "its manifest is nonsense",
    /has a damaged appendonly.aof.manifest/,
    async () => writeFile(await pathOf("manifest"), "hello world\n"),
  ],
  ["its base file is lost", /lacks the file appendonly.aof.2.base.rdb/, async () => rm(await pathOf("base"))],
  ["its newest file is lost", /lacks the file appendonly.aof.2.incr.aof/, async () => rm(await pathOf("incr"))],
  ["its base file is damaged", /has a damaged base file/, async () => overwrite(await pathOf("base"), 30, "XXXX")],
  [
    "its base file is something else",
    /has a damaged appendonly.aof.2.base.rdb/,
    async () => overwrite(await pathOf("base"), 0, "GARBAGE"),
  ],
  [
    "its newest file is damaged",
    /has a damaged appendonly.aof.2.incr.aof/,
    async () => appendFile(await pathOf("incr"), "garbage and more of it\r\n"),
  ],
  [
    "a newer Redis wrote it",
    /was written by a newer Redis \(RDB format 99\)/,
    async () => overwrite(await pathOf("base"), 0, "REDIS0099"),
  ],
  [
    "a newer Redis wrote a command",
    /was written by another Redis, which knows the command NEWEST/,
    async () => appendFile(await pathOf("incr"), "*1\r\n$6\r\nNEWEST\r\n"),
  ],
];

test.each(TROUBLES)(
  "a Redis does not start if %s: one message says what to do, and the files stay unchanged",
  async (_, what, harm) => {
    await harm();
    const before = await filesOf();
    const message = await start().then(
      () => "started",
      (error: Error) => error.message,
    );
    expect(message).toMatch(what);
    const folder = join(dir, "appendonlydir");
    expect(message).toContain(`the jobs in ${folder} cannot be read`);
    expect(message).toContain(`To begin without them: mv ${folder} ${folder}.old`);
    expect(await filesOf()).toEqual(before);

    execFileSync("mv", [folder, `${folder}.old`]); // as the message says
    expect(await (await start()).backend.send(["DBSIZE"])).toBe(0);
  },
);

test("a last write that a kill cut short is dropped with a message, and everything before it is kept", async () => {
  await appendFile(await pathOf("incr"), "*3\r\n$3\r\nSET\r\n$1\r\nc\r\n$10\r\nhal");
  const { backend } = await start();
  expect(await backend.send(["MGET", "a", "b", "c"])).toEqual([Buffer.from("1"), Buffer.from("1"), null]);
  expect(said).toEqual([
    expect.stringMatching(/appendonly.aof.2.incr.aof had an incomplete end, which was cut at byte \d+/),
  ]);
});

test("only its user can read its files, even if the folder was open to others, and no one gets in without the password", async () => {
  await chmod(dir, 0o755);
  const { backend, url, port, pid, passwordFile } = await start();
  await backend.send(["SET", "c", "1"]);
  await backend.send(["BGREWRITEAOF"]);
  await vi.waitUntil(async () => String(await backend.send(["INFO", "persistence"])).includes("aof_rewrites:1"));
  expect((await stat(dir)).mode & 0o777).toBe(0o700);
  for (const path of [await pathOf("incr"), await pathOf("manifest"), passwordFile]) {
    expect([path, (await stat(path)).mode & 0o077]).toEqual([path, 0]);
  }

  const password = (await readFile(passwordFile, "utf8")).trim();
  expect(url).toBe(`redis://:${password}@127.0.0.1:${port}`);
  expect(password).toMatch(/^[0-9a-f]{48}$/);
  const stranger = connectBackend({ port });
  expect(await stranger.send(["GET", "a"])).toMatchObject({ message: "NOAUTH Authentication required." });
  await stranger.close();
  const { stdout } = spawnSync("ps", ["-ww", "-p", String(pid), "-o", "args="], { encoding: "utf8" });
  expect(stdout).toContain(`127.0.0.1:${port}`);
  expect(stdout).not.toContain(password);
});

test("its password is different after each start", async () => {
  const first = await start();
  await first.stop();
  expect((await start()).url.split("@")[0]).not.toBe(first.url.split("@")[0]);
});

test.each(["process", "power"] as const)(
  "everything that it acknowledged is there after a kill (%s)",
  async (durability) => {
    const { backend, pid, ended } = await start(durability);
    let acknowledged = 0;
    for (let number = 1; ; number++) {
      const reply = await backend.send(["SET", "n", String(number)]).catch(() => undefined);
      if (!reply) break;
      acknowledged = number;
      if (number === 50) setImmediate(() => process.kill(pid, "SIGKILL"));
    }
    await ended;
    const kept = Number(await (await start()).backend.send(["GET", "n"]));
    expect(acknowledged).toBeGreaterThanOrEqual(50);
    expect(kept).toBeGreaterThanOrEqual(acknowledged);
  },
);

test("its writes are forced to the disk a moment later, and not by Redis itself", async () => {
  const probe = await open(await pathOf("incr"));
  const sync = vi.spyOn(Object.getPrototypeOf(probe), "datasync");
  await probe.close();
  const { backend } = await start();
  await backend.send(["GET", "a"]);
  await backend.send(["SET", "c", "1"]);
  await vi.waitUntil(() => sync.mock.results.length > 0, { timeout: 30_000 });
  await expect(sync.mock.results[0]!.value).resolves.toBeUndefined();
  sync.mockRestore();
});
