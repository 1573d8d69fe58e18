import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import type { QueueOptions } from "../../lib/index.ts";
import { type ServeOptions, type Serving, serve, startWorker, toNode } from "../../lib/node.ts";
import { apiKey } from "../support/api.ts";
import { gate, task } from "../support/worker.ts";
import { useQueues } from "./queues.ts";

const { prefix, queueOf, stopAfter } = useQueues();

async function served(queue: ReturnType<typeof queueOf>, options: ServeOptions = {}): Promise<Serving> {
  const serving = await serve(queue, { port: 0, ...options });
  stopAfter(() => serving.stop());
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
    const options = { prefix: prefix() };
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
    const events: string[] = [];
    const queue = queueOf({ log: (_, event) => void events.push(event) });
    await expect(serve(queue, { port, worker: false })).rejects.toThrow(
      `port ${port} is taken (EADDRINUSE): end what listens there, or choose another port`,
    );
    expect(process.listenerCount("SIGTERM")).toBe(1);
    await queue.submit("echo", 1);
    await vi.waitFor(() => expect(events).toContain("completed"));
  });

  test.each([
    ["nothing", undefined, "expected a queue made by defineQueue, got undefined"],
    ["a module that exports one", { queue: {} }, "expected a queue made by defineQueue: export it"],
    [
      "settings that are missing",
      { tasks: [task("echo", () => {})], redis: undefined },
      "UPSTASH_REDIS_REST_URL: expected",
    ],
  ])("says what is wrong with a queue that is %s", async (_, queue, message) => {
    vi.stubEnv("UPSTASH_REDIS_REST_URL", "");
    await expect(serve(queue as never, { port: 0 })).rejects.toThrow(message);
  });
});

describe("an API that is open without keys", () => {
  /** Makes every request of this process look as if it came from an address. */
  function comeFrom(remoteAddress: string | undefined): void {
    const mark = (message: unknown) =>
      void Object.defineProperty((message as { socket: object }).socket, "remoteAddress", { value: remoteAddress });
    subscribe("http.server.request.start", mark);
    onTestFinished(() => void unsubscribe("http.server.request.start", mark));
  }
  async function mounted(queue: ReturnType<typeof queueOf>): Promise<string> {
    const server = createServer(toNode(queue));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    stopAfter(() => new Promise((resolve) => server.close(() => resolve())));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }
  const key = apiKey("tester", "read");
  const authorize = () => ({ name: "ada", scopes: ["read" as const] });
  const ELSEWHERE = "192.0.2.7";

  test.each<[string, string | undefined, number, Partial<QueueOptions>?, string?]>([
    ["this machine", "127.0.0.1", 200],
    ["this machine, by another address of it", "127.8.9.1", 200],
    ["this machine, by IPv6", "::1", 200],
    ["this machine, by IPv4 written as IPv6", "::ffff:127.0.0.1", 200],
    ["a Unix socket", undefined, 200],
    ["another machine", ELSEWHERE, 403],
    ["another machine, by IPv4 written as IPv6", `::ffff:${ELSEWHERE}`, 403],
    ["another machine, by IPv6", "fe80::1", 403],
    ["another machine, where the port is published on 127.0.0.1 alone", ELSEWHERE, 200, {}, "published-on-loopback"],
    ["another machine, with a key", ELSEWHERE, 200, { apiKeys: [key.entry] }],
    ["another machine, where the application decides", ELSEWHERE, 200, { authorize }],
  ])("asked by %s (%s) gives %d", async (_, address, status, options, isLocal = "true") => {
    vi.stubEnv("IS_LOCAL", isLocal);
    comeFrom(address);
    const asked = async (url: string) => {
      const answer = await fetch(`${url}/queue-stats`, { headers: { authorization: `Bearer ${key.key}` } });
      const { detail } = (await answer.json()) as { detail?: string };
      return [answer.status, detail?.includes("IS_LOCAL=published-on-loopback")];
    };
    const expected = [status, status === 403 ? true : undefined];
    expect(await asked(await mounted(queueOf(options)))).toEqual(expected);
    expect(await asked((await served(queueOf(options), { worker: false })).url)).toEqual(expected);
  });
});

describe("startWorker", () => {
  test("runs jobs beside an application, and ends as it is told", async () => {
    const asked: string[] = [];
    const queue = queueOf({ wake: (_, { source }) => void asked.push(source) });
    const waiting = await queue.submit("echo", "before");
    const { stop } = await startWorker(queue);
    expect(await queue.wait(waiting.id)).toMatchObject({ status: "completed" });
    const { id } = await queue.submit("echo", "while");
    expect(await queue.wait(id)).toMatchObject({ status: "completed" });
    await stop();
    const late = await queue.submit("echo", "after");
    expect(await queue.status(late.id)).toMatchObject({ status: "pending" });
    expect(asked).toEqual(["submit", "submit"]); // before and after
  });

  test("has a process that ends start no job when it has ended itself; the next worker runs it", async () => {
    const events: string[] = [];
    const queue = queueOf({ log: (_, event) => void events.push(event) });
    const first = await startWorker(queue);
    await first.stop();
    const late = await queue.submit("echo", "late");
    expect(events).not.toContain("wake");
    expect(await queue.status(late.id)).toMatchObject({ status: "pending" });
    const next = await startWorker(queue);
    stopAfter(() => next.stop());
    expect(await queue.wait(late.id)).toMatchObject({ status: "completed" });
  });
});
