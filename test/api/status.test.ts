import { beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import * as z from "zod/mini";
import type { App } from "../../lib/app/app.ts";
import { JobView } from "../../lib/routes/described/job-view.ts";
import { NonRetriableError, SnoozeError } from "../../lib/tasks.ts";
import { type Answer, type Deployed, get, post, useApi } from "../support/api.ts";
import { job, record } from "../support/redis.ts";
import { claim, completed, extend } from "../support/verbs.ts";
import { gate, startWorker, task, until } from "../support/worker.ts";

const api = useApi();
let deployed: Deployed;
beforeEach(async () => {
  api.faults.reset();
  deployed = await api.deploy();
});

const status = async (id: string, query = "", headers = {}) => {
  const answer = await deployed.call(get(`/job-status/${id}${query}`, headers));
  if (answer.status === 200) z.parse(JobView, answer.body);
  return answer;
};
const submit = (body: object = {}, headers = {}) =>
  deployed.call(post("/submit-job", { task: "note", ...body }, headers));
const submitted = async (body: object = {}) => (await submit(body)).body.job_id as string;
const worker = (run: Parameters<typeof task>[1]) => startWorker(deployed.queue, [task("note", run)]);

describe("the status of a job", () => {
  it("tells the whole story: waiting, running with progress, a failure, the result", async () => {
    const id = await submitted();
    const waiting = await status(id);
    const created = {
      job_id: id,
      task: "note",
      priority: "normal",
      max_retries: 3,
      created_at: expect.any(String),
    };
    expect(waiting.body).toEqual({ ...created, status: "pending", retries: 0, attempts: [] });

    await claim(deployed.queue, { token: "me.1" });
    await extend(deployed.queue, { id, token: "me.1", progress: { percent: 42.5, note: 'half "way"' } });
    expect((await status(id)).body).toEqual({
      ...{ ...created, status: "processing", retries: 0, attempts: [], started_at: expect.any(String) },
      ...{ progress: 42.5, note: 'half "way"' },
    });

    const { queue } = deployed;
    await queue.step({
      settle: [{ id, token: "me.1", outcome: "retry", delayMs: 0, error: "Boom", message: "it broke" }],
    });
    const retried = await status(id);
    expect(retried.body).toMatchObject({ status: "pending", retries: 1, error: "Boom: it broke" });
    expect(retried.body).toHaveProperty("run_at");
    expect(retried.body).not.toHaveProperty("progress");

    await worker(() => ({ sent: [1, "漢", null] })).drain();
    expect((await status(id)).body).toMatchObject({
      ...{ status: "completed", retries: 1, result: { sent: [1, "漢", null] }, error: "Boom: it broke" },
      attempts: [
        { attempt: 1, outcome: "failed", worker: "me", error: "Boom", message: "it broke" },
        { attempt: 2, outcome: "completed" },
      ],
    });
  });

  it("says for how long its attempts have asked to run later, and until when", async () => {
    const id = await submitted();
    await worker(() => {
      throw new SnoozeError(90_500, "come back at noon");
    }).drain();
    const { body } = await status(id);
    expect(body).toMatchObject({ status: "pending", retries: 0, snoozed_seconds: 90.5, attempts: [] });
    expect(Date.parse(body.run_at as string)).toBeGreaterThan(Date.parse(body.created_at as string) + 90_000);
  });

  it("says since when no worker has known its task", async () => {
    const a = job({ task: "only_the_next_deploy_knows_it" });
    await deployed.queue.submit([a]);
    await worker(() => undefined).drain();
    const { body } = await status(a.id);
    expect(body).toMatchObject({ status: "pending", retries: 0, attempts: [] });
    expect(Date.parse(body.unknown_since as string)).toBeLessThan(Date.parse(body.run_at as string));
    const claim = { token: "knows.1", count: 1, arrived: false, tasks: [a.task] };
    expect((await deployed.queue.step({ claim })).claimed?.jobs).toHaveLength(1);
    const { body: running } = await status(a.id);
    expect(running).toMatchObject({ status: "processing" });
    expect(running).not.toHaveProperty("unknown_since");
  });

  it("keeps a failure's words as they are, quotes and all, to the end of the first line", async () => {
    const line = '"quoted", \u0000\ud800 and </script> 漢';
    const message = `${line}\r\nand more`;
    const id = await submitted();
    await worker(() => {
      throw new NonRetriableError(message);
    }).drain();
    const { body, headers } = await status(id);
    expect(body).toMatchObject({
      status: "failed",
      error: `NonRetriableError: ${line}`,
      attempts: [{ message: line }],
    });
    expect(JSON.stringify(headers)).not.toMatch(/script|quoted/);
  });

  it.each([null, false, 0, "", [], {}, "漢", 1e21, [[{ a: null }]]])(
    "gives the result %j as the task gave it",
    async (result) => {
      const id = await submitted();
      await worker(() => result).drain();
      expect((await status(id)).body.result).toEqual(result);
    },
  );

  it("never shows a token or a fingerprint, and a payload in its status alone, whatever the job's state", async () => {
    const shown: Answer[] = [];
    const { queue } = deployed;
    const created = await submit({ payload: { subject: "topsecret" } }, { "idempotency-key": "k" });
    const id = created.body.job_id as string;
    const look = async () => {
      const own = await status(id);
      expect(own.body.payload).toEqual({ subject: "topsecret" });
      shown.push({ ...own, text: own.text.replace('"payload":{"subject":"topsecret"}', "") });
      shown.push(await deployed.call(get("/jobs")));
    };
    await look();
    await claim(queue, { token: "holder.77" });
    await look();
    await queue.step({ settle: [{ id, token: "holder.77", outcome: "failed", error: "E", message: "m" }] });
    await look();
    shown.push(await deployed.call(post(`/retry-job/${id}`)));
    await claim(queue, { token: "holder.78", arrived: false });
    shown.push(await deployed.call(post(`/cancel-job/${id}`)), created);
    await look();
    expect(shown.map((each) => each.status)).not.toContain(500);
    for (const { text } of shown) expect(text).not.toMatch(/holder\.\d|fingerprint|topsecret|redrive|payload/);
  });

  it("takes an id in capitals", async () => {
    const id = await submitted();
    expect((await status(id.toUpperCase())).body.job_id).toBe(id);
  });
});

describe("whoever asks again", () => {
  it("gets 304 while nothing has changed, and the job once it has", async () => {
    const id = await submitted();
    const { headers } = await status(id);
    const etag = headers.etag!;
    expect(etag).toMatch(/^"[\w-]+"$/);
    for (const tag of [etag, `W/${etag}`, `"other", ${etag}`, "*"]) {
      const same = await status(id, "", { "if-none-match": tag });
      expect(same).toMatchObject({ status: 304, text: "", headers: { etag } });
      expect(same.headers["retry-after"]).toBe("1");
    }
    expect((await status(id, "", { "if-none-match": '"other"' })).status).toBe(200);
    await claim(deployed.queue);
    const changed = await status(id, "", { "if-none-match": etag });
    expect(changed).toMatchObject({ status: 200, body: { status: "processing" } });
    expect(changed.headers.etag).not.toBe(etag);
  });

  it("is told when: soon for a job that may run, at its time for one that may not, never for one that has finished", async () => {
    const soon = await status(await submitted());
    expect(soon.headers["retry-after"]).toBe("1");
    const later = Number((await status(await submitted({ delay_seconds: 30 }))).headers["retry-after"]);
    expect(later).toBeGreaterThan(25);
    expect(later).toBeLessThanOrEqual(30);
    const muchLater = await status(await submitted({ run_at: new Date(Date.now() + 86_400_000).toISOString() }));
    expect(muchLater.headers["retry-after"]).toBe("60");
    const id = await submitted();
    await worker(() => 1).drain();
    const done = await status(id);
    expect(done.body.status).toBe("completed");
    expect(done.headers).not.toHaveProperty("retry-after");
  });

  it("is no cache's: the answer is private, and asked for anew each time", async () => {
    const { headers } = await status(await submitted());
    expect(headers["cache-control"]).toBe("private, no-cache");
  });
});

describe("waiting", () => {
  it("ends as soon as the job does, with few commands", async () => {
    const id = await submitted();
    const [begun, end] = [gate(), gate()];
    const drained = worker(async () => {
      begun.open();
      await end.opened;
      return "done";
    }).drain();
    await begun.opened;
    const looks = () => api.faults.seen.filter(({ verbs }) => verbs.includes("mget")).length;
    api.faults.reset();
    const answer = status(id, "?wait=25");
    await until(() => looks() >= 3);
    end.open();
    await drained;
    const began = performance.now();
    expect((await answer).body).toMatchObject({ status: "completed", result: "done" });
    expect(performance.now() - began).toBeLessThan(3_000);
    expect(looks()).toBeLessThan(8);
  });

  it("looks about fourteen times in twenty seconds, and then answers with what there is", async () => {
    const { waitFor } = await import("../../lib/routes/status.ts");
    const found = { job: record(job()) };
    const looks: number[] = [];
    const read = vi.fn(async () => found);
    vi.useFakeTimers({ toFake: ["performance", "setTimeout"] });
    onTestFinished(() => void vi.useRealTimers());
    const began = performance.now();
    const queue = {
      job: async () => looks.push(performance.now() - began) && found.job,
      status: read,
    };
    const answer = waitFor({ queue } as unknown as App, "any", 20);
    await vi.advanceTimersByTimeAsync(19_999);
    expect(looks.at(-1)).toBeLessThan(20_000);
    await vi.advanceTimersByTimeAsync(1);
    expect(await answer).toBe(found);
    expect(looks.length).toBeGreaterThan(10);
    expect(looks.length).toBeLessThanOrEqual(16);
    expect(looks.at(-1)).toBe(20_000);
    expect(read).toHaveBeenCalledOnce();
  });

  it("for a job that has finished or is unknown takes no time: one look, and one read of what there is", async () => {
    const id = await submitted();
    await worker(() => 1).drain();
    api.faults.reset();
    expect((await status(id, "?wait=25")).body.status).toBe("completed");
    expect(api.faults.seen).toHaveLength(2);
    expect((await status(crypto.randomUUID(), "?wait=25")).status).toBe(404);
    expect(api.faults.seen).toHaveLength(3);
  });

  it("ends when the job is cancelled", async () => {
    const id = await submitted();
    api.faults.reset();
    const answer = status(id, "?wait=25");
    await until(() => api.faults.seen.length > 0);
    await deployed.queue.cancel(id);
    expect((await answer).body.status).toBe("cancelled");
  });
});

describe("Prefer: wait on submit", () => {
  it("answers 200 with the finished job, and where it is", async () => {
    api.faults.reset();
    const answer = submit({}, { prefer: "respond-async, wait=25" });
    await until(async () => (await deployed.queue.stats()).ready.normal === 1);
    await worker(() => "quick").drain();
    const { status: answered, headers, body } = await answer;
    expect(answered).toBe(200);
    expect(body).toMatchObject({ status: "completed", result: "quick" });
    expect(headers).toMatchObject({ location: `/job-status/${body.job_id}`, "preference-applied": "wait=25" });
    expect(headers).not.toHaveProperty("retry-after");
    expect((await status(body.job_id, "", { "if-none-match": headers.etag })).status).toBe(304);
  });

  it("answers 202 where the job takes longer", async () => {
    const answer = await submit({}, { prefer: "wait=0" });
    expect(answer).toMatchObject({ status: 202, headers: { "preference-applied": "wait=0", "retry-after": "1" } });
    expect(answer.body).toEqual({ job_id: expect.any(String) });
    expect(answer.headers.location).toBe(`/job-status/${answer.body.job_id}`);
  });

  it.each([
    ["wait=0", "wait=0"],
    ['WAIT="0"', "wait=0"],
    ["foo; bar=1, wait=0; strict", "wait=0"],
    ["x-wait=25", undefined],
    ["wait=-1", undefined],
    ["wait=1e9", undefined],
    ["wait", undefined],
    ["await=25", undefined],
    ["foo=wait=25", undefined],
  ])("%s applies as %s", async (prefer, applied) => {
    expect((await submit({}, { prefer })).headers["preference-applied"]).toBe(applied);
  });

  it("waits no longer than the gateway would", async () => {
    const answer = submit({}, { prefer: "wait=999999" });
    await until(async () => (await deployed.queue.stats()).ready.normal === 1);
    await worker(() => 1).drain();
    expect((await answer).headers["preference-applied"]).toBe("wait=25");
  });

  it("never makes an accepted job a 503: when Redis goes away meanwhile, the answer is 202", async () => {
    api.faults.when(({ verbs }) => (verbs.includes("mget") ? "drop_request" : undefined));
    const answer = await submit({}, { prefer: "wait=20" });
    expect(answer).toMatchObject({ status: 202, headers: { "preference-applied": "wait=20" } });
    expect(await deployed.store.ready()).toEqual([answer.body.job_id]);
  });

  it("says for a repeated submit that it is one, and waits for its job", async () => {
    const first = await submit({}, { "idempotency-key": "k" });
    await worker(() => "once").drain();
    const again = await submit({}, { "idempotency-key": "k", prefer: "wait=20" });
    expect(again).toMatchObject({ status: 200, headers: { "idempotent-replayed": "true" }, body: { result: "once" } });
    expect(again.body.job_id).toBe(first.body.job_id);
  });
});

it("a result of 256 KiB comes back whole", async () => {
  const one = job();
  await deployed.queue.submit([one]);
  await claim(deployed.queue);
  const result = JSON.stringify("x".repeat(262_142));
  await deployed.queue.step({ settle: [completed(one, result)] });
  expect((await status(one.id)).body.result).toHaveLength(262_142);
});
