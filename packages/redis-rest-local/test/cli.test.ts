import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { readOptions } from "../src/cli-options.ts";
import { asking } from "./ask.ts";
import { useDirectories } from "./embedded/support.ts";

const CLI = ["--import", "tsx", join(import.meta.dirname, "../src/cli.ts")];
const aDirectory = useDirectories();
const started: ChildProcess[] = [];
afterEach(() => {
  for (const each of started.splice(0)) each.kill("SIGKILL");
});

/** Runs the command. `said` is its output so far; `ended` resolves to its exit code. */
function run(args: readonly string[], environment: Record<string, string> = {}) {
  const child = spawn(process.execPath, [...CLI, ...args], { env: { PATH: process.env.PATH, ...environment } });
  started.push(child);
  const output = { text: "" };
  const printed = new Promise<void>((resolve) => {
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (data) => {
        output.text += data;
        if (output.text.includes("UPSTASH_REDIS_REST_TOKEN=")) resolve();
      });
  });
  const ended = once(child, "close").then(([code]) => code as number | null);
  return { child, ended, printed, said: () => output.text };
}

/** Runs the command until it serves. */
async function serving(args: readonly string[], environment?: Record<string, string>) {
  const one = run(["--port", "0", ...args], environment);
  await Promise.race([one.printed, one.ended]);
  const [, url, token] = /REST_URL="(.+)"\nUPSTASH_REDIS_REST_TOKEN="(.+)"/.exec(one.said()) ?? [];
  if (url === undefined || token === undefined) throw new Error(one.said());
  return { ...one, token, ask: asking({ url, token }) };
}

test("without options it serves the embedded store under a random token, and SIGTERM shuts it down cleanly", async () => {
  const { ask, child, ended, token } = await serving([]);
  expect(token).toMatch(/^[\w-]{32}$/);
  expect((await ask("/", { json: ["SET", "a", "1"] })).body).toBe('{"result":"OK"}');
  expect((await ask("/get/a")).body).toBe('{"result":"1"}');
  child.kill("SIGTERM");
  expect(await ended).toBe(0);
});

test("--data keeps the store for the next start, and --token or the environment sets the token", async () => {
  const dir = await aDirectory();
  const first = await serving(["--data", dir, "--token", "mine"]);
  expect(first.token).toBe("mine");
  await first.ask("/set/a/kept");
  first.child.kill("SIGKILL");
  await first.ended;
  const next = await serving(["--data", dir], { UPSTASH_REDIS_REST_TOKEN: "of the shell" });
  expect(next.token).toBe("of the shell");
  expect((await next.ask("/get/a")).body).toBe('{"result":"kept"}');
});

test("a port that is taken ends it, and the message says what to do", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  const { port } = other.address() as AddressInfo;
  const { ended, said } = run(["--port", String(port)]);
  expect(await ended).toBe(1);
  expect(said()).toBe(
    "redis-rest-local: the port is taken: choose another with --port, or --port 0 for any free one\n",
  );
  other.close();
});

test("an unknown option ends it, and the message lists the known options", async () => {
  const { ended, said } = run(["--prot", "1"]);
  expect(await ended).toBe(1);
  expect(said()).toMatch(/^redis-rest-local: Unknown option '--prot'[\s\S]*--port NUMBER/);
});

test.each<[string, string[], Record<string, string>, object]>([
  ["nothing", [], {}, { port: 8079, host: "127.0.0.1", hosts: [], durability: "process" }],
  ["a port", ["--port", "0"], {}, { port: 0 }],
  ["a network", ["--host", "0.0.0.0"], {}, { hosts: "any" }],
  ["a network, by name", ["--host", "0.0.0.0", "--allowed-hosts", "A.lan, b"], {}, { hosts: ["a.lan", "b"] }],
  ["names in the environment", [], { ALLOWED_HOSTS: "a.lan" }, { hosts: ["a.lan"] }],
  ["a token for readers", [], { REDIS_REST_READ_ONLY_TOKEN: "r" }, { readOnlyToken: "r" }],
  ["a server", ["--redis", "redis://127.0.0.1:1"], {}, { redis: "redis://127.0.0.1:1" }],
  ["a folder", ["--data", "d", "--durability", "power"], {}, { data: "d", durability: "power" }],
])("the command line: %s", (_name, args, environment, expected) => {
  expect(readOptions(args, environment)).toMatchObject(expected);
});

test.each([
  [["--port", "a"], '--port: expected a number from 0 to 65535, got "a"'],
  [["--durability", "some"], '--durability: expected process or power, got "some"'],
  [["--token", "a", "--read-only-token", "a"], "--read-only-token: expected another one than --token"],
  [
    ["--redis", "redis://a", "--data", "d"],
    "--data: keeps the embedded store, and --redis asks for a server: leave one out",
  ],
])("the command line %j is refused, and the message says what was expected", (args, message) => {
  expect(() => readOptions(args, {})).toThrow(message);
});
