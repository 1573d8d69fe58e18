import { expect, test } from "vitest";
import { keysOf } from "../../lib/queue/keys.ts";
import { pause } from "../../lib/queue/pauses.ts";
import { upstashRedis } from "../support/upstash.ts";
import { useDeployment } from "./deployment.ts";
import { examined, runDoctor } from "./examined.ts";

const deployment = useDeployment();
const { redis, store, sound } = deployment;

test("leases and due jobs that nobody took for minutes are a warning: no worker comes", async () => {
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

test("a wake flag that never expires is a failure: it keeps every worker asleep", async () => {
  await redis("SET", "job_queue:wake", "1");
  const { code, output } = await runDoctor(sound());
  expect(output).toMatch(
    /^FAIL {2}wake flag {4}job_queue:wake has no expiry: no submit wakes a worker.*\n +→ redis-cli DEL 'job_queue:wake'/m,
  );
  expect(code).toBe(1);
  expect(String(await redis("GET", "job_queue:wake"))).toBe("1");
});

test("what is paused is a warning that says since when and until when, and the flag of a paused queue is none", async () => {
  const { local, redis: send } = deployment;
  const keys = keysOf();
  const redis = upstashRedis({ url: local.url, token: local.token });
  const until = Date.now() + 3_600_000;
  await pause({ redis, keys }, {});
  await pause({ redis, keys }, { task: "note", until });
  await send("LPUSH", `${keys.parked}note`, crypto.randomUUID());
  const found = await examined(sound());
  const said = found.findings.filter(({ check }) => check === "pause").map(({ state, seen }) => `${state} ${seen}`);
  expect(said).toEqual([
    expect.stringMatching(/^warn the queue has been paused since \d{4}-.*Z, until it is resumed: no job begins$/),
    expect.stringMatching(
      `^warn the task note has been paused since .*Z, until ${new Date(until).toISOString()}: 1 jobs parked$`,
    ),
  ]);
  expect(found.line("wake flag")).toMatch(/^ok/);
});

test("a sleep of the ticks that never ends is a failure: nothing that is due is found", async () => {
  await redis("SET", "job_queue:asleep", "1");
  const found = await examined(sound());
  expect(found.line("wake flag")).toMatch(/^FAIL job_queue:asleep has no expiry: no tick looks for what is due/);
});

test("a key of the queue that holds another type is a failure", async () => {
  await redis("HSET", "job_queue", "a", "b");
  const found = await examined(sound());
  expect(found.line("queue")).toMatch(/^FAIL a key of the queue holds something else: .*WRONGTYPE/);
  expect(found.fix("queue")).toContain("KEY_PREFIX");
});

test("keys of a task's name and of unique keys are the queue's own", async () => {
  await redis("SET", "job_queue:unique:abcdefghijklmnopqrstuv", `f:${crypto.randomUUID()}`);
  await redis("LPUSH", "job_queue:unknown:send_email", crypto.randomUUID());
  expect((await examined(sound())).line("other keys")).toMatch(/^ok none among 2 keys/);
});

test("keys of others are counted and left alone, and only how they begin is shown", async () => {
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

test("the doctor looks at only some hundred keys of a large database", async () => {
  const names = Array.from({ length: 5_000 }, (_, i) => [`visitor:${i}`, "1"]).flat();
  await redis("MSET", ...names);
  const found = await examined(sound());
  const [, looked] = /of (\d+) keys looked at \(of 5000\)/.exec(found.line("other keys"))!;
  expect(Number(looked)).toBeLessThan(1_000);
  expect(deployment.faults.seen.filter(({ verbs: [name] }) => name === "SCAN")).toHaveLength(3);
});

test("the doctor says how to delete what a killed doctor left behind", async () => {
  await redis("SET", "{doctor-0123abcd}:job_queue:counters", "1");
  const found = await examined(sound());
  expect(found.line("other keys")).toMatch(/^warn .* left by a doctor that was killed/);
  expect(found.fix("other keys")).toBe("redis-cli UNLINK '{doctor-0123abcd}:job_queue:counters'");
});
