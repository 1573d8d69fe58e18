import { expect, test } from "vitest";
import { keysOf } from "../../lib/queue/keys.ts";
import { apiKey } from "../support/api.ts";
import { key, useDeployment } from "./deployment.ts";
import { examined, runDoctor } from "./examined.ts";

const deployment = useDeployment();
const { redis, store, sound } = deployment;

/** Puts a queue with two jobs into the database. */
async function seed(): Promise<void> {
  const keys = keysOf();
  const [waiting, done] = [crypto.randomUUID(), crypto.randomUUID()];
  const record = (id: string, status: string) =>
    JSON.stringify({
      v: 1,
      status,
      retries: 0,
      job_id: id,
      task: "note",
      priority: "normal",
      max_retries: 3,
      created_at: Date.now(),
    });
  await redis("LPUSH", keys.normal, waiting);
  await redis("ZADD", keys.completed, "1", done);
  await redis("MSET", `job:${waiting}`, record(waiting, "pending"), `job:${done}`, record(done, "completed"));
  await redis("HSET", keys.counters, "completed", "1");
}

test("a sound deployment gets an ok in every line and the exit code 0, and the store stays as it was", async () => {
  await seed();
  const before = await store();
  const { code, output } = await runDoctor(sound());
  expect(output).toMatch(/^\d+ ok, 0 to look at, 0 failed\./m);
  expect(code).toBe(0);
  expect(output).toMatch(/^ok {4}queue {8}1 ready, 0 scheduled, 0 processing, 1 completed, 0 failed, 0 cancelled$/m);
  expect(output).toMatch(/^ok {4}scripts {6}two jobs lived and went: limit, submit, claim, /m);
  expect(await store()).toEqual(before);
});

test("the doctor says the same as JSON", async () => {
  const { code, output } = await runDoctor(sound(), "--json");
  const { ok, findings, commands } = JSON.parse(output);
  expect({ code, ok }).toEqual({ code: 0, ok: true });
  expect(findings).toContainEqual({ check: "eviction", state: "ok", seen: "off (noeviction)" });
  expect(commands).toEqual({ sent: expect.any(Number), free: expect.any(Number), in_scripts: expect.any(Number) });
});

test("the doctor counts the commands that it costs as Redis does", async () => {
  await seed();
  await redis("SCRIPT", "FLUSH");
  await redis("CONFIG", "RESETSTAT");
  const { spent } = await examined(sound());
  const info = String(await redis("INFO", "commandstats"));
  const calls = [...info.matchAll(/^cmdstat_(\S+):calls=(\d+)/gm)].filter(
    ([, name]) => !/^(ping|info|config)/.test(name!),
  );
  expect(spent.sent - spent.free + spent.inScripts).toBe(calls.reduce((sum, [, , n]) => sum + Number(n), 0));
  expect(spent.sent + spent.inScripts).toBeLessThan(170);
});

test("the doctor lists the API keys by name and says how Redis keys begin", async () => {
  const read = apiKey("eye", "read");
  const found = await examined(sound({ API_KEYS: `${key.entry},${read.entry}`, KEY_PREFIX: "acme" }));
  expect(found.line("API keys")).toBe("ok ops (admin); eye (read)");
  expect(found.line("key prefix")).toBe("ok every key begins with {acme}:");
});
