import { execFileSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import getPort from "get-port";
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { startRedis } from "../../packages/redis-rest-local/src/redis-server.ts";
import { connectBackend } from "../../packages/redis-rest-local/src/server-backend.ts";
import { asking } from "../../packages/redis-rest-local/test/ask.ts";
import { useProcesses } from "../support/process.ts";
import { until } from "../support/worker.ts";

const processes = useProcesses();

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "wakeq-"));
});
afterEach(() => rm(dir, { recursive: true }));

/** Runs the gateway as a process, with these settings; `token` is the one that may write. */
async function startProcess(environment: Record<string, string>) {
  const child = processes.start("bin/gateway.ts", {
    UPSTASH_REDIS_REST_TOKEN: "writes",
    REDIS_REST_PORT: "0",
    LOCAL_DATA_DIR: dir,
    ...environment,
  });
  let ended = false;
  void child.exited.then(() => (ended = true));
  const started = () => child.lines.find(({ event }) => event === "gateway_started");
  await until(() => started() || ended);
  return { child, url: String(started()?.url), ask: asking({ url: String(started()?.url), token: "writes" }) };
}

async function startServer(args: string[] = []) {
  const redis = await startRedis({ dir: join(dir, "redis"), args });
  onTestFinished(() => redis.stop());
  return redis;
}

describe("the gateway as a process", () => {
  test("has a token that can only read", async () => {
    const redis = await startServer();
    const { url, ask } = await startProcess({ REDIS_URL: redis.url, REDIS_REST_READ_ONLY_TOKEN: "reads" });
    const reader = asking({ url, token: "reads" });
    expect((await ask("/set/k/v")).status).toBe(200);
    expect((await reader("/get/k")).body).toBe('{"result":"v"}');
    expect((await reader("/set/k/w")).body).toContain("NOPERM");
    expect((await asking({ url, token: "" })("/get/k")).status).toBe(401);
  });

  test("keeps the embedded store in the data folder over a restart", async () => {
    const first = await startProcess({ REDIS_URL: "embedded:" });
    expect((await first.ask("/set/k/v")).body).toBe('{"result":"OK"}');
    first.child.kill("SIGHUP"); // as when the terminal closes
    expect(await first.child.exited).toEqual({ code: 0, signal: null });
    const second = await startProcess({ REDIS_URL: "embedded:" });
    expect((await second.ask("/get/k")).body).toBe('{"result":"v"}');
    expect((await second.ask("/", { json: ["XLEN", "s"] })).body).toContain(
      "The embedded store does not have this command",
    );
  });

  test("speaks TLS to a rediss:// address, and accepts only a certificate that Node trusts", async () => {
    const [key, cert, port] = [join(dir, "key.pem"), join(dir, "cert.pem"), await getPort()];
    const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"];
    const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key];
    execFileSync("openssl", ["req", "-x509", ...newKey, "-out", cert, "-days", "1", ...subject], { stdio: "ignore" });
    const args = [
      "--tls-port",
      String(port),
      "--tls-cert-file",
      cert,
      "--tls-key-file",
      key,
      "--tls-auth-clients",
      "no",
    ];
    const backend = connectBackend({ url: (await startServer(args)).url });
    await backend.send(["ACL", "SETUSER", "some", "on", ">p@ss", "~*", "+@all"]);
    await backend.close();
    const url = (host: string) => `rediss://some:p%40ss@${host}:${port}`;
    for (const host of ["127.0.0.1", "localhost"]) {
      const { ask } = await startProcess({ REDIS_URL: url(host), NODE_EXTRA_CA_CERTS: cert });
      expect((await ask("/set/k/v")).body).toBe('{"result":"OK"}');
    }
    const { ask } = await startProcess({ REDIS_URL: url("127.0.0.1") });
    const refused = { status: 503, body: expect.stringMatching(/self.signed certificate/) };
    expect(await ask("/get/k")).toMatchObject(refused);
  });

  test.each<[string, Record<string, string>, string]>([
    ["no store", {}, "set REDIS_URL (redis://host:port, rediss://…, unix:///path or embedded:)"],
    [
      "an unknown store",
      { REDIS_URL: "http://u:secret@h" },
      "the address of the Redis begins with http://: expected redis://, rediss:// or unix://",
    ],
    [
      "the same token for writing and reading",
      { REDIS_URL: "embedded:", REDIS_REST_READ_ONLY_TOKEN: "writes" },
      "choose another one",
    ],
    ["an invalid port", { REDIS_URL: "embedded:", REDIS_REST_PORT: "x" }, "REDIS_REST_PORT: expected a number"],
    [
      "an invalid host",
      { REDIS_URL: "embedded:", ALLOWED_HOSTS: "http://gateway" },
      "ALLOWED_HOSTS: expected names such as queue.example.lan",
    ],
    [
      "an unknown durability",
      { REDIS_URL: "embedded:", LOCAL_DURABILITY: "sometimes" },
      'LOCAL_DURABILITY: expected process or power, got "sometimes"',
    ],
  ])("with %s says what is wrong and exits with 1", async (_, settings, words) => {
    const { child } = await startProcess(settings);
    expect(await child.exited).toEqual({ code: 1, signal: null });
    expect(child.output.join("\n")).toContain(words);
    expect(child.output.join("\n")).not.toContain("secret");
  });
});
