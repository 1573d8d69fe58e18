import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { defineQueue, type QueueOptions } from "../../lib/index.ts";
import { type ServeOptions, type Serving, serve, startWorker, toNode } from "../../lib/node.ts";
import { useRedis } from "../support/redis.ts";
import { sendHttp } from "../support/request.ts";
import { gate, task } from "../support/worker.ts";

const redis = useRedis();
const echo = task("echo", ({ input }) => input);

let stops: (() => Promise<void>)[] = [];
beforeEach(() => {
  stops = [];
  vi.stubEnv("WORKER_FUNCTION_NAME", "");
  vi.stubEnv("IS_LOCAL", "true");
  vi.stubEnv("SHUTDOWN_GRACE_SECONDS", "0");
});
afterEach(async () => {
  for (const stop of stops) await stop();
  vi.unstubAllEnvs();
});

function queueOf({ tasks = [echo], ...options }: Partial<QueueOptions> = {}) {
  return defineQueue({
    tasks: tasks as [typeof echo],
    redis: { url: redis.local.url, token: redis.local.token },
    prefix: redis.queue().prefix,
    log: "silent",
    ...options,
  });
}

async function served(queue: ReturnType<typeof queueOf>, options: ServeOptions = {}): Promise<Serving> {
  const serving = await serve(queue, { port: 0, ...options });
  stops.push(() => serving.stop());
  return serving;
}

async function submitTo(url: string, body: unknown): Promise<string> {
  const answer = await fetch(`${url}/submit-job`, { method: "POST", body: JSON.stringify(body) });
  expect(answer.status).toBe(202);
  return ((await answer.json()) as { job_id: string }).job_id;
}

describe("serve", () => {
  test("answers the API, and runs what is submitted over HTTP and in the process", async () => {
    const queue = queueOf();
    const { url } = await served(queue);
    const overHttp = await submitTo(url, { task: "echo", payload: "ada" });
    const inside = await queue.submit("echo", "bob");
    expect((await queue.wait(overHttp)).status).toBe("completed");
    expect(await queue.wait(inside.id)).toMatchObject({ status: "completed", result: "bob" });
  });

  test("a running job that outlives the grace is given back, its attempt unspent, and open requests end", async () => {
    const [begun, aborted] = [gate(), gate()];
    const slow = task("slow", async ({ signal }) => {
      begun.open();
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      aborted.open();
    });
    const queue = queueOf({ tasks: [slow] });
    const serving = await served(queue);
    const id = await submitTo(serving.url, { task: "slow" });
    await begun.opened;
    const waiting = fetch(`${serving.url}/job-status/${id}?wait=20`).then(
      () => "answered",
      () => "ended",
    );
    await serving.stop();
    await aborted.opened;
    expect(["answered", "ended"]).toContain(await waiting);
    expect(await queue.status(id)).toMatchObject({ status: "pending", retries: 0 });
    await expect(fetch(serving.url)).rejects.toThrow();
  });

  test("two in one process: each answers for its own queue, and one goes on when the other has ended", async () => {
    const [first, second] = [queueOf(), queueOf()];
    const [one, other] = [await served(first), await served(second)];
    const { id } = await first.submit("echo", 1);
    expect(await first.wait(id)).toMatchObject({ status: "completed" });
    await one.stop();
    const next = await submitTo(other.url, { task: "echo", payload: 2 });
    expect(await second.wait(next)).toMatchObject({ status: "completed", result: 2 });
  });

  test("a job that is due later runs when it is due, and a submit that woke nobody runs at the next tick", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    const options = { prefix: redis.queue().prefix };
    const queue = queueOf(options);
    await served(queue);
    const elsewhere = queueOf({ ...options, wake: () => {} });
    const { id } = await elsewhere.submit("echo", 1);
    vi.advanceTimersByTime(60_000);
    vi.useRealTimers();
    expect(await queue.wait(id)).toMatchObject({ status: "completed" });
  });

  test("wakes its own worker and not what the options name", async () => {
    const asked: string[] = [];
    const queue = queueOf({ wake: (_, { source }) => void asked.push(source) });
    await served(queue);
    const { id } = await queue.submit("echo", 1);
    expect(await queue.wait(id)).toMatchObject({ status: "completed" });
    expect(asked).toEqual([]);
  });

  test("without a worker runs no job here, and wakes as the options say", async () => {
    const asked: string[] = [];
    const queue = queueOf({ wake: (_, { source }) => void asked.push(source) });
    const events: string[] = [];
    const silent = queueOf({ log: (_, event) => void events.push(event) });
    const [{ url }, alone] = [await served(queue, { worker: false }), await served(silent, { worker: false })];
    await submitTo(url, { task: "echo", payload: 1 });
    const id = await submitTo(alone.url, { task: "echo", payload: 1 });
    expect(asked).toEqual(["submit"]);
    expect(events).not.toContain("wake");
    expect(await silent.status(id)).toMatchObject({ status: "pending" });
    expect(await silent.drain()).toMatchObject({ completed: 1 });
  });

  test("ends when its signal aborts", async () => {
    const end = new AbortController();
    const { url, ended } = await serve(queueOf(), { port: 0, signal: end.signal });
    end.abort();
    await ended;
    await expect(fetch(url)).rejects.toThrow();
  });

  test.each<[string, ServeOptions, RegExp]>([
    ["a port that is none", { port: 70_000 }, /^port: expected a number from 0 to 65535, got 70000$/],
    ["an address of another machine", { port: 0, host: "192.0.2.1" }, /API_HOST is 192\.0\.2\.1, where other machines/],
  ])("refuses %s", async (_, options, message) => {
    await expect(serve(queueOf(), options)).rejects.toThrow(message);
  });

  test("says in one line that its port is taken, and nothing stays behind", async () => {
    const { url } = await served(queueOf());
    const port = Number(new URL(url).port);
    const queue = queueOf();
    await expect(serve(queue, { port })).rejects.toThrow(
      `port ${port} is taken (EADDRINUSE): end what listens there, or choose another port`,
    );
    expect(process.listenerCount("SIGTERM")).toBe(1);
  });

  test.each([
    ["nothing", undefined, "expected a queue made by defineQueue, got undefined"],
    ["a module that exports one", { queue: {} }, "expected a queue made by defineQueue: export it"],
    ["settings that are missing", { tasks: [echo], redis: undefined }, "UPSTASH_REDIS_REST_URL: expected"],
  ])("says what is wrong with a queue that is %s", async (_, queue, message) => {
    vi.stubEnv("UPSTASH_REDIS_REST_URL", "");
    await expect(serve(queue as never, { port: 0 })).rejects.toThrow(message);
  });
});

describe("startWorker", () => {
  test("runs jobs beside an application, and ends as it is told", async () => {
    const queue = queueOf({ wake: () => {} });
    const waiting = await queue.submit("echo", "before");
    const { stop } = await startWorker(queue);
    expect(await queue.wait(waiting.id)).toMatchObject({ status: "completed" });
    const { id } = await queue.submit("echo", "while");
    expect(await queue.wait(id)).toMatchObject({ status: "completed" });
    await stop();
    const late = await queue.submit("echo", "after");
    expect(await queue.status(late.id)).toMatchObject({ status: "pending" });
  });
});

describe("toNode", () => {
  async function listen(listener: RequestListener): Promise<string> {
    const server = createServer(listener);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    stops.push(async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  const submission = (body: string, headers: Record<string, string> = {}) => ({
    method: "POST",
    path: "/submit-job",
    body,
    headers: { "content-type": "application/json", ...headers },
  });

  test("a path outside of the base goes on to the application, one below it is ours", async () => {
    const ours = toNode(queueOf({ basePath: "/queue" }));
    const url = await listen((request, response) => ours(request, response, () => response.writeHead(418).end()));
    const status = async (path: string) => (await fetch(url + path)).status;
    expect(await Promise.all(["/", "/queued", "/else?x=/queue", "/queue/nowhere"].map(status))).toEqual([
      ...[418, 418, 418],
      404,
    ]);
    const nowhere = await (await fetch(`${url}/queue/nowhere`)).json();
    expect(nowhere).toMatchObject({
      type: "/queue/problems/route_not_found",
      detail: "there is no GET /nowhere under /queue; GET /queue/openapi.json lists every route",
      instance: "/queue/nowhere",
    });
  });

  test.each<[string, (text: string) => unknown]>([
    ["an object", JSON.parse],
    ["a text", (text) => text],
    ["bytes", (text) => Buffer.from(text)],
  ])("takes the body that a parser of the application has made %s", async (_, parse) => {
    const queue = queueOf({ wake: () => {} });
    const ours = toNode(queue);
    const url = await listen(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      ours(Object.assign(request, { body: parse(Buffer.concat(chunks).toString()) }), response);
    });
    const { status, text, headers } = await sendHttp(url, submission('{"task":"echo","payload":{"to":"ada"}}'));
    expect([status, text]).toEqual([202, expect.stringContaining("job_id")]);
    expect(headers.location).toMatch(/^\/job-status\//);
    const { job_id } = JSON.parse(text) as { job_id: string };
    await queue.drain();
    expect(await queue.status(job_id)).toMatchObject({ result: { to: "ada" } });
    const large = JSON.stringify({ task: "echo", payload: "x".repeat(2_000_000) });
    expect((await sendHttp(url, submission(large, { "transfer-encoding": "chunked" }))).status).toBe(413);
  });

  test("reads the body itself where a parser has left it, whatever it has put into req.body", async () => {
    const ours = toNode(queueOf({ wake: () => {} }));
    const url = await listen((request, response) => ours(Object.assign(request, { body: {} }), response));
    expect((await sendHttp(url, submission('{"task":"echo"}'))).status).toBe(202);
  });

  test("says what to do where the application has read the body and kept nothing of it", async () => {
    const said: unknown[] = [];
    const ours = toNode(queueOf({ log: (...line) => void said.push(line) }));
    const url = await listen(async (request, response) => {
      for await (const _ of request);
      ours(request, response);
    });
    expect((await sendHttp(url, submission('{"task":"echo"}'))).status).toBe(500);
    const message = expect.stringMatching(/mount the queue before it$/);
    expect(said).toContainEqual(["error", "request_failed", expect.objectContaining({ message })]);
  });

  test("a refused request ends where its body has been read already", async () => {
    const ours = toNode(queueOf({ authorize: () => null }));
    const finished = gate();
    const url = await listen(async (request, response) => {
      response.once("finish", finished.open);
      for await (const _ of request);
      ours(request, response);
    });
    expect((await sendHttp(url, submission('{"task":"echo"}'))).status).toBe(401);
    await finished.opened;
  });

  test("says once that it is mounted elsewhere than its basePath says; a proxy in front may add to the path", async () => {
    const said: string[] = [];
    const mounted = (mount: string, basePath: string) => {
      const ours = toNode(queueOf({ basePath, log: (_, event) => void said.push(event) }));
      return listen((request, response) =>
        ours(Object.assign(request, { originalUrl: mount + request.url }), response),
      );
    };
    const behindProxy = await mounted("/queue", "/app/queue");
    await fetch(`${behindProxy}/nowhere`);
    expect(said).toEqual([]);
    const elsewhere = await mounted("/jobs", "/queue");
    await fetch(`${elsewhere}/nowhere`);
    await fetch(`${elsewhere}/nowhere`);
    expect(said).toEqual(["mounted_elsewhere"]);
  });

  test.each(['/"><script>', "//evil.example", "/a b"])("takes no %s for the path of its mount", async (mount) => {
    const ours = toNode(queueOf());
    const url = await listen((request, response) =>
      ours(Object.assign(request, { originalUrl: mount + request.url }), response),
    );
    expect(await (await fetch(`${url}/nowhere`)).json()).toMatchObject({ type: "/problems/route_not_found" });
  });
});

describe("queue.fetch", () => {
  const request = (init: RequestInit & { duplex?: "half" }, path = "/submit-job") =>
    new Request(`http://127.0.0.1${path}`, init);

  test("reads no more of a body than it accepts", async () => {
    let read = 0;
    const endless = new ReadableStream({
      pull(controller) {
        read += 65_536;
        controller.enqueue(new Uint8Array(65_536).fill(32));
      },
    });
    const answer = await queueOf().fetch(request({ method: "POST", body: endless, duplex: "half" }));
    expect([answer.status, await answer.json()]).toMatchObject([413, { code: "payload_too_large" }]);
    expect(read).toBeLessThan(2_000_000);
  });

  test("says what to do where the application has read the body", async () => {
    const read = request({ method: "POST", body: '{"task":"echo"}' });
    await read.text();
    await expect(queueOf().fetch(read)).rejects.toThrow("give queue.fetch the request as it came");
  });

  test("HEAD, 204 and 304 have no body", async () => {
    const queue = queueOf({ wake: () => {} });
    const { id } = await queue.submit("echo", 1);
    const path = `/job-status/${id}`;
    const head = await queue.fetch(request({ method: "HEAD" }, path));
    const etag = head.headers.get("etag")!;
    const known = await queue.fetch(request({ headers: { "if-none-match": etag } }, path));
    const preflight = await queue.fetch(request({ method: "OPTIONS" }));
    expect([head, known, preflight].map(({ status, body }) => [status, body])).toEqual([
      [200, null],
      [304, null],
      [204, null],
    ]);
  });
});
