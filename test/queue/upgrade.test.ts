import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { START, useRedis } from "../support/redis.ts";
import { claim, completed, deferred, extend, failed, retry, settle } from "../support/verbs.ts";

// While a new version is deployed, both run side by side on the same jobs for some minutes; and a job that waits for a
// year is run by a version that does not exist yet. docs/deploy.md has the rules that follow.

const redis = useRedis();
const PAYLOAD = '{"to":"ada@example.com"}';
const LARGE = JSON.stringify("x".repeat(2_000));

/** Jobs of format 1, byte for byte as the first release writes them: every later version must read these. */
const inline = (id: string) =>
  `{"v":1,"status":"pending","retries":0,"job_id":"${id}","task":"send_email","priority":"high","max_retries":3,"created_at":${START},"fingerprint":"f1","traceparent":"00-1-1-01","payload":"{\\"to\\":\\"ada@example.com\\"}"}`;
const separate = (id: string) =>
  `{"v":1,"status":"pending","retries":0,"job_id":"${id}","payload_bytes":2002,"task":"send_email","priority":"high","max_retries":3,"created_at":${START}}`;
const history = `"attempts":[{"attempt":1,"outcome":"failed","started_at":${START},"ended_at":${START},"worker":"v","error":"Boom","message":"it broke"}`;
const processing = (id: string) =>
  `{"v":1,"status":"processing","retries":1,"run_at":${START},"started_at":${START},"token":"v.2","progress":50,"note":"half","job_id":"${id}","task":"send_email","priority":"low","max_retries":1,"created_at":${START},${history}]}`;
const givenBack = (id: string) =>
  `{"v":1,"status":"pending","retries":1,"run_at":${START + 5},"token":"v.2","unknown_since":${START - 5},"unknown_tries":9,"job_id":"${id}","task":"send_email","priority":"low","max_retries":1,"created_at":${START},${history}]}`;
const done = (id: string) =>
  `{"v":1,"status":"completed","retries":1,"started_at":${START},"finished_at":${START + 5},"token":"v.2","job_id":"${id}","task":"send_email","max_retries":1,"created_at":${START},${history}]}`;

/** What a later version may add to format 1: flat, behind `job_id` and the size of the payload. */
const LATER = '"tenant":"acme","cost":1.5,"urgent":true,';
const later = (record: string) => record.replace('"task":', `${LATER}"task":`);

async function written(record: (id: string) => string, place: "high" | "leases" | "completed" | "scheduled") {
  const world = redis.queue();
  const { keys } = world;
  const id = randomUUID();
  await redis.redis.set(keys.jobPrefix + id, record(id));
  if (record(id).includes('"payload_bytes"')) await redis.redis.set(`${keys.jobPrefix}${id}:payload`, LARGE);
  if (place === "high") await redis.redis.lpush(keys.high, id);
  else await redis.redis.zadd(keys[place], { score: START + (place === "leases" ? 30_000 : 5), member: id });
  return { ...world, id, text: async () => String(await redis.redis.get(keys.jobPrefix + id)) };
}

describe("a job of format 1", () => {
  test("is written byte for byte as it is read here", async () => {
    const { queue, keys } = redis.queue();
    const of = { task: "send_email", priority: "high", maxRetries: 3, createdAt: START } as const;
    const traced = { fingerprint: "f1", traceparent: "00-1-1-01" };
    const [a, b] = [randomUUID(), randomUUID()];
    await queue.submit([
      { id: a, ...of, payload: PAYLOAD, ...traced },
      { id: b, ...of, payload: LARGE },
    ]);
    expect(await redis.redis.get(keys.jobPrefix + a)).toBe(inline(a));
    expect(await redis.redis.get(keys.jobPrefix + b)).toBe(separate(b));
  });

  test.each([
    { where: "in its record", record: inline, payload: PAYLOAD },
    { where: "in a key of its own", record: separate, payload: LARGE },
  ])("is claimed with its payload $where, fails, is claimed again and completes", async ({ record, payload }) => {
    const { queue, id, store } = await written(record, "high");
    const payloadBytes = payload.length;
    expect((await claim(queue)).jobs).toMatchObject([{ job: { id, payloadBytes }, payload }]);
    // The answer was lost, so the claim is sent again.
    expect((await claim(queue)).jobs).toMatchObject([{ job: { id }, payload }]);
    expect(await settle(queue, retry({ id }, 0))).toEqual(["settled"]);
    redis.clock.now += 1;
    expect((await claim(queue, { token: "w.2" })).jobs).toMatchObject([{ payload }]);
    expect(await settle(queue, completed({ id }, "1", "w.2"))).toEqual(["settled"]);
    expect(await store.places(id)).toEqual(["completed"]);
    const found = await queue.status(id);
    expect(found).toMatchObject({ result: "1", payload, job: { priority: "high" } });
    expect(found?.job.attempts.map(({ outcome }) => outcome)).toEqual(["failed", "completed"]);
  });

  test("is extended and settled by the token that another version gave it, and redriven", async () => {
    const { queue, id, store } = await written(processing, "leases");
    expect(await extend(queue, { id, token: "v.2" })).toEqual(["held"]);
    expect(await extend(queue, { id, token: "w.2" })).toEqual(["lost"]);
    expect(await settle(queue, failed({ id }, "w.2"))).toEqual(["lost"]);
    expect(await settle(queue, failed({ id }, "v.2"))).toEqual(["settled"]);
    const attempts = [
      { attempt: 1, worker: "v" },
      { attempt: 2, worker: "v" },
    ];
    expect(await queue.status(id)).toMatchObject({ job: { status: "failed", attempts } });
    expect(await queue.redrive(id)).toMatchObject({ outcome: "redriven", job: { retries: 0, attempts } });
    expect(await store.places(id)).toEqual(["low"]);
  });

  test("is reclaimed when its worker has crashed", async () => {
    const { queue, id } = await written(processing, "leases");
    redis.clock.now = START + 60_000;
    expect((await claim(queue, { count: 0 })).reclaimed).toEqual([{ id, status: "pending" }]);
    const last = (await queue.status(id))?.job.attempts.at(-1);
    expect(last).toMatchObject({ attempt: 2, outcome: "lease_expired", counted: false });
  });

  test("that was given back for its unknown task is run by a worker that knows it, or given back again", async () => {
    const { queue, id, text } = await written(givenBack, "scheduled");
    redis.clock.now = START + 5;
    expect((await claim(queue)).jobs).toMatchObject([{ job: { id, unknownSince: START - 5, unknownTries: 9 } }]);
    expect(await settle(queue, deferred({ id }, 5))).toEqual(["settled"]);
    expect((await queue.status(id))?.job).toMatchObject({ retries: 1, unknownSince: START - 5, unknownTries: 10 });
    expect((await claim(queue, { token: "w.2", tasks: ["send_email"] })).jobs).toMatchObject([{ job: { id } }]);
    expect(await settle(queue, completed({ id }, "1", "w.2"))).toEqual(["settled"]);
    expect(await text()).not.toContain("unknown");
  });

  test("that has completed shows each attempt once", async () => {
    const { queue, id } = await written(done, "completed");
    expect((await queue.status(id))?.job.attempts).toMatchObject([
      { attempt: 1, outcome: "failed" },
      { attempt: 2, outcome: "completed" },
    ]);
  });
});

describe("a job of a later version, with fields that we do not know", () => {
  test.each<[string, "completed" | "retry" | "failed" | "released"]>([
    ["completes", "completed"],
    ["is retried", "retry"],
    ["fails", "failed"],
    ["is released", "released"],
  ])("%s, and keeps them", async (_, outcome) => {
    const { queue, id, text } = await written((name) => later(inline(name)), "high");
    expect((await claim(queue)).jobs).toMatchObject([{ job: { id }, payload: PAYLOAD }]);
    expect(await extend(queue, { id, token: "w.1", progress: { percent: 1 } })).toEqual(["held"]);
    const ending =
      outcome === "retry" ? retry({ id }) : outcome === "failed" ? failed({ id }) : { id, token: "w.1", outcome };
    expect(await settle(queue, ending)).toEqual(["settled"]);
    expect(await text()).toContain(LATER);
    expect(JSON.parse(await text())).toMatchObject({ tenant: "acme", cost: 1.5, urgent: true });
  });

  test("is cancelled, redriven and reclaimed, and keeps them", async () => {
    const { queue, id, text } = await written((name) => later(processing(name)), "leases");
    expect(await queue.cancel(id)).toMatchObject({ outcome: "cancelled" });
    expect(await text()).toContain(LATER);
    expect(await extend(queue, { id, token: "v.2" })).toEqual(["cancelled"]);
    expect(await text()).toContain(LATER);
    expect(await queue.redrive(id)).toMatchObject({ outcome: "redriven" });
    expect(await text()).toContain(LATER);
    await claim(queue);
    redis.clock.now = START + 120_000;
    expect((await claim(queue, { token: "w.2" })).reclaimed).toMatchObject([{ id }]);
    expect(await text()).toContain(LATER);
    expect(await queue.status(id)).toMatchObject({ job: { attempts: [{ attempt: 1 }, { outcome: "cancelled" }, {}] } });
  });
});

describe("a job of another format", () => {
  const other = (id: string) => inline(id).replace('"v":1', '"v":2');
  const unnumbered = (id: string) => inline(id).replace('"v":1,', "");

  test.each([
    ["a later one", other],
    ["none", unnumbered],
  ])("(%s) is left alone: no version of ours can read it, and its record stays", async (_, record) => {
    const { queue, id, text } = await written(record, "high");
    const before = await text();
    expect(await queue.status(id)).toBeUndefined();
    expect(await queue.cancel(id)).toEqual({ outcome: "missing" });
    expect(await queue.redrive(id)).toEqual({ outcome: "missing" });
    expect(await extend(queue, { id, token: "w.1", progress: { percent: 1 } })).toEqual(["lost"]);
    expect(await settle(queue, completed({ id }))).toEqual(["lost"]);
    expect(await claim(queue)).toMatchObject({ jobs: [], missing: [id] });
    expect(await text()).toBe(before);
  });
});
