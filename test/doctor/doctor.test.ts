import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { checkWakeUp } from "../../bin/doctor/wake-up.ts";
import { readConfig } from "../../lib/config/config.ts";
import { keysOf } from "../../lib/queue/keys.ts";
import { type LocalRedis, startLocalRedis } from "../../packages/redis-rest-local/src/testing.ts";
import { apiKey } from "../support/api.ts";
import { type Faults, startFaults } from "../support/faults.ts";
import { startLambda } from "../support/lambda.ts";
import { useProcesses } from "../support/process.ts";
import { removeData, startTestStack } from "../support/stack.ts";
import { readStore } from "../support/store.ts";
import { examined, runDoctor } from "./examined.ts";

const READ_ONLY = "only-to-be-read";
const SUMMARY = '{"claimed":0,"completed":0,"retried":0,"failed":0,"released":0,"lost":0,"stopped":"empty"}';
const key = apiKey("ops", "admin");
const processes = useProcesses();

let local: LocalRedis;
let faults: Faults;
let lambda: Awaited<ReturnType<typeof startLambda>>;
beforeAll(async () => {
  local = await startLocalRedis({ readOnlyToken: READ_ONLY });
  faults = await startFaults(local.url);
  lambda = await startLambda((response) => response.end(SUMMARY));
});
beforeEach(async () => {
  faults.reset();
  await redis("FLUSHALL"); // of this file alone
  await redis("CONFIG", "SET", "maxmemory-policy", "noeviction", "appendonly", "yes", "maxmemory", "0");
});
afterAll(async () => {
  await lambda?.stop();
  await faults?.stop();
  await local?.stop();
});

const redis = (...command: string[]) => local.backend.send(command);
/** All keys, whosever they are, with their values and without what passes by itself. */
const store = async () => {
  const { expiries, ...contents } = await readStore(local, "");
  return { contents, expiring: Object.keys(expiries) };
};

/** A deployment with nothing wrong. */
function sound(more: Record<string, string> = {}): Record<string, string> {
  return {
    ...{ UPSTASH_REDIS_REST_URL: faults.url, UPSTASH_REDIS_REST_TOKEN: local.token, API_KEYS: key.entry },
    ...{ WORKER_FUNCTION_NAME: "worker", AWS_ENDPOINT_URL_LAMBDA: lambda.url, ...more },
  };
}

/** Jobs of the queue that is there already. */
async function seed(): Promise<void> {
  const keys = keysOf();
  const [waiting, done] = [crypto.randomUUID(), crypto.randomUUID()];
  const record = (id: string, status: string) =>
    JSON.stringify({
      ...{ v: 1, status, retries: 0, job_id: id, task: "note", priority: "normal", max_retries: 3 },
      created_at: Date.now(),
    });
  await redis("LPUSH", keys.normal, waiting);
  await redis("ZADD", keys.completed, "1", done);
  await redis("MSET", `job:${waiting}`, record(waiting, "pending"), `job:${done}`, record(done, "completed"));
  await redis("HSET", keys.counters, "completed", "1");
}

describe("with nothing wrong", () => {
  it("every line is ok, it ends with 0, and the store holds exactly what it held before", async () => {
    await seed();
    const before = await store();
    const { code, output } = await runDoctor(sound());
    expect(output).toMatch(/^\d+ ok, 0 to look at, 0 failed\./m);
    expect(code).toBe(0);
    expect(output).toMatch(/^ok {4}queue {8}1 ready, 0 scheduled, 0 processing, 1 completed, 0 failed, 0 cancelled$/m);
    expect(output).toMatch(/^ok {4}scripts {6}two jobs lived and went: limit, submit, claim, /m);
    expect(await store()).toEqual(before);
  });

  it("says the same as JSON", async () => {
    const { code, output } = await runDoctor(sound(), "--json");
    const { ok, findings, commands } = JSON.parse(output);
    expect({ code, ok }).toEqual({ code: 0, ok: true });
    expect(findings).toContainEqual({ check: "eviction", state: "ok", seen: "off (noeviction)" });
    expect(commands).toEqual({ sent: expect.any(Number), free: expect.any(Number), in_scripts: expect.any(Number) });
  });

  it("counts what it costs as Redis does", async () => {
    await seed();
    await redis("SCRIPT", "FLUSH");
    await redis("CONFIG", "RESETSTAT");
    const { spent } = await examined(sound());
    const info = String(await redis("INFO", "commandstats"));
    const calls = [...info.matchAll(/^cmdstat_(\S+):calls=(\d+)/gm)].filter(
      ([, name]) => !/^(ping|info|config)/.test(name!),
    );
    expect(spent.sent - spent.free + spent.inScripts).toBe(calls.reduce((sum, [, , n]) => sum + Number(n), 0));
    expect(spent.sent + spent.inScripts).toBeLessThan(150);
  });

  it("tells whose the keys are, and how they begin", async () => {
    const read = apiKey("eye", "read");
    const found = await examined(sound({ API_KEYS: `${key.entry},${read.entry}`, KEY_PREFIX: "acme" }));
    expect(found.line("API keys")).toBe("ok ops (admin); eye (read)");
    expect(found.line("key prefix")).toBe("ok every key begins with {acme}:");
  });
});

describe("settings", () => {
  it("a name that seems to be a misspelt setting is told, with the nearest", async () => {
    const found = await examined(sound({ WORKER_CONCURENCY: "3", LEASE_SECOND: "9" }));
    expect(found.findings.filter(({ state }) => state !== "ok")).toEqual([
      {
        ...{ check: "settings", state: "warn", fix: "did you mean WORKER_CONCURRENCY?" },
        seen: "WORKER_CONCURENCY is set, and no setting has that name",
      },
      {
        ...{ check: "settings", state: "warn", fix: "did you mean LEASE_SECONDS?" },
        seen: "LEASE_SECOND is set, and no setting has that name",
      },
    ]);
    expect(found.exitCode).toBe(0);
  });

  it("a redis:// address is refused with where to find the other, and its password is not shown", async () => {
    const url = "rediss://default:very-secret@eu1.upstash.io:6379";
    const { code, output } = await runDoctor(sound({ UPSTASH_REDIS_REST_URL: url }));
    expect(code).toBe(1);
    expect(output).toMatch(/^FAIL {2}settings {5}UPSTASH_REDIS_REST_URL: expected the https:\/\/ address/m);
    expect(output).toContain("that is the address for TCP clients; take the one that begins with https://");
    expect(output).not.toContain("very-secret");
  });

  it("one of the two without the other is named", async () => {
    const found = await examined({ UPSTASH_REDIS_REST_URL: faults.url });
    expect(found.line("settings")).toMatch(/^FAIL UPSTASH_REDIS_REST_TOKEN: .*it is not set/);
    expect(found.exitCode).toBe(1);
  });

  it("wrong API_KEYS fail, their text is not shown, and all else is looked at even so", async () => {
    const found = await examined(sound({ API_KEYS: "ops:admin:0123", WORKER_CONCURRENCY: "many" }));
    expect(found.findings.filter(({ check }) => check === "settings")).toMatchObject([
      { state: "FAIL", seen: expect.stringContaining("WORKER_CONCURRENCY: expected a whole number from 1 to 500") },
      { state: "FAIL", seen: expect.stringMatching(/^API_KEYS: expected name:scopes:hash .* in entry 1/) },
    ]);
    expect(JSON.stringify(found.findings)).not.toContain("0123");
    expect(found.line("scripts")).toMatch(/^ok/);
    expect(found.exitCode).toBe(1);
  });

  it.each([
    ["no keys", {}, "warn none: a deployed API refuses to serve until there is one"],
    [
      "keys with which nobody can submit",
      { API_KEYS: apiKey("eye", "read").entry },
      "warn eye (read); no key has the scope submit or admin",
    ],
  ])("%s are a warning", async (_, more, line) => {
    const { API_KEYS: _keys, ...rest } = sound();
    const found = await examined({ ...rest, ...more });
    expect(found.line("API keys")).toBe(line);
    expect(found.exitCode).toBe(0);
  });

  it.each([
    ["http://usw1.upstash.io", /^FAIL http:\/\/usw1\.upstash\.io: the token would travel in clear/],
    ["http://gateway.invalid:8079", /^warn http:\/\/gateway\.invalid:8079: the token travels in clear/],
  ])("%s is told that it is not secure", async (url, line) => {
    expect((await examined(sound({ UPSTASH_REDIS_REST_URL: url, REDIS_TIMEOUT_MS: "100" }))).line("address")).toMatch(
      line,
    );
  });

  it("a token that was pasted with its quotes is told so, and not sent", async () => {
    const found = await examined(sound({ UPSTASH_REDIS_REST_TOKEN: `"${local.token}"` }));
    expect(found.line("token")).toMatch(/^FAIL it holds quotes, white space/);
    expect(faults.seen).toEqual([]);
    expect(found.exitCode).toBe(1);
  });

  it("secrets are read where the functions read them, and are not shown", async () => {
    const values: Record<string, string> = { "/wakeq/url": faults.url, "/wakeq/token": "kept-in-ssm" };
    const ssm = await startLambda((response) => {
      const Parameters = Object.entries(values).map(([Name, Value]) => ({ Name, Value }));
      response.end(JSON.stringify({ Parameters }));
    });
    onTestFinished(() => ssm.stop());
    faults.when(() => ({ answer: 400, body: '{"error":"ERR kept-in-ssm is not welcome"}' }));
    const settings = sound({
      ...{ UPSTASH_REDIS_REST_URL: "ssm:/wakeq/url", UPSTASH_REDIS_REST_TOKEN: "ssm:/wakeq/token" },
      AWS_ENDPOINT_URL_SSM: ssm.url,
    });
    const found = await examined(settings);
    expect(found.line("secrets")).toBe("ok read from SSM: UPSTASH_REDIS_REST_URL, UPSTASH_REDIS_REST_TOKEN");
    expect(found.line("reachable")).toBe("FAIL ERR (hidden) is not welcome");
    delete values["/wakeq/token"];
    const without = await examined(settings);
    expect(without.line("secrets")).toMatch(/^FAIL SSM has no such parameters in us-east-1: \/wakeq\/token/);
    expect(without.exitCode).toBe(1);
  });

  it("with nothing set it looks for the local stack, and says how to start it", async () => {
    const { code, output } = await runDoctor({ LOCAL_DATA_DIR: "/nowhere" });
    expect(code).toBe(1);
    expect(output).toMatch(
      /^FAIL {2}database {5}none is set, and no local stack runs here\n +→ npm start, in another terminal/m,
    );
  });

  it("an old Node and a task index that does not load are named", async () => {
    const found = await examined(sound(), {
      nodeVersion: "18.20.0",
      loadTasks: async () => {
        throw new Error("two tasks are named note");
      },
    });
    expect(found.line("Node")).toBe("FAIL 18.20.0 is too old");
    expect(found.line("tasks")).toBe("FAIL tasks/index.ts does not load: two tasks are named note");
    expect(found.exitCode).toBe(1);
  });
});

describe("a database out of reach", () => {
  it("nothing listens there", async () => {
    const nobody = await startFaults(local.url);
    await nobody.stop();
    const found = await examined(sound({ UPSTASH_REDIS_REST_URL: nobody.url }));
    expect(found.line("reachable")).toBe(`FAIL nothing listens at ${new URL(nobody.url).host}`);
    expect(found.exitCode).toBe(1);
  });

  it("no name server knows the name", async () => {
    const found = await examined(sound({ UPSTASH_REDIS_REST_URL: "https://no-such-database.invalid" }));
    expect(found.line("reachable")).toMatch(
      /^FAIL no name server knows no-such-database\.invalid \((ENOTFOUND|EAI_AGAIN)\)/,
    );
    expect(found.exitCode).toBe(1);
  });

  it("it speaks no TLS", async () => {
    const found = await examined(sound({ UPSTASH_REDIS_REST_URL: faults.url.replace("http:", "https:") }));
    expect(found.line("reachable")).toMatch(/^FAIL no secure connection to 127\.0\.0\.1:\d+ \(/);
    expect(found.fix("reachable")).toContain("it speaks no TLS");
  });

  it("it does not answer", async () => {
    faults.when(() => ({ before: new Promise(() => {}) }));
    const found = await examined(sound({ REDIS_TIMEOUT_MS: "100" }));
    expect(found.line("reachable")).toMatch(
      /^FAIL 127\.0\.0\.1:\d+ does not answer in time \(no answer within 100 ms\)/,
    );
    expect(found.exitCode).toBe(1);
  });

  it.each([
    [
      "a page in HTML",
      { answer: 200, body: "<!doctype html><title>Welcome</title>" },
      /^FAIL what answers there \(200\) is no Redis REST API/,
    ],
    [
      "JSON of another kind",
      { answer: 200, body: '{"status":"pass"}' },
      /^FAIL what answers there is no Redis REST API/,
    ],
    [
      "a gateway whose Redis is down",
      { answer: 503, body: "" },
      /^FAIL the REST API answers 503: Redis behind it is down/,
    ],
    ["a connection that breaks", "drop_request" as const, /^FAIL the connection to 127\.0\.0\.1:\d+ breaks \(/],
  ])("%s is told apart", async (_, fault, line) => {
    faults.when(() => fault);
    const found = await examined(sound());
    expect(found.line("reachable")).toMatch(line);
    expect(found.exitCode).toBe(1);
  });

  it("Redis' own port speaks no HTTP", async () => {
    const found = await examined(sound({ UPSTASH_REDIS_REST_URL: `http://127.0.0.1:${local.redis.port}` }));
    expect(found.line("reachable")).toMatch(/^FAIL (what listens at .* speaks no HTTP|the connection to .* breaks)/);
  });

  it("the Redis behind our own gateway is down", async () => {
    const other = await startLocalRedis();
    onTestFinished(() => other.stop());
    await other.redis.kill();
    const { code, output } = await runDoctor(
      sound({ UPSTASH_REDIS_REST_URL: other.url, UPSTASH_REDIS_REST_TOKEN: other.token }),
    );
    expect(output).toMatch(/^FAIL {2}reachable {4}the REST API answers 5\d\d: Redis behind it is down or overloaded/m);
    expect(code).toBe(1);
  });
});

describe("what the token may do", () => {
  it("a wrong one is refused, and not shown", async () => {
    const { code, output } = await runDoctor(sound({ UPSTASH_REDIS_REST_TOKEN: "wrong-token" }));
    expect(code).toBe(1);
    expect(output).toMatch(
      /^FAIL {2}token {8}it is refused\n +→ copy UPSTASH_REDIS_REST_TOKEN from console\.upstash\.com/m,
    );
    expect(output).not.toContain("wrong-token");
    expect(output).not.toContain(" scripts ");
  });

  it("a read-only one may not write, and nothing is written", async () => {
    const found = await examined(sound({ UPSTASH_REDIS_REST_TOKEN: READ_ONLY }));
    expect(found.line("token")).toMatch(/^FAIL accepted, but a write is refused: the token may not do that: NOPERM/);
    expect(found.fix("token")).toContain("take the standard token, not the read-only one");
    expect(found.troubles()).toEqual(["FAIL token", "warn eviction"]);
    expect(await redis("DBSIZE")).toBe(0);
  });
});

describe("what Redis does with the data", () => {
  it.each([
    ["allkeys-lru", "FAIL allkeys-lru: a full database would drop jobs without a word", 1],
    ["volatile-ttl", "warn volatile-ttl: short-lived keys of the queue may be dropped early", 0],
  ])("eviction by %s", async (policy, line, code) => {
    await redis("CONFIG", "SET", "maxmemory-policy", policy);
    const found = await examined(sound());
    expect(found.line("eviction")).toBe(line);
    expect(found.fix("eviction")).toContain("Eviction off");
    expect(found.exitCode).toBe(code);
  });

  it("eviction that is not to be seen is said to be so", async () => {
    faults.when(({ verbs: [name] }) => (name === "INFO" ? { answer: 200, body: '{"result":""}' } : undefined));
    const found = await examined(sound());
    expect(found.line("eviction")).toBe("warn cannot be seen from here: it must be off");
    expect(found.exitCode).toBe(0);
  });

  it("no append-only file and memory that is nearly full are warnings", async () => {
    await redis("CONFIG", "SET", "appendonly", "no");
    // Large beside what connections and buffers come and go with.
    await redis("SETRANGE", "filler", "40000000", "x");
    const [, used] = /used_memory:(\d+)/.exec(String(await redis("INFO", "memory")))!;
    await redis("CONFIG", "SET", "maxmemory", String(Math.round(Number(used) * 1.05)));
    const found = await examined(sound(), { stopped: AbortSignal.abort() });
    expect(found.line("durability")).toMatch(/^warn no append-only file/);
    expect(found.line("memory")).toMatch(/^warn .* in use; when it is full every submit is refused/);
  });

  it.each([
    [90_000, /^warn this machine is (89|90|91) s ahead of Redis/, 0],
    [-600_000, /^FAIL this machine is (599|600|601) s behind Redis: AWS refuses/, 1],
  ])("a clock that is off by %i ms", async (offMs, line, code) => {
    const found = await examined(sound(), { now: () => Date.now() + offMs });
    expect(found.line("clock")).toMatch(line);
    expect(found.exitCode).toBe(code);
  });

  it("slow answers are a warning that says from where", async () => {
    const slowly = () => ({ before: new Promise((resolve) => setTimeout(resolve, 60)) });
    faults.when(({ verbs: [name] }) => (name === "PING" ? slowly() : undefined));
    const found = await examined(sound());
    expect(found.line("latency")).toMatch(
      /^warn \d+ ms a round trip \(median of 20, .*\): another region, seen from this machine/,
    );
    expect(found.exitCode).toBe(0);
  });

  it("a plan with small requests is a warning", async () => {
    const other = await startLocalRedis({ maxRequestBytes: 1024 * 1024 });
    onTestFinished(() => other.stop());
    const found = await examined(sound({ UPSTASH_REDIS_REST_URL: other.url, UPSTASH_REDIS_REST_TOKEN: other.token }));
    expect(found.line("request size")).toMatch(/^warn 4 MiB do not go through: a request may not be as large/);
  });
});

describe("the scripts", () => {
  it.each([
    ["ERR max daily request limit exceeded. Limit: 10000", "submit fails: the plan's commands are used up"],
    ["ERR DB capacity quota exceeded. Limit: 256 MB", "submit fails: the database is full"],
    ["ERR Command is not available: 'EVALSHA'", "submit fails: this Redis lacks a command"],
    [
      "BUSY Redis is busy running a script.",
      "submit fails: a script does not end, and Redis answers nothing else meanwhile",
    ],
  ])("refused with %s: what that means, and nothing left", async (error, line) => {
    const body = JSON.stringify({ error });
    faults.when(({ verbs: [verb] }) => (verb === "submit" ? { answer: 400, body } : undefined));
    const found = await examined(sound());
    expect(found.line("scripts")).toContain(`FAIL ${line}`);
    expect(found.exitCode).toBe(1);
    expect(await redis("DBSIZE")).toBe(0);
  });

  it("that answer otherwise than they should are named", async () => {
    faults.when(({ verbs: [verb] }) =>
      verb === "extend" ? { answer: 200, body: '{"result":["lost","lost"]}' } : undefined,
    );
    const found = await examined(sound());
    expect(found.line("scripts")).toBe("FAIL extend behaves differently than on a real Redis");
    expect(await redis("DBSIZE")).toBe(0);
  });

  it.each(["submit", "claim", "settle", "redrive", "trim"])(
    "whose answer to %s is lost leave nothing behind",
    async (lost) => {
      faults.when(({ verbs: [verb] }) => (verb === lost ? "drop_reply" : undefined));
      const found = await examined(sound());
      expect(found.line("scripts")).toContain(`FAIL ${lost} fails`);
      expect(await redis("DBSIZE")).toBe(0);
    },
  );

  it("that are interrupted leave nothing behind", async () => {
    const stop = new AbortController();
    faults.when(({ verbs: [verb] }) => {
      if (verb === "claim") stop.abort();
      return undefined;
    });
    const found = await examined(sound(), { stopped: stop.signal });
    expect(found.line("scripts")).toBe("FAIL stopped before extend");
    expect(await redis("DBSIZE")).toBe(0);
  });

  it("whose keys could not be deleted say so", async () => {
    faults.when(({ verbs: [verb] }) => (verb === "UNLINK" ? "drop_request" : undefined));
    const found = await examined(sound());
    expect(found.line("clean-up")).toMatch(/^warn the doctor's own keys could not be deleted/);
    expect(found.fix("clean-up")).toMatch(/delete the keys that begin with \{doctor-[0-9a-f]{8}\}:/);
  });
});

describe("what is in the database already", () => {
  it("leases that ran out long ago: no worker comes by", async () => {
    await redis("ZADD", "job_queue:leases", String(Date.now() - 600_000), crypto.randomUUID());
    await redis("ZADD", "job_queue:scheduled", String(Date.now() - 600_000), crypto.randomUUID());
    const before = await store();
    const found = await examined(sound());
    expect(found.line("queue")).toContain(
      "1 with a lease that ran out over 2 minutes ago, 1 due for over 2 minutes: no worker",
    );
    expect(found.line("queue")).toMatch(/^warn/);
    expect(found.exitCode).toBe(0);
    expect(await store()).toEqual(before);
  });

  it("a wake flag that never expires keeps everybody asleep", async () => {
    await redis("SET", "job_queue:wake", "1");
    const { code, output } = await runDoctor(sound());
    expect(output).toMatch(
      /^FAIL {2}wake flag {4}job_queue:wake has no expiry: no submit wakes a worker.*\n +→ redis-cli DEL 'job_queue:wake'/m,
    );
    expect(code).toBe(1);
    expect(String(await redis("GET", "job_queue:wake"))).toBe("1");
  });

  it("a key of the queue that holds something else", async () => {
    await redis("HSET", "job_queue", "a", "b");
    const found = await examined(sound());
    expect(found.line("queue")).toMatch(/^FAIL a key of the queue holds something else: .*WRONGTYPE/);
    expect(found.fix("queue")).toContain("KEY_PREFIX");
  });

  it("keys of others are counted, shown by how they begin alone, and left alone", async () => {
    await redis("MSET", "session:secret-of-somebody", "1", "session:another", "1", "job:not-one-of-ours", "1");
    const before = await store();
    const found = await examined(sound());
    expect(found.line("other keys")).toMatch(
      /^warn 3 of 3 keys looked at \(of 3\) are not the queue's \(.*session:….*\)/,
    );
    expect(JSON.stringify(found.findings)).not.toContain("secret-of-somebody");
    expect(await store()).toEqual(before);
    expect((await examined(sound({ KEY_PREFIX: "acme" }))).line("other keys")).toMatch(
      /^ok 3 of 3 .* and none can collide with its keys/,
    );
  });

  it("of a large database only some hundred keys are looked at", async () => {
    const names = Array.from({ length: 5_000 }, (_, i) => [`visitor:${i}`, "1"]).flat();
    await redis("MSET", ...names);
    const found = await examined(sound());
    const [, looked] = /of (\d+) keys looked at \(of 5000\)/.exec(found.line("other keys"))!;
    expect(Number(looked)).toBeLessThan(1_000);
    expect(faults.seen.filter(({ verbs: [name] }) => name === "SCAN")).toHaveLength(3);
  });

  it("what a doctor that was killed left behind can be deleted as it says", async () => {
    await redis("SET", "{doctor-0123abcd}:job_queue:counters", "1");
    const found = await examined(sound());
    expect(found.line("other keys")).toMatch(/^warn .* left by a doctor that was killed/);
    expect(found.fix("other keys")).toBe("redis-cli UNLINK '{doctor-0123abcd}:job_queue:counters'");
  });
});

describe("the wake-up", () => {
  it("is tried with a tick, which is waited for", async () => {
    lambda.invocations.length = 0;
    expect((await examined(sound())).line("wake-up")).toBe("ok worker came, looked and ended (empty)");
    expect(lambda.invocations).toMatchObject([
      {
        path: "POST /2015-03-31/functions/worker/invocations",
        headers: { "x-amz-invocation-type": "RequestResponse" },
        body: '{"source":"tick"}',
      },
    ]);
  });

  it.each([
    ["no such function", 404, "{}", {}, "FAIL there is no function worker"],
    ["no permission", 403, "not authorized", {}, "FAIL refused (403): not authorized"],
    ["a throttle", 429, "slow down", {}, "FAIL answered with 429: slow down"],
    [
      "a crash",
      200,
      '{"errorMessage":"boom"}',
      { "x-amz-function-error": "Unhandled" },
      'FAIL worker started and failed: {"errorMessage":"boom"}',
    ],
    [
      "no way to its database",
      200,
      SUMMARY.replace("empty", "unreachable"),
      {},
      "FAIL worker ran, but cannot reach its database",
    ],
  ])("%s", async (_, status, body, headers, line) => {
    const other = await startLambda((response) => response.writeHead(status, headers).end(body));
    onTestFinished(() => other.stop());
    const found = await examined(sound({ AWS_ENDPOINT_URL_LAMBDA: other.url }));
    expect(found.line("wake-up")).toBe(line);
    expect(found.exitCode).toBe(1);
  });

  it("a worker that has much to do is not waited for", async () => {
    const busy = await startLambda(() => {});
    onTestFinished(() => busy.stop());
    const config = readConfig(sound({ AWS_ENDPOINT_URL_LAMBDA: busy.url }));
    const finding = await checkWakeUp(config, false, 100);
    expect(finding).toEqual({
      check: "wake-up",
      state: "ok",
      seen: "it arrived: worker is still at work after 100 ms",
    });
  });

  it("nothing listens where the worker should be", async () => {
    const other = await startLambda();
    await other.stop();
    const found = await examined(sound({ AWS_ENDPOINT_URL_LAMBDA: other.url }));
    expect(found.line("wake-up")).toBe(`FAIL no way to ${other.url}: nothing listens there`);
    expect(found.exitCode).toBe(1);
  });

  it.each([
    ["no worker is named", { WORKER_FUNCTION_NAME: "" }, "warn WORKER_FUNCTION_NAME is not set"],
    ["it is at AWS, without credentials here", { AWS_ENDPOINT_URL_LAMBDA: "" }, "warn no AWS credentials here"],
  ])("cannot be tried where %s", async (_, more, line) => {
    const found = await examined(sound(more));
    expect(found.line("wake-up")).toContain(line);
    expect(found.exitCode).toBe(0);
  });

  it("reaches a worker that runs as a process", async () => {
    const worker = processes.start("bin/worker.ts", { ...sound(), WORKER_PORT: "0" });
    const found = await examined(sound({ AWS_ENDPOINT_URL_LAMBDA: await worker.url() }));
    expect(found.line("wake-up")).toBe("ok accepted by worker");
    worker.kill("SIGTERM");
    expect(await worker.exited).toEqual({ code: 0, signal: null });
  });

  it("reaches the worker of a running local stack, of which it needs to know nothing but its folder", async () => {
    const stack = await startTestStack();
    onTestFinished(() => removeData(stack));
    const { code, output } = await runDoctor({
      LOCAL_DATA_DIR: stack.dataDir,
      WORKER_FUNCTION_NAME: "wakeq-test-worker",
    });
    expect(output).toMatch(/^ok {4}wake-up {6}wakeq-test-worker came, looked and ended \(empty\)$/m);
    expect(output).toMatch(/^\d+ ok, 0 to look at, 0 failed/m);
    expect(code).toBe(0);
  });
});
