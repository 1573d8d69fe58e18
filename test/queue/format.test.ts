import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { once } from "../../lib/once.ts";
import { listJobs } from "../../lib/queue/listing.ts";
import { placeAfter, placesIn, recordIn } from "../support/format/after.ts";
import { makeFormat } from "../support/format/cases.ts";
import { dump, FORMAT_FILE, type FormatCase, load, readFormat, type StoredKeys } from "../support/format/fixture.ts";
import { withLater, withoutLater } from "../support/format/later.ts";
import { LIFE } from "../support/format/life.ts";
import { OldVersion } from "../support/format/old-version.ts";
import { type BothWays, NEW, VERBS } from "../support/format/verbs.ts";
import { useRedis } from "../support/redis.ts";
import { SCRIPTS } from "../support/scripts.ts";
import { expectSound } from "./invariants.ts";

// The fixture has what 0.2.0 leaves in Redis, and its scripts. During a deploy, and after going back, two versions work on the
// same jobs, each with its own scripts. docs/upgrading.md has the rules.

/** The fixture's hash. The release of 0.2.0 makes the fixture once more and writes its hash here; then both stay. */
const SHA256 = "68be31946f0bcf0754d699c68863d35142e3167d9671df6162e0e391a6453510";

const redis = useRedis();
const FORMAT = readFormat();

const ID = FORMAT.cases[0]!.job;
const bare = (status: string, place: string, state = ""): FormatCase => {
  const text = `{"v":1,"status":"${status}","retries":0,${state}"job_id":"${ID}","task":"note","max_retries":0,"created_at":1800000000000}`;
  const isList = place === "job_queue";
  return {
    name: `${status}, nothing but what a record must have`,
    ...{ job: ID, status, place, now: 1_800_000_000_000 },
    keys: {
      [`job:${ID}`]: { type: "string", value: text },
      [place]: isList ? { type: "list", value: [ID] } : { type: "zset", value: [ID, "1800000000000"] },
    },
  };
};
/** Records without any field that may be absent. 0.2.0 writes some fields always; a later version need not. */
const BARE = [
  bare("pending", "job_queue"),
  bare("pending", "job_queue:scheduled", '"run_at":1800000000000,'),
  bare("processing", "job_queue:leases"),
  bare("completed", "job_queue:completed"),
  bare("failed", "job_queue:failed"),
  bare("cancelled", "job_queue:cancelled"),
];

/** A store of its own, with these keys, and what reads it. */
async function loaded(of: FormatCase, keys: StoredKeys) {
  const world = redis.queue();
  const root = `{${world.prefix}}:`;
  await load(redis.local.backend, keys, root);
  redis.clock.now = of.now;
  const old = new OldVersion(redis.local.backend, FORMAT.scripts, root, () => redis.clock.now);
  return { ...world, root, old };
}

/** Runs one verb on a store by today's code or by 0.2.0's. Tells what it answered, what it left, and how today's code reads that. */
async function outcomeOf(who: "today" | "old", verb: BothWays, of: FormatCase, keys: StoredKeys = of.keys) {
  const { queue, root, store, old } = await loaded(of, keys);
  redis.clock.now += verb.waitMs ?? 0;
  const record = recordIn(keys, of.job)!;
  const job = { id: of.job, token: String(record.token ?? "w.1"), task: String(record.task) };
  const answer = await (who === "today" ? verb.today(queue, job) : verb.old(old, job));
  const left = withoutTimes(await dump(redis.local.backend, root));
  const found = await queue.status(of.job);
  const contents = who === "old" && keys === of.keys ? await store.all() : {};
  await clear(root, left); // to read a store walks through all of them
  return { result: { answer, left, found }, contents };
}

async function clear(root: string, keys: StoredKeys): Promise<void> {
  await redis.local.backend.send(["UNLINK", ...Object.keys(keys).map((name) => root + name)]);
}

/** Keeps only whether a key expires: its remaining life follows the real clock. */
function withoutTimes(keys: StoredKeys): StoredKeys {
  const times = ([name, { ttl_ms, ...rest }]: [string, StoredKeys[string]]) =>
    [name, ttl_ms === undefined ? rest : { ...rest, ttl_ms: 1 }] as const;
  return Object.fromEntries(Object.entries(keys).map(times));
}

/** Expects that nothing is lost that a user gave or an attempt left, except what a newer attempt replaces and a trim deletes. */
function expectKept(before: StoredKeys, left: StoredKeys): void {
  for (const [name, { value }] of Object.entries(before)) {
    const [, id, part] = /^job:([0-9a-f-]{36})(:.*)?$/.exec(name) ?? [];
    if (!id || !(`job:${id}` in left)) continue;
    if (part === ":payload" || part === ":error:first") expect(left[name]?.value).toBe(value);
    else if (part) expect(left).toHaveProperty([name]);
    else expect(bodyOf(String(left[name]!.value))).toContain(bodyOf(String(value)).replace(/\]?\}$/, ""));
  }
}

const bodyOf = (record: string) => record.slice(record.indexOf('"job_id":'));

describe.each([...FORMAT.cases, ...BARE])("a job that $name, as 0.2.0 left it", (of) => {
  const record = recordIn(of.keys, of.job)!;
  const later = withLater(of.keys);

  test("is found, listed and counted, with what a later version adds or without it", async () => {
    for (const keys of [of.keys, later]) {
      const { queue, keys: names, root, old } = await loaded(of, keys);
      const { job } = (await queue.status(of.job))!;
      expect(job).toMatchObject({ id: of.job, status: of.status, task: "note" });
      expect(await listJobs(redis.redis, names, { limit: 10 })).toMatchObject({
        jobs: expect.arrayContaining([expect.objectContaining({ job })]),
      });
      expect(await old.records(of.job)).toEqual(["1", "1", keys[`job:${of.job}`]!.value]);
      expect((await queue.stats()).totals.missing).toBeUndefined();
      expect(await queue.hasWork()).toBe(/^(pending|processing)$/.test(of.status) || of.name.includes("one of two"));
      await clear(root, keys);
    }
  });

  test.each(VERBS)("$name", async (verb) => {
    const { result: old, contents } = await outcomeOf("old", verb, of);
    const place = placeAfter(verb.name, of, String(record.token ?? "w.1"));
    expect(placesIn(old.left, of.job)).toEqual(place === undefined ? [] : [place]);
    expect(old.found?.job.id).toBe(place && of.job);
    expectKept(of.keys, old.left);
    // A worker never asks for a retry of the last attempt.
    const isOdd = verb.name === "settle retry" && Number(record.retries) >= Number(record.max_retries);
    if (!BARE.includes(of) && !isOdd) expectSound(allowed(contents));

    // If a later version writes more than 0.2.0, remove that here first: the rest must be what 0.2.0 leaves.
    const { result: today } = await outcomeOf("today", verb, of);
    expect(today).toEqual(old);

    for (const who of ["old", "today"] as const) {
      const { result } = await outcomeOf(who, verb, of, later);
      const { keys: left, lost } = withoutLater(result.left, later);
      expect({ ...result, left, lost, who }).toEqual({ ...old, lost: [], who });
    }
  });
});

/** Leaves out the allowance, which the other tests of the queue never have. */
function allowed<T extends { strange?: Record<string, string> }>(contents: T): T {
  const { strange, ...rest } = contents;
  const { "job_queue:allowance:ci": _, ...others } = strange ?? {};
  return (Object.keys(others).length > 0 ? contents : rest) as T;
}

/** Every key of 0.2.0 (docs/data.md), without the names in it, and every field of its records. */
const KEYS =
  "job job:error job:error:first job:log job:payload job:result job_queue job_queue:allowance job_queue:cancelled job_queue:claim job_queue:completed job_queue:counters job_queue:failed job_queue:high job_queue:leases job_queue:linger job_queue:low job_queue:parked job_queue:paused job_queue:paused_tasks job_queue:scheduled job_queue:schedules job_queue:suspects job_queue:unique job_queue:unknown job_queue:wake";
const FIELDS =
  "alone attempts crashes created_at expires_at fingerprint finished_at held_until job_id max_retries note payload payload_bytes priority progress redrive retries run_at schedule sensitive slot snoozed started_at status task token traceparent unique unknown_since unknown_tries v";

/** Takes the steps, each by the version that `who` names for it. Tells what is in the store after each. */
async function live(who: (step: number) => "today" | "old", change: (keys: StoredKeys) => StoredKeys = (keys) => keys) {
  const { queue, prefix } = redis.queue();
  const root = `{${prefix}}:`;
  const { backend } = redis.local;
  const old = new OldVersion(backend, FORMAT.scripts, root, () => redis.clock.now);
  const stores: StoredKeys[] = [];
  let before: StoredKeys = {};
  redis.clock.now = FORMAT.cases[0]!.now;
  for (const [i, each] of LIFE.entries()) {
    redis.clock.now += each.waitMs;
    await (who(i) === "today" ? each.today(queue) : each.old(old));
    const left = await dump(backend, root);
    if (i === 0) {
      before = change(left);
      await clear(root, left);
      await load(backend, before, root);
    }
    stores.push(withoutTimes(i === 0 ? before : left));
  }
  const attempts = (await queue.status(NEW.id))!.job.attempts.map(({ outcome }) => outcome);
  await clear(root, stores.at(-1)!);
  return { stores, before, attempts };
}

describe("a deploy in the middle of a job's life", () => {
  const versions = ["old", "today"] as const;
  const reference = once(() => live(() => "old"));

  test.each(LIFE.map(({ name }, at) => ({ name, at })))(
    "changes nothing, nor does going back: before $name",
    async ({ at }) => {
      const { stores, attempts } = await reference();
      expect(attempts).toEqual(["failed", "failed", "cancelled", "lease_expired", "completed"]);
      for (const first of versions) {
        const who = (step: number) => (step < at === (first === "old") ? "old" : "today");
        const later = await live(who, withLater);
        for (const [i, left] of later.stores.entries())
          expect(withoutLater(left, later.before)).toEqual({ keys: stores[i], lost: [] });
      }
    },
  );
});

describe("the fixture", () => {
  test("has every key and every field", () => {
    const names = new Set<string>();
    const fields = new Set<string>();
    for (const { keys } of FORMAT.cases)
      for (const [name, { value }] of Object.entries(keys)) {
        names.add(
          name
            .replace(/[0-9a-f-]{36}:?/, "")
            .replace(/^job:(.*)/, (_, part) => (part ? `job:${part}` : "job"))
            .replace(/:(claim|unknown|allowance|parked|unique):.*/, ":$1"),
        );
        if (/^job:[0-9a-f-]{36}$/.test(name))
          for (const field of Object.keys(JSON.parse(String(value)))) fields.add(field);
      }
    expect([...names].sort().join(" ")).toBe(KEYS);
    expect([...fields].sort().join(" ")).toBe(FIELDS);
    const statuses = new Set(FORMAT.cases.map(({ status }) => status));
    expect([...statuses].sort()).toEqual(["cancelled", "completed", "failed", "pending", "processing"]);
    expect(Object.keys(FORMAT.scripts).join(" ")).toBe(Object.keys(SCRIPTS).sort().join(" "));
  });

  test("is as it was at the release of 0.2.0", () => {
    const hash = createHash("sha256").update(readFileSync(FORMAT_FILE)).digest("hex");
    expect(hash, "the fixture of a release never changes; another format gets its own").toBe(SHA256);
  });

  test("is what the code makes, in the release whose format it is", async () => {
    const changelog = readFileSync(join(import.meta.dirname, "../../CHANGELOG.md"), "utf8");
    const [, newest = ""] = /^## (\S+)/m.exec(changelog) ?? [];
    const made = await makeFormat(FORMAT.version);
    expect(made).toEqual(await makeFormat(FORMAT.version));
    const isOfToday = newest === FORMAT.version;
    expect(isOfToday ? made : FORMAT, "the code has changed: run test/support/format/make.ts once more").toEqual(
      FORMAT,
    );
  });
});
