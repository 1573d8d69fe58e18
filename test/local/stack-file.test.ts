import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { announce, runningStack } from "../../local/stack-file.ts";
import { isSameToken, keptToken, randomToken } from "../../packages/redis-rest-local/src/token.ts";

let dir: string;
let server: Server;
let url: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "wakeq-note-"));
  server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  url = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
});
afterEach(async () => {
  server.close();
  await rm(dir, { recursive: true, force: true });
});
const modeOf = async (name: string) => ((await stat(join(dir, name))).mode & 0o777).toString(8);
const here = () => ({ pid: process.pid, api: url, lambda: url, rest: { url, token: "t" } });

test("a running stack is found by its note, which only its owner can read, until the note is removed", async () => {
  expect(await runningStack(dir)).toBeUndefined();
  const end = await announce(dir, here());
  expect(await runningStack(dir)).toEqual(here());
  expect(await modeOf("stack.json")).toBe("600");
  expect(await readdir(dir)).toEqual(["stack.json"]);
  await end();
  expect(await readdir(dir)).toEqual([]);
  expect(await runningStack(dir)).toBeUndefined();
});

test.each<[string, () => Promise<unknown>]>([
  ["its process is gone", async () => announce(dir, { ...here(), pid: 2 ** 22 + 1 })],
  ["its port is closed", async () => announce(dir, here()).then(() => server.close())],
  ["its file is cut short", async () => writeFile(join(dir, "stack.json"), '{"pid":')],
  ["its file belongs to something else", async () => writeFile(join(dir, "stack.json"), '{"pid":1,"lambda":7}')],
  ["its file is null", async () => writeFile(join(dir, "stack.json"), "null")],
])("a note that was left behind is ignored: %s", async (_, leave) => {
  await leave();
  expect(await runningStack(dir)).toBeUndefined();
});

test("a new note replaces one that was left behind, whatever its mode", async () => {
  await writeFile(join(dir, "stack.json"), "{}", { mode: 0o666 });
  await announce(dir, here());
  expect(await modeOf("stack.json")).toBe("600");
  expect(await runningStack(dir)).toEqual(here());
});

test("a data folder's token is random, is kept, and only its owner can read it; a broken token is replaced", async () => {
  const token = await keptToken(dir);
  expect(token).toMatch(/^[\w-]{32}$/);
  expect(await keptToken(dir)).toBe(token);
  expect(await modeOf("redis-token")).toBe("600");
  await writeFile(join(dir, "redis-token"), "\n");
  expect(await keptToken(dir)).not.toBe(token);
  expect((await readFile(join(dir, "redis-token"), "utf8")).trim()).toBe(await keptToken(dir));
});

test.each([
  ["the same", "a-token", true],
  ["a longer one", "a-token ", false],
  ["a shorter one", "a-toke", false],
  ["another of the same length", "b-token", false],
  ["an empty one", "", false],
])("a token matches only itself: %s", (_, given, same) => {
  expect(isSameToken(given, "a-token")).toBe(same);
  expect(isSameToken(given, undefined)).toBe(false);
  expect(isSameToken(given, "")).toBe(false);
});

test("no two tokens are the same", () => {
  expect(new Set(Array.from({ length: 1_000 }, randomToken)).size).toBe(1_000);
});
