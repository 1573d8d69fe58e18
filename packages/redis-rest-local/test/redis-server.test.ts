import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { RedisNotFound, type RedisOptions, type RedisServer, startRedis } from "../src/redis-server.ts";
import { connectBackend } from "../src/server-backend.ts";
import { startLocalRedis } from "../src/testing.ts";
import { runs } from "./runs.ts";

let base: string;
beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), "wakeq-"));
});
afterAll(() => rm(base, { recursive: true }));

const servers: RedisServer[] = [];
afterEach(() => Promise.all(servers.splice(0).map((server) => server.kill())));

async function start(options: Partial<RedisOptions> = {}): Promise<RedisServer> {
  const server = await startRedis({ dir: join(base, "some", "new", "directory"), ...options });
  servers.push(server);
  return server;
}

async function ask(server: RedisServer, ...command: string[]): Promise<string> {
  const backend = connectBackend({ url: server.url });
  try {
    return String(await backend.send(command));
  } finally {
    await backend.close();
  }
}

describe("a private Redis", () => {
  test("answers as soon as it has started, on 127.0.0.1 only, and knows its pid", async () => {
    const server = await start();
    expect(server.url).toBe(`redis://127.0.0.1:${server.port}`);
    expect(await ask(server, "INFO", "server")).toContain(`process_id:${server.pid}\r\n`);
    expect(await ask(server, "CONFIG", "GET", "bind")).toBe("bind,127.0.0.1");
  });

  test("starts beside other servers, each on its own port", async () => {
    const started = await Promise.all(["a", "b", "c"].map((name) => start({ dir: join(base, name) })));
    expect(new Set(started.map(({ port }) => port)).size).toBe(3);
  });

  test("has read all its data by the time it has started", async () => {
    const dir = join(base, "much");
    const first = await start({ dir, appendOnly: true });
    await ask(first, "EVAL", "for i = 1, 3000 do redis.call('SET', i, i) end return 1", "0");
    await first.stop();
    // So slow that requests arrive while it reads.
    const slowly = ["--key-load-delay", "200", "--loading-process-events-interval-bytes", "1024"];
    const second = await start({ dir, appendOnly: true, args: slowly });
    expect(await ask(second, "DBSIZE")).toBe("3000");
  });

  test("is gone after stop, which can be called twice", async () => {
    const server = await start();
    await Promise.all([server.stop(), server.stop()]);
    expect(runs(server.pid)).toBe(false);
    await server.stop();
  });

  test("is gone after kill", async () => {
    const server = await start();
    await server.kill();
    expect(runs(server.pid)).toBe(false);
  });

  test("keeps its data over a stop and a kill with an append-only file", async () => {
    const dir = join(base, "kept");
    for (const [seen, end] of [
      ["", "stop"],
      ["1", "kill"],
      ["2", "kill"],
    ] as const) {
      const server = await start({ dir, appendOnly: true, args: ["--appendfsync", "always"] });
      expect(await ask(server, "GET", "n").then((n) => (n === "null" ? "" : n))).toBe(seen);
      await ask(server, "INCR", "n");
      await server[end]();
    }
  });

  test("keeps nothing without one", async () => {
    const dir = join(base, "forgotten");
    const first = await start({ dir });
    await ask(first, "SET", "k", "v");
    await first.stop();
    expect(await ask(await start({ dir }), "EXISTS", "k")).toBe("0");
  });

  test("starts again on the port of a server that has ended", async () => {
    const first = await start();
    await first.kill();
    expect((await start({ port: first.port })).port).toBe(first.port);
  });

  test("does not mistake another server on its port for itself", async () => {
    const { port } = await start();
    await expect(start({ port })).rejects.toThrow("Address already in use");
  });

  test("fails with the server's own output when it does not start", async () => {
    await expect(start({ args: ["--no-such-option", "1"] })).rejects.toThrow(
      /Redis ended as it started:[\s\S]*no-such-option/,
    );
  });

  test("passes the server's output to the log", async () => {
    const lines: string[] = [];
    await start({ log: (line) => lines.push(line) });
    expect(lines.join("\n")).toContain("Ready to accept connections");
  });

  test("is not found when there is no server on the PATH", async () => {
    vi.stubEnv("PATH", base);
    try {
      await expect(start()).rejects.toThrow(RedisNotFound);
      await expect(start()).rejects.toThrow("none of redis-server, valkey-server was found on the PATH");
    } finally {
      vi.unstubAllEnvs();
    }
  });

  test.each([
    ["leaves", "process.exit(3)"],
    ["is killed", 'process.kill(process.pid, "SIGKILL")'],
  ])("ends with the process that started it, when that %s", async (_, end) => {
    const script = `
      import { writeFileSync } from "node:fs";
      import { startRedis } from ${JSON.stringify(join(import.meta.dirname, "../src/redis-server.ts"))};
      const server = await startRedis({ dir: process.argv[2] });
      writeFileSync(process.argv[3], String(server.pid));
      ${end};`;
    const [program, pidFile] = [join(base, "leave.mts"), join(base, "pid")];
    await writeFile(program, script);
    const { status, signal } = spawnSync(process.execPath, ["--import", "tsx", program, join(base, "left"), pidFile]);
    expect(status ?? signal).toBe(end.includes("exit") ? 3 : "SIGKILL");
    const pid = Number(await readFile(pidFile, "utf8"));
    expect(pid).toBeGreaterThan(0);
    while (runs(pid)) await new Promise(setImmediate);
  });
});

describe("a local Redis for tests", () => {
  test("leaves nothing behind", async () => {
    const local = await startLocalRedis();
    const [, dir = ""] = (await ask(local.redis, "CONFIG", "GET", "dir")).split(",");
    expect(existsSync(dir)).toBe(true);
    await local.stop();
    expect(existsSync(dir)).toBe(false);
    expect(runs(local.redis.pid)).toBe(false);
    await expect(fetch(local.url)).rejects.toThrow();
  });
});
