import fc from "fast-check";
import { beforeEach, expect, test } from "vitest";
import { fingerprintOf, idsOf } from "../../lib/jobs/ids.ts";
import { apiKey, type Deployed, get, post, useApi } from "../support/api.ts";
import { startWorker, task } from "../support/worker.ts";

const api = useApi();
let deployed: Deployed;
beforeEach(async () => {
  api.faults.reset();
  deployed = await api.deploy();
});

const MAIL = { task: "note", payload: { to: "a@example.com", subject: "Hi" } };
const submit = (key: string, body: unknown = MAIL, headers: Record<string, string> = {}) =>
  deployed.call(post("/submit-job", body, { "idempotency-key": key, ...headers }));

test("the same key and body get the same job, and the answer is marked as a replay", async () => {
  const first = await submit("k1");
  const second = await submit("k1");
  expect(first.status).toBe(202);
  expect(first.headers["idempotent-replayed"]).toBeUndefined();
  expect(second.status).toBe(202);
  expect(second.headers).toMatchObject({
    "idempotent-replayed": "true",
    location: `/job-status/${first.body.job_id}`,
  });
  expect(second.body).toEqual(first.body);
  expect(await deployed.store.ready()).toEqual([first.body.job_id]);
});

test("a different body under the same key is refused and changes nothing", async () => {
  const { body } = await submit("k1");
  const before = await deployed.store.all();
  for (const other of [
    { ...MAIL, priority: "high" },
    { ...MAIL, payload: {} },
    { task: "note" },
    { ...MAIL, delay_seconds: 10 },
  ]) {
    const answer = await submit("k1", other);
    expect(answer).toMatchObject({ status: 422, body: { code: "idempotency_key_reused" } });
  }
  expect(await deployed.store.all()).toEqual(before);
  expect(await deployed.store.ready()).toEqual([body.job_id]);
});

test("a number that JavaScript would round to the one in an earlier body is refused, not taken for a replay", async () => {
  const submitId = (id: string) => {
    const body = `{"task":"call","payload":{"url":"https://example.com","body":{"id":${id}}}}`;
    return deployed.call({ ...post("/submit-job", {}, { "idempotency-key": "k1" }), body });
  };
  expect((await submitId("9007199254740992")).status).toBe(202);
  const before = await deployed.store.all();
  const other = await submitId("9007199254740993");
  expect(other).toMatchObject({ status: 422, body: { code: "invalid_request" } });
  const [fault] = other.body.errors;
  expect(fault.pointer).toBe("/payload/body/id");
  expect(fault.detail).toBe("send it as a string: the number 9007199254740993 would become 9007199254740992");
  expect(await deployed.store.all()).toEqual(before);
});

test("the order of fields and white space make no difference to a body", async () => {
  const { body } = await submit("k1");
  const shuffled = '{ "payload" : {"subject":"Hi",\n "to":"a@example.com"}, "task":"note" }';
  const again = await deployed.call({ ...post("/submit-job", {}, { "idempotency-key": "k1" }), body: shuffled });
  expect(again).toMatchObject({ status: 202, body, headers: { "idempotent-replayed": "true" } });
});

test("a list differs from an object with the same elements", () => {
  expect(fingerprintOf({})).not.toBe(fingerprintOf([]));
  expect(fingerprintOf({ a: 1 })).not.toBe(fingerprintOf([["a", 1]]));
  expect(fingerprintOf(["{", ["a", 1]])).not.toBe(fingerprintOf({ a: 1 }));
});

test("two values have the same fingerprint exactly when they are the same JSON, apart from the order of fields", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
      const same = JSON.stringify(reversed(a)) === JSON.stringify(reversed(b));
      expect(fingerprintOf(a) === fingerprintOf(b)).toBe(same);
      expect(fingerprintOf(JSON.parse(JSON.stringify(reversed(a))))).toBe(fingerprintOf(JSON.parse(JSON.stringify(a))));
    }),
  );
});

/** The same value, with the fields of every object sorted in reverse. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? 1 : -1));
  return Object.fromEntries(entries.map(([name, inner]) => [name, reversed(inner)]));
}

test("fifty equal requests sent together make one job, which runs once", async () => {
  const answers = await Promise.all(Array.from({ length: 50 }, () => submit("k50")));
  const ids = new Set(answers.map(({ body }) => body.job_id as string));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
  expect(ids.size).toBe(1);
  expect(answers.filter(({ headers }) => headers["idempotent-replayed"] === undefined)).toHaveLength(1);
  let runs = 0;
  const done = await startWorker(deployed.queue, [task("note", () => void runs++)]).drain();
  expect(done).toMatchObject({ claimed: 1, completed: 1 });
  expect(runs).toBe(1);
});

test("a key is remembered when the job has completed, failed or been cancelled", async () => {
  const { body } = await submit("done");
  await startWorker(deployed.queue, [task("note", () => "ok")]).drain();
  expect(await submit("done")).toMatchObject({ body, headers: { "idempotent-replayed": "true" } });
  expect((await submit("done", { task: "note" })).status).toBe(422);
  expect((await deployed.call(get(`/job-status/${body.job_id}`))).body).toMatchObject({
    status: "completed",
    retries: 0,
  });
  expect(await deployed.store.places(body.job_id)).toEqual(["completed"]);

  const other = await submit("ended");
  await deployed.call(post(`/cancel-job/${other.body.job_id}`));
  expect((await submit("ended")).body).toEqual(other.body);
  expect(await deployed.store.places(other.body.job_id)).toEqual(["cancelled"]);
});

test.each(["drop_reply", "cut_reply", "double"] as const)(
  "the fault %s on a reply from Redis still leaves one job",
  async (fault) => {
    let struck = 0;
    api.faults.when(({ verbs }) => (verbs.includes("submit") && struck++ === 0 ? fault : undefined));
    const first = await submit("lost");
    expect(first.status).toBe(202);
    expect(struck).toBeGreaterThan(0);
    expect((await submit("lost")).body).toEqual(first.body);
    expect(await deployed.store.ready()).toEqual([first.body.job_id]);
  },
);

test("a submit whose replies are all lost is a 503, and finds its job when it is sent again", async () => {
  await submit("warm");
  api.faults.when(() => "drop_reply");
  const lost = await submit("k");
  expect(lost).toMatchObject({ status: 503, body: { code: "redis_unavailable" } });
  expect(Number(lost.headers["retry-after"])).toBeGreaterThan(0);
  api.faults.reset();
  const found = await submit("k");
  expect(found).toMatchObject({ status: 202, headers: { "idempotent-replayed": "true" } });
  expect(await deployed.store.ready()).toHaveLength(2);
});

test("callers do not share idempotency keys, and a caller keeps them when its API key is rotated", async () => {
  const [ann, bob, annNew] = [apiKey("ann", "submit"), apiKey("bob", "submit"), apiKey("ann", "submit")];
  deployed = await api.deploy({ API_KEYS: [ann, bob, annNew].map(({ entry }) => entry).join(",") });
  const anns = await submit("k", MAIL, ann.headers);
  const bobs = await submit("k", { task: "note" }, bob.headers);
  expect([anns.status, bobs.status]).toEqual([202, 202]);
  expect(bobs.body.job_id).not.toBe(anns.body.job_id);
  expect((await submit("k", MAIL, annNew.headers)).body).toEqual(anns.body);
});

test("a batch is remembered as a whole, and a different batch under the same key is refused", async () => {
  const jobs = [MAIL, { task: "count" }, MAIL];
  const send = (body: unknown, path = "/submit-jobs") => deployed.call(post(path, body, { "idempotency-key": "b" }));
  const first = await send({ jobs });
  expect(first.status).toBe(202);
  expect(new Set(first.body.job_ids).size).toBe(3);
  const before = await deployed.store.all();
  expect(await send({ jobs })).toMatchObject({ body: first.body, headers: { "idempotent-replayed": "true" } });
  for (const other of [jobs.slice(0, 2), [...jobs, MAIL], [jobs[1], jobs[0], jobs[2]]]) {
    expect((await send({ jobs: other })).status).toBe(422);
  }
  expect((await send(MAIL, "/submit-job")).status).toBe(422);
  expect(await deployed.store.all()).toEqual(before);
});

test("a key has 1 to 255 printable ASCII characters, quoted or bare", async () => {
  for (const bad of ["", " ", '""', "é", "a\u0000b", "a\tb", "x".repeat(256), "漢", "\u007f", '"  "']) {
    expect((await submit(bad)).body, JSON.stringify(bad)).toMatchObject({
      code: "invalid_idempotency_key",
      status: 400,
    });
  }
  expect(await deployed.store.all()).toEqual({});
  for (const good of ["a", "x".repeat(255), "a b", '~!@#$%^&*(){}[]|\\:;<>,.?/"', "constructor", "__proto__"]) {
    expect((await submit(good)).status, good).toBe(202);
  }
  expect((await submit('"quoted"')).body).toEqual((await submit("quoted")).body);
});

test("ids are UUIDs of version 8, one for each key, caller and place", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom(...'ab",[]0'), minLength: 1 }),
      fc.string({ unit: fc.constantFrom(...'ab",[]0') }),
      (key, caller) => {
        const ids = [
          ...idsOf(`k${key}`, caller, 3),
          ...idsOf(`k${key}0`, caller, 2),
          ...idsOf(`k${key}`, `${caller}0`, 2),
        ];
        expect(new Set(ids).size).toBe(7);
        for (const id of ids)
          expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      },
    ),
  );
});
