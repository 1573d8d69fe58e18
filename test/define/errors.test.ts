import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createTestKit } from "wakeq/testing";
import * as z from "zod";
import { type ProblemCode, problems } from "../../lib/errors.ts";
import { defineQueue, defineTask, type QueueOptions, WakeqError } from "../../lib/index.ts";
import { type Faults, startFaults } from "../support/faults.ts";
import { useRedis } from "../support/redis.ts";
import { logged } from "../support/stderr.ts";

const redis = useRedis();
const runs: string[] = [];
const echo = defineTask({ name: "echo", input: z.unknown(), run: ({ job }) => void runs.push(job.id) });
const strict = defineTask({ name: "strict", input: z.object({ to: z.string() }), run: () => 1 });
const slow = defineTask({
  name: "slow",
  input: z.unknown().refine(() => new Promise<boolean>(() => {})),
  run: () => 1,
});
let began: (end: () => void) => void;
const lastingRuns = new Promise<() => void>((resolve) => {
  began = resolve;
});
const lasting = defineTask({ name: "lasting", input: z.unknown(), run: () => new Promise<void>((end) => began(end)) });
const TASKS = [echo, strict, slow, lasting] as const;
type Q = ReturnType<typeof queueOf>;

function queueOf(options: Partial<QueueOptions> = {}) {
  return defineQueue({ ...(options as object), tasks: TASKS });
}

const SOME_ID = "00000000-0000-4000-8000-000000000000";
const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)]);
const done = async (queue: Q) => {
  const { id } = await queue.submit(echo);
  await queue.drain();
  return id;
};

interface Reached {
  /** Makes the error. */
  by(queue: Q): Promise<unknown>;
  options?: Partial<QueueOptions>;
  more?: object;
}

/** Each code that a verb can throw inside an application, and what reaches it. */
const REACHED: Partial<Record<ProblemCode, Reached>> = {
  malformed_json: { by: (queue) => queue.submit(echo, nested(200)) },
  invalid_job_id: { by: (queue) => queue.status("17") },
  invalid_query: { by: (queue) => queue.list({ limit: 1_000 }).pages().next() },
  invalid_idempotency_key: { by: (queue) => queue.submit(echo, 1, { idempotencyKey: "ümlaut" }) },
  job_not_found: { by: (queue) => queue.status(SOME_ID) },
  job_finished: { by: async (queue) => queue.cancel(await done(queue)) },
  job_not_pending: { by: async (queue) => queue.runNow(await done(queue)) },
  job_running: {
    async by(queue) {
      const { id } = await queue.submit(lasting);
      const drained = queue.drain();
      const end = await lastingRuns;
      return queue.delete(id).finally(() => {
        end();
        return drained;
      });
    },
  },
  job_not_failed: { by: async (queue) => queue.retry(await done(queue)) },
  unique_conflict: {
    async by(queue) {
      const unique = { key: "k" };
      const { id } = await queue.submit(echo, 1, { unique });
      await queue.cancel(id);
      await queue.submit(echo, 2, { unique });
      return queue.retry(id);
    },
  },
  payload_too_large: { by: (queue) => queue.submit(echo, "x".repeat(300_000)) },
  invalid_request: {
    by: (queue) => queue.submit(strict, { to: 7 } as never),
    more: { errors: [{ pointer: "/payload/to" }] },
  },
  unknown_task: { by: (queue) => queue.submit("nothing" as never, {} as never) },
  idempotency_key_reused: {
    async by(queue) {
      await queue.submit(echo, 1, { idempotencyKey: "k" });
      await queue.submit(echo, 2, { idempotencyKey: "k" });
    },
  },
  queue_full: {
    options: { maxWaitingJobs: 1 },
    async by(queue) {
      await queue.submit(echo);
      await queue.submit(echo);
    },
    more: { retryAfterSeconds: 5 },
  },
  schedule_not_found: { by: (queue) => queue.schedules.get("nothing") },
  schedule_in_code: {
    options: { schedules: [{ name: "a", task: "echo", every: 60 }] },
    by: (queue) => queue.schedules.delete("a"),
  },
  too_many_schedules: {
    options: { schedules: Array.from({ length: 10_000 }, (_, i) => ({ name: `s${i}`, task: "echo", every: 60 })) },
    by: (queue) => queue.schedules.put({ name: "a", task: "echo", every: 60 }),
  },
  schema_timeout: {
    async by(queue) {
      vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
      const submitted = queue.submit(slow, 1).finally(() => vi.useRealTimers());
      submitted.catch(() => {});
      await vi.advanceTimersByTimeAsync(60_000);
      await submitted;
    },
  },
};

/** What only a request over HTTP can meet, and why. */
const ONLY_OVER_HTTP: Partial<Record<ProblemCode, string>> = {
  unauthorized: "the application itself needs no key",
  forbidden: "the application itself may do everything",
  forbidden_origin: "no page calls",
  rate_limited: "the application itself has no allowance",
  route_not_found: "the verbs know the routes",
  method_not_allowed: "the verbs know the routes",
  unsupported_media_type: "the verbs write JSON",
};
/** Those that have tests of their own below: they need no kit. */
const BELOW: ProblemCode[] = ["internal", "not_configured", "redis_unavailable"];

describe("an error of a verb is a WakeqError with a code that stays", () => {
  test("every code is here", () => {
    const known = [...Object.keys(REACHED), ...Object.keys(ONLY_OVER_HTTP), ...BELOW];
    expect(known.sort()).toEqual(Object.keys(problems).sort());
  });

  test.each(Object.entries(REACHED))("%s", async (code, { by, options = {}, more = {} }) => {
    const queue = queueOf(options);
    const kit = await createTestKit(queue);
    const { result: error } = await logged(() => by(queue).catch((thrown: unknown) => thrown));
    expect(error).toBeInstanceOf(WakeqError);
    const { status } = problems[code as ProblemCode];
    expect(error).toMatchObject({ name: "WakeqError", code, status, detail: expect.stringMatching(/\w/), ...more });
    expect((error as Error).message).toBe(`${status} ${code}: ${(error as WakeqError).detail}`);
    await kit.close();
  });

  test("internal: the tasks do not load, and the log says why", async () => {
    const tasks = async () => Promise.reject(new Error("no such module"));
    const queue = defineQueue({ tasks, redis: { url: redis.local.url, token: redis.local.token } });
    const { result, lines } = await logged(() => queue.submit("any" as never, {} as never).catch((error) => error));
    expect(result).toMatchObject({ name: "WakeqError", code: "internal" });
    expect(result.message).not.toContain("no such module");
    expect(JSON.stringify(lines)).toContain("no such module");
  });

  test("not_configured: no database is named", async () => {
    vi.stubEnv("UPSTASH_REDIS_REST_URL", "");
    const { result } = await logged(() =>
      queueOf()
        .stats()
        .catch((error) => error),
    );
    expect(result).toMatchObject({ name: "WakeqError", code: "not_configured" });
    vi.unstubAllEnvs();
  });

  test("an application's own calls are not counted against a caller's allowance", async () => {
    const queue = queueOf({ rateLimit: "1/60s" });
    const kit = await createTestKit(queue);
    for (let i = 0; i < 3; i++) await queue.submit(echo);
    expect(await queue.stats()).toMatchObject({ ready: { normal: 3 } });
    await kit.close();
  });
});

describe("where Redis fails", () => {
  let faults: Faults;
  let queue: Q;
  beforeEach(async () => {
    faults = await startFaults(redis.local.url);
    runs.length = 0;
    queue = queueOf({
      redis: { url: faults.url, token: redis.local.token },
      prefix: redis.queue().prefix,
      wake: () => {},
      log: "silent",
    });
  });
  afterEach(() => faults.stop());
  const submits = ({ verbs }: { verbs: string[] }) => verbs.includes("submit");

  test("a submit whose reply is lost once is sent again, and is one job", async () => {
    await done(queue); // now Redis knows the scripts
    faults.reset();
    runs.length = 0;
    let lost = 0;
    faults.when((request) => (submits(request) && lost++ === 0 ? "drop_reply" : undefined));
    const { id } = await queue.submit(echo);
    expect(faults.seen.filter(submits)).toHaveLength(2);
    expect(await queue.drain()).toMatchObject({ completed: 1 });
    expect(runs).toEqual([id]);
  });

  test("one that gets no reply is redis_unavailable; with its key it can be sent again, and is still one job", async () => {
    faults.when((request) => (submits(request) ? "drop_reply" : undefined));
    const submit = () => queue.submit(echo, 1, { idempotencyKey: "order-17" });
    await expect(submit()).rejects.toMatchObject({
      name: "WakeqError",
      code: "redis_unavailable",
      retryAfterSeconds: 2,
    });
    faults.reset();
    const { id, replayed } = await submit();
    expect(replayed).toBe(true);
    expect(await queue.drain()).toMatchObject({ completed: 1 });
    expect(runs).toEqual([id]);
  });

  test("one that never arrived is redis_unavailable, and the next try is the first", async () => {
    faults.when(() => "drop_request");
    const submit = () => queue.submit(echo, 1, { idempotencyKey: "order-18" });
    await expect(submit()).rejects.toMatchObject({ code: "redis_unavailable" });
    faults.reset();
    expect(await submit()).toMatchObject({ replayed: false });
    expect(await queue.stats()).toMatchObject({ ready: { normal: 1 } });
  });

  test.each<[string, (queue: Q) => Promise<unknown>]>([
    ["status", (q) => q.status(SOME_ID)],
    ["wait", (q) => q.wait(SOME_ID)],
    ["cancel", (q) => q.cancel(SOME_ID)],
    ["retry", (q) => q.retry(SOME_ID)],
    ["list", (q) => q.list().pages().next()],
    ["stats", (q) => q.stats()],
    ["submitMany", (q) => q.submitMany([{ task: echo }])],
    ["run", (q) => q.run(echo)],
  ])("%s says redis_unavailable", async (_, verb) => {
    faults.when(() => "drop_request");
    await expect(verb(queue)).rejects.toMatchObject({ name: "WakeqError", code: "redis_unavailable", status: 503 });
  });

  test("a drain does not throw: it says that the database was out of reach", async () => {
    faults.when(() => ({ answer: 401, body: '{"error":"Unauthorized"}' }));
    expect(await queue.drain({ maxSeconds: 3 })).toMatchObject({ claimed: 0, stopped: "unreachable" });
  });
});
