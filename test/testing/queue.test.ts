import { afterEach, beforeEach, describe, expect, expectTypeOf, test, vi } from "vitest";
import { createTestKit, type TestKit } from "wakeq/testing";
import * as z from "zod";
import { defineQueue, defineTask, NonRetriableError, WakeqError } from "../../lib/index.ts";
import { lambda } from "../../lib/lambda.ts";
import { logged } from "../support/stderr.ts";

const welcome = defineTask({
  name: "welcome",
  input: z.object({ to: z.email() }),
  run: ({ input }) => ({ welcomed: input.to }),
});
const hopeless = defineTask({
  name: "hopeless",
  input: z.unknown(),
  run() {
    throw new NonRetriableError("no use");
  },
});
const queue = defineQueue({
  tasks: async () => [welcome, hopeless],
  prefix: "shop",
  leaseSeconds: 90,
  concurrency: 3,
  retention: { completedHours: 1, failedHours: 3 },
  authorize: ({ headers }) => (headers["x-user"] ? { name: headers["x-user"], scopes: ["admin"] } : null),
});

/** A route of an application. */
async function signUp(request: Request): Promise<Response> {
  const { email } = (await request.json()) as { email: string };
  const { id } = await queue.submit(welcome, { to: email }, { idempotencyKey: email });
  return Response.json({ id }, { status: 202 });
}
const signedUp = async (email = "ada@example.com") => {
  const answer = await signUp(
    new Request("http://app.example/sign-up", { method: "POST", body: JSON.stringify({ email }) }),
  );
  return ((await answer.json()) as { id: string }).id;
};

let kit: TestKit<readonly (typeof welcome | typeof hopeless)[]>;
beforeEach(async () => {
  vi.stubEnv("UPSTASH_REDIS_REST_URL", "");
  vi.stubEnv("WORKER_FUNCTION_NAME", "nobody-may-be-invoked");
  kit = await createTestKit(queue);
});
afterEach(async () => {
  await kit.close();
  vi.unstubAllEnvs();
});

describe("while a kit holds a queue", () => {
  test("what the application submits is in the kit, and runs when the kit is told to", async () => {
    const id = await signedUp();
    expect(await kit.job(id)).toMatchObject({
      status: "pending",
      createdAt: kit.now(),
      payload: { to: "ada@example.com" },
    });
    expect(await kit.drain()).toMatchObject({ completed: 1 });
    expect(await queue.status(id)).toMatchObject({ status: "completed", result: { welcomed: "ada@example.com" } });
    expect(await signedUp()).toBe(id);
  });

  test("every verb and queue.fetch speak to the kit's store, with the queue's own authorize", async () => {
    const id = await kit.submit("welcome", { to: "bob@example.com" }, { delay: "1h" });
    expect((await queue.cancel(id)).status).toBe("cancelled");
    expect((await queue.retry(id)).status).toBe("pending");
    expect(await queue.drain()).toMatchObject({ completed: 1 });
    const waited = await queue.wait(id);
    expect(waited.status).toBe("completed");
    const listed = [];
    for await (const job of queue.list({ status: "completed" })) listed.push(job.jobId);
    expect(listed).toEqual([id]);
    expect(await queue.stats()).toMatchObject({ completed: 1 });
    const ask = (headers: Record<string, string>) =>
      queue.fetch(new Request(`http://app.example/job-status/${id}`, { headers }));
    expect((await ask({})).status).toBe(401);
    expect(await (await ask({ "x-user": "ada" })).json()).toMatchObject({ status: "completed" });
  });

  test("run resolves once the kit has drained", async () => {
    const { id } = await queue.submit(hopeless);
    const running = queue.run(welcome, { to: "ada@example.com" });
    await vi.waitFor(async () => expect((await queue.stats()).ready.normal).toBe(2));
    await kit.drain();
    expect((await running).result).toEqual({ welcomed: "ada@example.com" });
    expect(await queue.status(id)).toMatchObject({ status: "failed", retries: 0, error: "NonRetriableError: no use" });
  });

  test("functions for Lambda work in the kit too", async () => {
    const id = await signedUp();
    const { worker, jobStatus } = lambda(queue);
    const context = { awsRequestId: "r", getRemainingTimeInMillis: () => 10_000 };
    expect(await worker({ source: "submit" }, context)).toMatchObject({ completed: 1 });
    const event = {
      rawPath: `/job-status/${id}`,
      requestContext: { http: { method: "GET" } },
      headers: { "x-user": "a" },
    };
    expect(await jobStatus(event as never)).toMatchObject({ statusCode: 200 });
  });

  test("the queue's lease, prefix, concurrency and retention hold", async () => {
    expect(kit.queue.leaseMs).toBe(90_000);
    const ids = [];
    for (let i = 0; i < 4; i++) ids.push(await signedUp(`user${i}@example.com`));
    await kit.crash();
    expect(await queue.stats()).toMatchObject({ processing: 3, ready: { normal: 1 } });
    await kit.advance("89s");
    expect(await queue.stats()).toMatchObject({ processing: 3, completed: 1 });
    await kit.advance("1s");
    expect(await queue.stats()).toMatchObject({ processing: 0, completed: 4 });
    const failed = await kit.submit(hopeless);
    await kit.advance("1h");
    await expect(queue.status(ids[0]!)).rejects.toMatchObject({ code: "job_not_found" });
    expect(await kit.job(failed)).toMatchObject({ status: "failed" });
    await kit.advance("2h");
    await expect(kit.job(failed)).rejects.toThrow("there is no job");
  });

  test("its clock starts at this machine's time, so an instant that the application computes is ahead", async () => {
    const { id } = await queue.submit(welcome, { to: "ada@example.com" }, { runAt: new Date(Date.now() + 3_600_000) });
    await kit.advance("59m");
    expect(await kit.job(id)).toMatchObject({ status: "pending" });
    await kit.advance("2m");
    expect(await kit.job(id)).toMatchObject({ status: "completed" });
  });

  test("the kit refuses what the queue's own verbs refuse, with the same error", async () => {
    const errors = await Promise.all(
      [kit, queue].map((each) => each.submit("welcome", { to: "nobody" }).catch((error: unknown) => error)),
    );
    expect(errors[0]).toBeInstanceOf(WakeqError);
    expect(errors[0]).toMatchObject({ code: "invalid_request", status: 422, errors: [{ pointer: "/payload/to" }] });
    expect(errors[0]).toEqual(errors[1]);
  });

  test("a second kit is refused, and the first goes on", async () => {
    await expect(createTestKit(queue)).rejects.toThrow("another test kit holds this queue: close it first");
    expect(await kit.job(await signedUp())).toMatchObject({ status: "pending" });
  });
});

test("after close the queue has its own database back, and the next kit begins empty", async () => {
  await signedUp();
  await kit.close();
  const { result } = await logged(() => signedUp().catch(({ code }: WakeqError) => code));
  expect(result).toBe("not_configured");
  kit = await createTestKit(queue);
  expect(await queue.stats()).toMatchObject({ ready: { normal: 0 } });
});

test("a kit that cannot open leaves the queue as it was", async () => {
  await kit.close();
  vi.stubEnv("LEASE_SECONDS", "soon");
  const other = defineQueue({ tasks: [welcome] });
  await expect(createTestKit(other)).rejects.toThrow("LEASE_SECONDS");
  vi.stubEnv("LEASE_SECONDS", "");
  kit = (await createTestKit(other)) as never;
  expect(await other.stats()).toMatchObject({ scheduled: 0 });
});

test("the types of the tasks are the kit's", () => {
  const compiled = [
    async () => {
      const id = await kit.submit(welcome, { to: "ada@example.com" }, { delay: "1h" });
      expectTypeOf((await kit.job(id)).result).toEqualTypeOf<{ welcomed: string } | undefined>();
      await kit.submit("hopeless");
      // @ts-expect-error there is no such task
      await kit.submit("goodbye", {});
      // @ts-expect-error it needs a payload
      await kit.submit(welcome);
      // @ts-expect-error `to` is text
      await kit.submit("welcome", { to: 1 });
      const own = await createTestKit([welcome, hopeless]);
      await own.submit("welcome", { to: "ada@example.com" });
      // @ts-expect-error there is no such task
      await own.submit("goodbye");
      const loaded = await createTestKit(async () => [welcome, hopeless]);
      // @ts-expect-error it needs a payload
      await loaded.submit("welcome");
    },
  ];
  expect(compiled).toHaveLength(1);
});
