import { beforeEach, describe, expect, test } from "vitest";
import { fingerprintFor, groupsOf, normalised } from "../../lib/routes/failure-groups.ts";
import { type Deployed, get, post, useApi } from "../support/api.ts";
import { job, START } from "../support/redis.ts";
import { claim, completed, extend, failed, running, settle } from "../support/verbs.ts";

const api = useApi();
let deployed: Deployed;
let queue: Deployed["queue"];
beforeEach(async () => {
  deployed = await api.deploy();
  ({ queue } = api.redis.queue({ prefix: deployed.prefix }));
});

test.each([
  ["connect ECONNREFUSED 10.0.0.7:587", "connect ECONNREFUSED …"],
  ["no user 'ada' in \"crm\"", "no user … in …"],
  ["can't read it, won't try", "can't read it, won't try"],
  ["job 0b9f1c9e-5d0a-4f2e-9a51-3f6b1f1d7c11 is gone", "job … is gone"],
  ["commit 3f2b8c1e0d failed", "commit … failed"],
  ["deadbeef cafe", "deadbeef cafe"],
  ["took 1,234.5 ms, 2 of 3 tries", "took … ms, … of … tries"],
  ["at 2030-01-31T12:00:00Z", "at …T…Z"],
  ["x".repeat(400), "x".repeat(300)],
])("%s becomes %s", (message, bare) => expect(normalised(message)).toBe(bare));

/** Jobs that failed, each with its message, one second after the other. */
async function dead(...given: [task: string, message: string][]) {
  const jobs = given.map(([task]) => job({ task, maxRetries: 0 }));
  for (const [i, each] of jobs.entries()) {
    api.redis.clock.now += 1_000;
    await running(queue, [each], each.id);
    await settle(queue, { ...failed(each, each.id), message: given[i]![1] } as never);
  }
  return jobs.map(({ id }) => id);
}
const failures = async (query = "") => (await deployed.call(get(`/failures${query}`))).body;

describe("failures", () => {
  test("are grouped by task and by what their messages have in common, the largest group first", async () => {
    const ids = await dead(
      ["mail", "no answer from 10.0.0.1"],
      ["mail", "no answer from 10.0.0.2"],
      ["note", "no answer from 1"],
    );
    const { groups, scanned, more } = await failures();
    const at = (seconds: number) => new Date(START + seconds * 1_000).toISOString();
    expect({ scanned, more }).toEqual({ scanned: 3, more: false });
    expect(groups).toEqual([
      {
        ...{
          task: "mail",
          error: "Boom: no answer from …",
          fingerprint: expect.stringMatching(/^[\w-]{16}$/),
          count: 2,
        },
        ...{ first_at: at(1), last_at: at(2), sample_job_id: ids[1] },
      },
      expect.objectContaining({ task: "note", count: 1, sample_job_id: ids[2] }),
    ]);
    expect((await failures("?task=note")).groups).toHaveLength(1);
    expect(await failures("?limit=1")).toMatchObject({ groups: [{ task: "mail" }], more: true });
    expect(await failures("?limit=0")).toMatchObject({ code: "invalid_query" });
  });

  test("since an instant are those that failed from then on, and older ones are not said to be more", async () => {
    const ids = await dead(["mail", "no answer"], ["mail", "no answer"], ["note", "no answer"]);
    const since = (seconds: number) => failures(`?since=${new Date(START + seconds * 1_000).toISOString()}`);
    expect((await since(2)).groups).toMatchObject([
      { task: "note", count: 1 },
      { task: "mail", count: 1, sample_job_id: ids[1] },
    ]);
    expect(await since(4)).toMatchObject({ groups: [], more: false });
    expect(await failures("?since=today")).toMatchObject({ code: "invalid_query" });
  });

  test("of an empty queue are none", async () => {
    expect(await failures()).toEqual({ groups: [], scanned: 0, more: false });
  });

  test("a job without an error is in a group, too", () => {
    const { unique: _, ...made } = job();
    const bare = { ...made, status: "failed" as const, retries: 0, attempts: [] };
    expect(groupsOf([bare])).toMatchObject([{ error: "unknown", jobs: [bare] }]);
    expect(fingerprintFor(bare)).toBe(groupsOf([bare])[0]!.fingerprint);
  });
});

const change = async (verb: string, body: object) => {
  const { status, body: answer } = await deployed.call(post(`/${verb}-jobs`, body));
  return { status, ...answer };
};

describe("many jobs", () => {
  test("of one failure are retried in steps, and no others", async () => {
    const mails = await dead(...Array.from({ length: 7 }, (_, i): [string, string] => ["mail", `no answer from ${i}`]));
    const [other] = await dead(["mail", "refused"]);
    const { groups } = await failures();
    const wanted = { status: "failed", fingerprint: groups[0].fingerprint, limit: 3 };
    const first = await change("retry", wanted);
    expect(first).toEqual({ status: 200, done: 3, skipped: 0, left: true, cursor: expect.any(String) });
    const second = await change("retry", { ...wanted, cursor: first.cursor });
    const third = await change("retry", { ...wanted, cursor: second.cursor });
    expect([second.done, third.done, third.left, third.cursor]).toEqual([3, 1, false, undefined]);
    for (const id of mails) expect((await queue.job(id))!.status).toBe("pending");
    expect((await queue.job(other!))!.status).toBe("failed");
  });

  test.each(["retry", "delete"])(
    "that failed since an instant are changed in steps, and no older ones (%s)",
    async (verb) => {
      const ids = await dead(
        ...Array.from({ length: 7 }, (_, i): [string, string] => [i === 4 ? "note" : "mail", "no"]),
      );
      const since = new Date(START + 3_000).toISOString(); // the third failed then
      const wanted = { status: "failed", since, limit: 2 };
      const steps = [await change(verb, wanted)];
      while (steps.at(-1)!.left) steps.push(await change(verb, { ...wanted, cursor: steps.at(-1)!.cursor }));
      expect(steps.map(({ done, left }) => [done, left])).toEqual([
        [2, true],
        [2, true],
        [1, false],
      ]);
      const kept = await deployed.call(get("/jobs?status=failed"));
      expect(kept.body.jobs.map(({ job_id }: { job_id: string }) => job_id)).toEqual([ids[1], ids[0]]);
    },
  );

  test("of a task since an instant are looked for no further than that", async () => {
    await dead(["mail", "a"], ["mail", "b"], ["note", "c"], ["mail", "d"]);
    const since = (seconds: number) => new Date(START + seconds * 1_000).toISOString();
    const { groups } = await failures("?task=note");
    const wanted = { status: "failed", task: "note", fingerprint: groups[0].fingerprint };
    expect(await change("delete", { ...wanted, since: since(4) })).toMatchObject({ done: 0, left: false });
    expect(await change("delete", { ...wanted, since: since(3) })).toMatchObject({ done: 1, left: false });
    expect(await change("delete", { status: "failed", since: since(5), limit: 1 })).toMatchObject({ left: false });
    const [{ sample_job_id: id }] = (await failures()).groups;
    expect(await change("delete", { status: "failed", ids: [id], since: since(60) })).toMatchObject({ done: 1 });
  });

  test("are deleted by status, by task, or by name", async () => {
    const ids = await dead(["mail", "a"], ["note", "b"], ["note", "c"]);
    const done = job();
    await running(queue, [done], "d.1");
    await settle(queue, completed(done, undefined, "d.1"));
    expect(await change("delete", { status: "failed", task: "note" })).toMatchObject({
      done: 2,
      skipped: 0,
      left: false,
    });
    expect(await change("delete", { status: "failed", ids: [ids[0]!.toUpperCase(), ids[1], done.id] })).toMatchObject({
      ...{ done: 1, skipped: 2, left: false },
    });
    expect(await change("delete", { status: "completed" })).toMatchObject({ done: 1, left: false });
    const { completed: kept, failed: dead_ } = await queue.stats();
    expect([kept, dead_]).toEqual([0, 0]);
  });

  test("wake one worker, and are skipped where they are not there any more", async () => {
    const [id] = await dead(["mail", "a"]);
    await queue.redrive(id!);
    expect(await change("retry", { status: "failed", ids: [id, crypto.randomUUID()] })).toMatchObject({
      done: 0,
      skipped: 2,
    });
  });

  test.each([
    [{}, "/status"],
    [{ status: "pending" }, "/status"],
    [{ status: "completed" }, "/status"],
    [{ status: "failed", limit: 101 }, "/limit"],
    [{ status: "failed", ids: [] }, "/ids"],
    [{ status: "failed", ids: ["x"] }, "/ids/0"],
    [{ status: "failed", ids: Array(101).fill(crypto.randomUUID()) }, "/ids"],
    [{ status: "failed", cursor: "x" }, "/cursor"],
    [{ status: "failed", since: "today" }, "/since"],
    [{ status: "failed", since: null }, "/since"],
    [{ status: "failed", all: true }, "/all"],
  ])("%j is refused", async (body, pointer) => {
    expect(await change("retry", body)).toMatchObject({ status: 422, code: "invalid_request", errors: [{ pointer }] });
  });
});

describe("the pulse", () => {
  const tag = async () => (await deployed.call(get("/pulse"))).body.tag as string;

  test("changes with each step of a job, and not while nothing happens, for three commands", async () => {
    const seen = [await tag()];
    const one = job();
    const two = job({ when: { delayMs: 60_000 } });
    // With others in all places no change makes or empties a key.
    const others = [job(), job({ when: { delayMs: 60_000 } }), job()];
    await queue.submit(others);
    await queue.cancel(others[2]!.id);
    const steps = [
      () => queue.submit([two]),
      () => queue.cancel(two.id),
      () => queue.redrive(two.id),
      () => queue.submit([one]),
      () => claim(queue),
      async () => {
        api.redis.clock.now += 1_000;
        await extend(queue, { id: one.id, token: "w.1", progress: { percent: 7 } });
      },
      () => settle(queue, completed(one, "1")),
      () => queue.delete([one.id]),
    ];
    for (const step of steps) {
      await step();
      seen.push(await tag());
      expect(await tag()).toBe(seen.at(-1));
    }
    for (const [i, each] of seen.slice(1).entries()) expect(each).not.toBe(seen[i]);
    const { commands } = await api.commandsOf(tag);
    expect(commands).toEqual({ dbsize: 1, hvals: 1, zrange: 1 });
  });

  test("of a queue where nothing runs or waits changes with a submit, for one command", async () => {
    const quiet = async () => (await deployed.call(get("/pulse?look=keys"))).body.tag as string;
    const seen = [await quiet()];
    for (const one of [job(), job({ when: { delayMs: 1_000 } })]) {
      await queue.submit([one]);
      seen.push(await quiet());
    }
    expect(new Set(seen).size).toBe(3);
    expect((await api.commandsOf(quiet)).commands).toEqual({ dbsize: 1 });
    expect((await deployed.call(get("/pulse?look=some"))).body).toMatchObject({ code: "invalid_query" });
  });

  test("that looks at the totals, too, changes when a job that waits is cancelled or retried, for two commands", async () => {
    const totals = async () => (await deployed.call(get("/pulse?look=totals"))).body.tag as string;
    const all = Array.from({ length: 3 }, () => job({ when: { delayMs: 60_000 } }));
    await queue.submit(all);
    await queue.cancel(all[0]!.id);
    const seen = [await totals()];
    await queue.cancel(all[1]!.id);
    seen.push(await totals());
    await queue.redrive(all[1]!.id);
    seen.push(await totals());
    expect(new Set(seen).size).toBe(3);
    expect((await api.commandsOf(totals)).commands).toEqual({ dbsize: 1, hvals: 1 });
  });
});
