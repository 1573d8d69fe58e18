import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import * as z from "zod";
import { keepAlive, outsideInvocations, withinInvocation } from "../../lib/adapters/next/after-response.ts";
import { coreOf } from "../../lib/app/core.ts";
import { type DrainOptions, defineQueue, defineTask, type QueueOptions } from "../../lib/index.ts";
import { afterResponse, type NextOptions, toNext, toTick } from "../../lib/next.ts";
import type { Log } from "../../lib/observability/log.ts";
import type { DrainSummary } from "../../lib/worker/drain.ts";
import { useRedis } from "../support/redis.ts";

const next = vi.hoisted(() => ({ after: vi.fn<(work: Promise<unknown> | (() => Promise<unknown>)) => void>() }));
vi.mock("next/server.js", () => next);

const redis = useRedis();
const hello = defineTask({ name: "hello", input: z.unknown(), run: () => "hello" });
const long = defineTask({
  name: "long",
  input: z.unknown(),
  async run({ signal }) {
    await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  },
});

beforeEach(() => {
  vi.stubEnv("WORKER_FUNCTION_NAME", "");
  vi.stubEnv("VERCEL", "1");
  vi.stubEnv("CRON_SECRET", "hush");
  next.after.mockReset();
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
});

const queueOf = (options: Partial<QueueOptions> = {}) =>
  defineQueue({
    tasks: [hello, long],
    redis: { url: redis.local.url, token: redis.local.token },
    prefix: redis.queue().prefix,
    authorize: () => ({ name: "tester", scopes: ["admin"] }),
    log: "silent",
    ...(options as object),
  });

/** Calls the handlers of `app/api/queue/[[...path]]/route.ts` as Next.js does. */
function routeOf(queue: ReturnType<typeof queueOf>, options: NextOptions = {}) {
  const handlers = toNext(queue, options);
  return (method: keyof typeof handlers, path: string, body?: unknown, base = "/api/queue", accept = "*/*") => {
    const { pathname } = new URL(path, "http://app.example");
    const caught = pathname.split("/").filter((segment) => segment !== "");
    const request = new Request(`http://app.example${base}${path}`, {
      method,
      headers: { accept, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return handlers[method](request, { params: Promise.resolve(caught.length > 0 ? { path: caught } : {}) });
  };
}
const idOf = async (response: Response) => ((await response.json()) as { job_id: string }).job_id;
/** The ends of the drains that Next.js was told to wait for. */
const waitedFor = () => next.after.mock.calls.flatMap(([work]) => (typeof work === "function" ? [] : [work]));
/** What Next.js calls when it has answered. */
const calledBack = () => next.after.mock.calls.flatMap(([work]) => (typeof work === "function" ? [work] : []));

const tickRequest = (authorization?: string) =>
  new Request("https://app.example/api/queue-tick", { headers: authorization ? { authorization } : {} });

describe("the catch-all route", () => {
  test("serves the API under the path where its file lies", async () => {
    const call = routeOf(queueOf({ wake: () => {} }));
    const submitted = await call("POST", "/submit-job", { task: "hello" });
    const id = await idOf(submitted.clone());
    expect([submitted.status, submitted.headers.get("location")]).toEqual([202, `/api/queue/job-status/${id}`]);
    const { status } = await call("GET", `/job-status/${id}`);
    expect(status).toBe(200);
    const page = await call("GET", "/problems/unauthorized", undefined, "/api/queue", "text/html");
    expect(await page.text()).toContain('<a href="/api/queue/docs">');
    expect((await call("GET", "/health", undefined, "/other/place")).status).toBe(200);
    expect((await call("HEAD", "/queue-stats")).status).toBe(200);
    expect((await call("DELETE", "/queue-stats")).status).toBe(405);
    expect((await call("GET", "/nothing")).status).toBe(404);
  });

  test("a path that no API is mounted under is not written into a page", async () => {
    const call = routeOf(queueOf({ wake: () => {} }));
    const page = await call("GET", "/problems/unauthorized", undefined, "/'onclick='x", "text/html");
    expect([page.status, await page.text()]).not.toEqual([200, expect.stringContaining("onclick")]);
    expect(page.status).toBe(404);
  });

  test("the queue's own basePath wins", async () => {
    const call = routeOf(queueOf({ basePath: "/jobs", wake: () => {} }));
    const submitted = await call("POST", "/submit-job", { task: "hello" }, "/jobs");
    expect(submitted.headers.get("location")).toMatch(/^\/jobs\/job-status\//);
    expect((await call("GET", "/health", undefined, "/api/queue")).status).toBe(404);
  });

  test("makes its API once, not for each request", async () => {
    const queue = queueOf({ wake: () => {} });
    const made = vi.spyOn(coreOf(queue), "deployment");
    const call = routeOf(queue);
    for (const _ of [1, 2, 3]) expect((await call("GET", "/problems/internal")).status).toBe(200);
    expect(made).toHaveBeenCalledOnce();
  });

  test("takes a queue alone", () => {
    expect(() => toNext({ tasks: [hello] })).toThrow("expected a queue made by defineQueue, got its options");
  });
});

describe("waking", () => {
  test("a submit starts a worker in the same function, and Next.js waits for its end", async () => {
    const queue = queueOf();
    const call = routeOf(queue);
    const id = await idOf(await call("POST", "/submit-job", { task: "hello" }));
    expect(waitedFor()).toHaveLength(1);
    await waitedFor()[0];
    expect((await queue.status(id)).status).toBe("completed");
  });

  test("a callback of Next.js ends after the jobs, so that what they revalidate takes effect", async () => {
    let end: () => void = () => {};
    const held = defineTask({ name: "held", input: z.unknown(), run: () => new Promise<void>((done) => (end = done)) });
    const call = routeOf(queueOf({ tasks: [held] }));
    await call("POST", "/submit-job", { task: "held" });
    const ended = vi.fn();
    const [back] = calledBack();
    const all = back!().then(ended);
    await call("GET", "/queue-stats");
    expect(ended).not.toHaveBeenCalled();
    await vi.waitFor(() => {
      end();
      expect(ended).toHaveBeenCalled();
    });
    await all;
  });

  test("a request that waits for its own job gets the result", async () => {
    const handlers = toNext(queueOf());
    const request = new Request("http://app.example/queue/submit-job", {
      method: "POST",
      headers: { "content-type": "application/json", prefer: "wait=10" },
      body: JSON.stringify({ task: "hello" }),
    });
    const answer = await handlers.POST(request, { params: Promise.resolve({ path: ["submit-job"] }) });
    expect([answer.status, await answer.json()]).toMatchObject([200, { status: "completed", result: "hello" }]);
  });

  test("outside a request the jobs run in this process", async () => {
    next.after.mockImplementation(() => {
      throw new Error("`after` was called outside a request scope.");
    });
    const queue = queueOf({ wake: afterResponse() });
    expect((await queue.run(hello, {})).result).toBe("hello");
    expect(next.after).toHaveBeenCalled();
  });

  test("the application's own wake stays", async () => {
    const wake = vi.fn();
    const call = routeOf(queueOf({ wake }));
    await call("POST", "/submit-job", { task: "hello" });
    expect(wake).toHaveBeenCalledOnce();
    expect(next.after).not.toHaveBeenCalled();
  });

  test("a worker ends before the function does, gives back what runs, and leaves it to the next tick", async () => {
    const prefix = redis.queue().prefix!;
    const before = queueOf({ prefix, wake: () => {} });
    const ids = [(await before.submit(long, {})).id, (await before.submit(hello, {})).id];
    const heard: object[] = [];
    const log: Log = (_, event, fields = {}) =>
      void heard.push({ event, ...(typeof fields === "function" ? fields() : fields) });
    const queue = queueOf({ prefix, concurrency: 1, log });
    const { GET } = toTick(queue, { maxDurationSeconds: 2 });
    const started = performance.now();
    await GET(tickRequest("Bearer hush"));
    await Promise.all(waitedFor());
    const tookMs = performance.now() - started;
    expect(tookMs).toBeGreaterThan(500);
    expect(tookMs).toBeLessThan(1_500);
    expect(heard).toContainEqual(expect.objectContaining({ event: "wake", source: "hand_over" }));
    for (const id of ids) expect((await queue.status(id)).status).toBe("pending");
    expect(waitedFor()).toHaveLength(1); // neither for the backlog nor for the hand-over
  });
});

test("a worker ends with the request that led to it; one that outlives requests has a time of its own", async () => {
  const given: number[] = [];
  const drain = async ({ maxSeconds = Number.NaN }: DrainOptions) => {
    given.push(Math.round(maxSeconds));
    return {} as DrainSummary;
  };
  const limit = { maxDurationSeconds: 11 };
  await keepAlive(limit, drain);
  await withinInvocation(limit, () => keepAlive({ maxDurationSeconds: 101 }, drain));
  withinInvocation(limit, () => outsideInvocations(() => void keepAlive({ maxDurationSeconds: 101 }, drain)));
  await keepAlive({}, drain);
  vi.stubEnv("VERCEL", undefined);
  await keepAlive({}, drain);
  expect(given).toEqual([10, 10, 100, 299, Number.POSITIVE_INFINITY]);
});

describe("the end of the process", () => {
  /** Imports the door as a process that begins, and catches what it does on a signal. */
  async function begun(listens: boolean) {
    vi.stubEnv("VERCEL", undefined);
    vi.stubEnv("SHUTDOWN_GRACE_SECONDS", "0");
    vi.spyOn(process, "listenerCount").mockReturnValue(listens ? 1 : 0);
    const once = vi.spyOn(process, "once").mockReturnThis();
    vi.resetModules();
    const door = await import("../../lib/next.ts");
    const heard = () =>
      once.mock.calls.filter(([name]) => name === "SIGTERM").map(([, listener]) => listener as () => void);
    return { door, heard };
  }
  afterEach(() => void vi.restoreAllMocks());

  test("a job that runs is given back after the grace, its attempt unspent", async () => {
    const { door, heard } = await begun(true);
    const queue = queueOf({ wake: door.afterResponse() });
    const { id } = await queue.submit(long, {});
    await vi.waitFor(async () => expect((await queue.status(id)).status).toBe("processing"));
    expect(heard()).toHaveLength(1);
    heard()[0]!();
    await Promise.all(waitedFor());
    expect(await queue.status(id)).toMatchObject({ status: "pending", retries: 0 });
  });

  test("where nobody listens for a signal, it ends the process as ever", async () => {
    const { door, heard } = await begun(false);
    const queue = queueOf({ wake: door.afterResponse() });
    await queue.run(hello, {});
    expect(heard()).toEqual([]);
  });
});

describe("the tick", () => {
  test("a cron with the secret starts a worker for what waits", async () => {
    const queue = queueOf({ wake: () => {} });
    const { GET } = toTick(queue);
    const { id } = await queue.submit(hello, {});
    const answer = await GET(tickRequest("Bearer hush"));
    expect(answer.status).toBe(202);
    await Promise.all(waitedFor());
    expect((await queue.status(id)).status).toBe("completed");
  });

  test("without the secret, or with another, it answers 401 and starts nothing", async () => {
    const { GET } = toTick(queueOf());
    for (const given of [undefined, "Bearer loud", "hush", "Bearer "]) {
      const answer = await GET(tickRequest(given));
      expect([answer.status, await answer.json()]).toMatchObject([401, { code: "unauthorized" }]);
    }
    expect(next.after).not.toHaveBeenCalled();
  });

  test("where no secret is set it serves nobody", async () => {
    vi.stubEnv("CRON_SECRET", "");
    const { GET } = toTick(queueOf());
    const answer = await GET(tickRequest("Bearer "));
    expect([answer.status, await answer.json()]).toMatchObject([503, { code: "not_configured" }]);
    expect((await toTick(queueOf(), { secret: "own" }).GET(tickRequest("Bearer own"))).status).toBe(202);
    await Promise.all(waitedFor());
  });

  test("off Vercel the route looks for due jobs by itself, once a minute from its first request on", async () => {
    vi.stubEnv("VERCEL", undefined);
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    const prefix = redis.queue().prefix!;
    const before = queueOf({ prefix, wake: () => {} });
    const { id: first } = await before.submit(hello, {});
    const queue = queueOf({ prefix });
    const call = routeOf(queue);
    expect(vi.getTimerCount()).toBe(0);
    await call("GET", "/health");
    await Promise.all(waitedFor());
    expect((await queue.status(first)).status).toBe("completed");
    const { id: second } = await before.submit(hello, {});
    next.after.mockClear();
    await vi.advanceTimersByTimeAsync(60_000);
    await vi.waitFor(() => expect(next.after).toHaveBeenCalled());
    await Promise.all(waitedFor());
    expect((await queue.status(second)).status).toBe("completed");
  });

  test("on Vercel the route starts no timer", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    await routeOf(queueOf())("GET", "/health");
    expect([vi.getTimerCount(), next.after.mock.calls.length]).toEqual([0, 0]);
  });
});
