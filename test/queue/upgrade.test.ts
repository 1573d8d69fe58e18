import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { START, useRedis } from "../support/redis.ts";
import { claim, completed, extend, failed, retry, settle } from "../support/verbs.ts";

// While a new version is deployed, the two run side by side on the same jobs for some minutes; and a job that waits for a
// year is run by a version that nobody has written yet. docs/deploy.md has the rules that follow.

const redis = useRedis();
const PAYLOAD = '{"to":"ada@example.com"}';

/** Jobs as 0.1.0 wrote them, byte by byte: the size of the payload behind, the last attempt in the history. */
const pending = (id: string) =>
  `{"status":"pending","retries":0,"job_id":"${id}","task":"send_email","priority":"high","max_retries":3,"created_at":${START},"payload_bytes":24,"fingerprint":"f1","traceparent":"00-1-1-01"}`;
const history = `"attempts":[{"attempt":1,"outcome":"failed","started_at":${START},"ended_at":${START},"worker":"v","error":"Boom","message":"it broke"}`;
const processing = (id: string) =>
  `{"status":"processing","retries":1,"run_at":${START},"started_at":${START},"token":"v.2","progress":50,"note":"half","job_id":"${id}","task":"send_email","priority":"low","max_retries":1,"created_at":${START},${history}]}`;
const done = (id: string) =>
  `{"status":"completed","retries":1,"started_at":${START},"finished_at":${START + 5},"token":"v.2","job_id":"${id}","task":"send_email","priority":"low","max_retries":1,"created_at":${START},${history},{"attempt":2,"outcome":"completed","started_at":${START},"ended_at":${START + 5},"worker":"v"}]}`;

/** What a later version may add: flat, and behind `job_id`. */
const LATER = '"tenant":"acme","cost":1.5,"urgent":true,';
const later = (record: string) => record.replace('"task":', `${LATER}"task":`);

async function written(record: (id: string) => string, place: "high" | "leases" | "completed") {
  const world = redis.queue();
  const { keys } = world;
  const id = randomUUID();
  await redis.redis.set(keys.jobPrefix + id, record(id));
  if (record(id).includes('"payload_bytes"')) await redis.redis.set(`${keys.jobPrefix}${id}:payload`, PAYLOAD);
  if (place === "high") await redis.redis.lpush(keys.high, id);
  else await redis.redis.zadd(keys[place], { score: START + (place === "leases" ? 30_000 : 5), member: id });
  return { ...world, id, text: async () => String(await redis.redis.get(keys.jobPrefix + id)) };
}

describe("a job of an earlier version", () => {
  it("is claimed with its payload, fails, is claimed again and completes", async () => {
    const { queue, id, store } = await written(pending, "high");
    expect((await claim(queue)).jobs).toMatchObject([{ job: { job_id: id, payload_bytes: 24 }, payload: PAYLOAD }]);
    // The answer was lost, so it is asked for again.
    expect((await claim(queue)).jobs).toMatchObject([{ job: { job_id: id }, payload: PAYLOAD }]);
    expect(await settle(queue, retry({ id }, 0))).toEqual(["settled"]);
    redis.clock.now += 1;
    expect((await claim(queue, { token: "w.2" })).jobs).toMatchObject([{ payload: PAYLOAD }]);
    expect(await settle(queue, completed({ id }, "1", "w.2"))).toEqual(["settled"]);
    expect(await store.places(id)).toEqual(["completed"]);
    const found = await queue.status(id);
    expect(found).toMatchObject({
      result: "1",
      job: { fingerprint: "f1", traceparent: "00-1-1-01", priority: "high" },
    });
    expect(found?.job.attempts?.map(({ outcome }) => outcome)).toEqual(["failed", "completed"]);
  });

  it("is extended, settled by the token that an earlier version gave it, and redriven", async () => {
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

  it("is taken back when its worker crashed", async () => {
    const { queue, id } = await written(processing, "leases");
    redis.clock.now = START + 60_000;
    expect((await claim(queue)).reclaimed).toEqual([{ id, status: "failed" }]);
    expect((await queue.status(id))?.job.attempts?.at(-1)).toMatchObject({ attempt: 2, outcome: "lease_expired" });
  });

  it("that has completed shows each attempt once", async () => {
    const { queue, id } = await written(done, "completed");
    expect((await queue.status(id))?.job.attempts).toMatchObject([
      { attempt: 1, outcome: "failed" },
      { attempt: 2, outcome: "completed" },
    ]);
  });
});

describe("a job of a later version, with fields that we do not know", () => {
  it.each<[string, Parameters<typeof settle>[1]["outcome"]]>([
    ["completes", "completed"],
    ["is retried", "retry"],
    ["fails", "failed"],
    ["is released", "released"],
  ])("%s, and keeps them", async (_, outcome) => {
    const { queue, id, text } = await written((name) => later(pending(name)), "high");
    expect((await claim(queue)).jobs).toMatchObject([{ job: { job_id: id }, payload: PAYLOAD }]);
    expect(await extend(queue, { id, token: "w.1", progress: { percent: 1 } })).toEqual(["held"]);
    const ending =
      outcome === "retry" ? retry({ id }) : outcome === "failed" ? failed({ id }) : { id, token: "w.1", outcome };
    expect(await settle(queue, ending)).toEqual(["settled"]);
    expect(await text()).toContain(LATER);
    expect(JSON.parse(await text())).toMatchObject({ tenant: "acme", cost: 1.5, urgent: true });
  });

  it("is cancelled, redriven and taken back, and keeps them", async () => {
    const { queue, id, text } = await written((name) => later(processing(name)), "leases");
    expect(await queue.cancel(id)).toMatchObject({ outcome: "cancelled" });
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
