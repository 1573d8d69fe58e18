import { beforeEach, describe, expect, test } from "vitest";
import { type Deployed, get, post, useApi } from "../support/api.ts";
import { startLambda } from "../support/lambda.ts";
import { job } from "../support/redis.ts";
import { claim, completed, failed, running, settle } from "../support/verbs.ts";
import { startWorker, task } from "../support/worker.ts";

const api = useApi();
let deployed: Deployed;
beforeEach(async () => {
  deployed = await api.deploy();
});

const later = () => job({ when: { delayMs: 600_000 } });
const runNow = (id: string) => deployed.call(post(`/run-job/${id}`));
const remove = (id: string) => deployed.call({ method: "DELETE", path: `/jobs/${id}`, headers: {} });

describe("run now", () => {
  test("lets a delayed job run, and wakes a worker for it", async () => {
    const lambda = await startLambda();
    deployed = await api.deploy({
      IS_OFFLINE: "true",
      WORKER_FUNCTION_NAME: "w",
      AWS_ENDPOINT_URL_LAMBDA: lambda.url,
      AWS_ACCESS_KEY_ID: "a",
      AWS_SECRET_ACCESS_KEY: "b",
    });
    const one = later();
    await deployed.queue.submit([one]);
    const answer = await runNow(one.id.toUpperCase());
    expect(answer).toMatchObject({ status: 200, headers: { "retry-after": "1" }, body: { status: "pending" } });
    expect(lambda.invocations.map(({ body }) => JSON.parse(body))).toEqual([{ source: "run_now", depth: 0 }]);
    await startWorker(deployed.queue, [task("note", () => "done")]).drain();
    expect((await deployed.call(get(`/job-status/${one.id}`))).body).toMatchObject({ status: "completed" });
    await lambda.stop();
  });

  test("answers with a ready job as it is", async () => {
    const one = job();
    await deployed.queue.submit([one]);
    const before = await deployed.store.all();
    expect(await runNow(one.id)).toMatchObject({ status: 200, body: { job_id: one.id, status: "pending" } });
    expect(await deployed.store.all()).toEqual(before);
  });

  test("answers with when a job may run that waits for the worker of its cancelled attempt", async () => {
    const one = job();
    await running(deployed.queue, [one]);
    await deployed.queue.cancel(one.id);
    await deployed.queue.redrive(one.id);
    const { run_at } = (await deployed.store.record(one.id))!;
    const answer = await runNow(one.id);
    expect(answer).toMatchObject({ status: 200, body: { run_at: new Date(Number(run_at)).toISOString() } });
  });

  test.each(["processing", "completed", "failed"] as const)("refuses a job that is %s with 409", async (how) => {
    const one = job();
    await running(deployed.queue, [one]);
    if (how !== "processing") await settle(deployed.queue, how === "completed" ? completed(one) : failed(one));
    const refusal = { code: "job_not_pending", detail: expect.stringContaining(how) };
    expect(await runNow(one.id)).toMatchObject({ status: 409, body: refusal });
  });
});

describe("delete", () => {
  test("forgets a job, and its status is 404 from then on", async () => {
    const one = job();
    await running(deployed.queue, [one]);
    await settle(deployed.queue, completed(one, '"result"'));
    expect(await remove(one.id.toUpperCase())).toMatchObject({ status: 200, body: { job_id: one.id, deleted: true } });
    expect((await deployed.call(get(`/job-status/${one.id}`))).body.code).toBe("job_not_found");
    expect(await remove(one.id)).toMatchObject({ status: 404, body: { code: "job_not_found" } });
    expect((await deployed.queue.stats()).totals).toMatchObject({ deleted: 1 });
  });

  test("refuses a job that runs with 409, also while its worker has not heard that it was cancelled", async () => {
    const one = job();
    await deployed.queue.submit([one]);
    await claim(deployed.queue);
    expect(await remove(one.id)).toMatchObject({ status: 409, body: { code: "job_running" } });
    await deployed.queue.cancel(one.id);
    expect(await remove(one.id)).toMatchObject({ status: 409, body: { code: "job_running" } });
    await settle(deployed.queue, completed(one));
    expect(await remove(one.id)).toMatchObject({ status: 200 });
  });

  test("frees the job's Idempotency-Key", async () => {
    const key = { "idempotency-key": "k" };
    const submit = () => deployed.call(post("/submit-job", { task: "note" }, key));
    const { body } = await submit();
    await remove(body.job_id);
    const again = await submit();
    expect([again.status, again.body, again.headers["idempotent-replayed"]]).toEqual([202, body, undefined]);
  });
});
