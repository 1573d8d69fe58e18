import { beforeEach, describe, expect, test } from "vitest";
import { type Deployed, get, post, useApi } from "../support/api.ts";
import { startLambda } from "../support/lambda.ts";
import { job } from "../support/redis.ts";
import { claim, completed, failed, retry as retryLater, running, settle } from "../support/verbs.ts";
import { gate, startWorker, task } from "../support/worker.ts";

const api = useApi();
let deployed: Deployed;
beforeEach(async () => {
  deployed = await api.deploy();
});

const cancel = (id: string) => deployed.call(post(`/cancel-job/${id}`));
const retry = (id: string) => deployed.call(post(`/retry-job/${id}`));

describe("cancel", () => {
  test.each([
    ["waits", {}],
    ["waits with high priority", { priority: "high" as const }],
    ["is due later", { when: { delayMs: 60_000 } }],
  ])("ends a job that %s", async (_, more) => {
    const one = job(more);
    await deployed.queue.submit([one]);
    const answer = await cancel(one.id.toUpperCase());
    expect(answer).toMatchObject({ status: 200, body: { job_id: one.id, status: "cancelled" } });
    expect(answer.body).toHaveProperty("finished_at");
    expect(await deployed.store.places(one.id)).toEqual(["cancelled"]);
  });

  test("ends a running job: its signal aborts, and nothing that it reports later counts", async () => {
    const one = job({ task: "slow" });
    const { prefix } = deployed;
    const { queue } = api.redis.queue({ prefix, leaseMs: 200, now: () => Date.now() });
    await queue.submit([one]);
    const [begun, aborted] = [gate(), gate<unknown>()];
    const slow = task("slow", async ({ signal }) => {
      signal.addEventListener("abort", () => aborted.open(signal.reason));
      begun.open();
      await aborted.opened;
      return "too late";
    });
    const drained = startWorker(queue, [slow]).drain();
    await begun.opened;
    expect(await cancel(one.id)).toMatchObject({ status: 200, body: { attempts: [{ outcome: "cancelled" }] } });
    expect(String(await aborted.opened)).toMatch(/cancel/i);
    await drained;
    const { body } = await deployed.call(get(`/job-status/${one.id}`));
    expect(body.status).toBe("cancelled");
    expect(body).not.toHaveProperty("result");
    expect(await deployed.store.places(one.id)).toEqual(["cancelled"]);
  });

  test("has the same answer when it is sent twice", async () => {
    const one = job();
    await deployed.queue.submit([one]);
    const first = await cancel(one.id);
    expect((await cancel(one.id)).body).toEqual(first.body);
    expect((await deployed.queue.stats()).totals).toEqual({ cancelled: 1 });
  });

  test.each(["completed", "failed"] as const)(
    "refuses a job that has %s with 409, and changes nothing",
    async (how) => {
      const one = job();
      await running(deployed.queue, [one]);
      await settle(deployed.queue, how === "completed" ? completed(one) : failed(one));
      const before = await deployed.store.all();
      expect(await cancel(one.id)).toMatchObject({
        status: 409,
        body: { code: "job_finished", detail: expect.stringContaining(how) },
      });
      expect(await deployed.store.all()).toEqual(before);
    },
  );
});

describe("retry", () => {
  test("puts a failed job back with fresh attempts, and keeps its history", async () => {
    const one = job({ maxRetries: 0 });
    const { queue } = deployed;
    await running(queue, [one]);
    await settle(queue, failed(one));
    const answer = await retry(one.id);
    expect(answer).toMatchObject({ status: 200, body: { status: "pending", retries: 0, attempts: [{ attempt: 1 }] } });
    expect(answer.body).not.toHaveProperty("finished_at");
    await startWorker(queue, [task("note", () => "at last")]).drain();
    expect((await deployed.call(get(`/job-status/${one.id}`))).body).toMatchObject({
      status: "completed",
      result: "at last",
      attempts: [{ outcome: "failed" }, { outcome: "completed" }],
    });
  });

  test.each([
    ["that waits for a retry, and wakes a worker for it", true, [{ source: "redrive", depth: 0 }]],
    ["that still runs, and leaves it to its worker, which does not know yet", false, []],
  ])("puts a cancelled job back %s", async (_, ended, woken) => {
    const lambda = await startLambda();
    deployed = await api.deploy({
      IS_OFFLINE: "true",
      WORKER_FUNCTION_NAME: "w",
      AWS_ENDPOINT_URL_LAMBDA: lambda.url,
      AWS_ACCESS_KEY_ID: "a",
      AWS_SECRET_ACCESS_KEY: "b",
    });
    const one = job();
    await deployed.queue.submit([one]);
    await claim(deployed.queue);
    if (ended) await settle(deployed.queue, retryLater(one));
    await cancel(one.id);
    expect((await retry(one.id)).body.status).toBe("pending");
    expect(lambda.invocations.map(({ body }) => JSON.parse(body))).toEqual(woken);
    await lambda.stop();
  });

  test.each(["pending", "processing", "completed"] as const)(
    "refuses a job that is %s with 409, and changes nothing",
    async (how) => {
      const one = job();
      await deployed.queue.submit([one]);
      if (how !== "pending") await claim(deployed.queue);
      if (how === "completed") await settle(deployed.queue, completed(one));
      const before = await deployed.store.all();
      expect(await retry(one.id)).toMatchObject({
        status: 409,
        body: { code: "job_not_failed", detail: expect.stringContaining(how) },
      });
      expect(await deployed.store.all()).toEqual(before);
    },
  );
});
