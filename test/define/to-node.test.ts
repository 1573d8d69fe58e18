import { createServer, type RequestListener } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { describe, expect, test } from "vitest";
import { lambda } from "../../lib/lambda.ts";
import { toNode } from "../../lib/node.ts";
import type { Log } from "../../lib/observability/log.ts";
import { sendHttp } from "../support/request.ts";
import { gate } from "../support/worker.ts";
import { useQueues } from "./queues.ts";

const { queueOf, stopAfter } = useQueues();

describe("toNode", () => {
  async function listen(listener: RequestListener): Promise<string> {
    const server = createServer(listener);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    stopAfter(async () => {
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

  test("a client that hangs up during its upload is no failure of ours", async () => {
    const said: string[] = [];
    const heard = gate();
    const log: Log = (level, event) => {
      said.push(`${level} ${event}`);
      if (/request_/.test(event)) heard.open();
    };
    const url = await listen(toNode(queueOf({ log })));
    const client = connect(Number(new URL(url).port), "127.0.0.1");
    client.write(
      "POST /submit-job HTTP/1.1\r\nhost: 127.0.0.1\r\nexpect: 100-continue\r\ncontent-length: 100\r\n\r\n{",
    );
    await new Promise((resolve) => client.once("data", resolve));
    client.destroy();
    await heard.opened;
    expect(said.filter((line) => line.includes("request_"))).toEqual(["debug request_aborted"]);
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

describe("an application that knows its users by a cookie", () => {
  const queue = () =>
    queueOf({
      wake: () => {},
      cors: ["http://friend.example"],
      authorize: ({ headers }) => (headers.cookie?.includes("session=ada") ? { name: "ada", scopes: ["admin"] } : null),
    });
  type Ask = (headers: Record<string, string>) => Promise<number>;
  const body = '{"task":"echo"}';

  const overNode: Ask = async (headers) => {
    const server = createServer(toNode(queue()));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    stopAfter(() => new Promise((resolve) => server.close(() => resolve())));
    const { port } = server.address() as AddressInfo;
    const sent = { method: "POST", path: "/submit-job", body, headers: { host: "app.example", ...headers } };
    return (await sendHttp(`http://127.0.0.1:${port}`, sent)).status;
  };
  const overFetch: Ask = async (headers) => {
    const address = "http://app.example/submit-job";
    return (await queue().fetch(new Request(address, { method: "POST", body, headers }))).status;
  };
  const overLambda: Ask = async ({ cookie, ...headers }) => {
    const event = {
      ...{ rawPath: "/submit-job", headers: { host: "app.example", ...headers }, cookies: cookie?.split("; "), body },
      requestContext: { http: { method: "POST" } },
    };
    return (await lambda(queue()).api(event as never)).statusCode!;
  };
  const session = { cookie: "theme=dark; session=ada" };
  const ways: [string, Ask][] = [
    ["toNode", overNode],
    ["queue.fetch", overFetch],
    ["Lambda", overLambda],
  ];

  test.each(ways)("%s: is told the cookie, and a page of another origin cannot borrow it", async (_, ask) => {
    expect(await ask({})).toBe(401);
    expect(await ask(session)).toBe(202);
    expect(await ask({ ...session, origin: "https://app.example" })).toBe(202);
    expect(await ask({ ...session, origin: "http://friend.example" })).toBe(202);
    expect(await ask({ ...session, origin: "http://other.name", "sec-fetch-site": "same-origin" })).toBe(202);
    expect(await ask({ ...session, origin: "http://evil.example" })).toBe(403);
    expect(await ask({ ...session, origin: "http://evil.example", "sec-fetch-site": "cross-site" })).toBe(403);
    expect(await ask({ ...session, "sec-fetch-site": "cross-site" })).toBe(403);
  });

  /** A queue whose users sign in by HTTP Basic or by a token; `cors` says which pages may call. */
  const known = async (headers: Record<string, string>, cors: string[] = []) => {
    const authorize = () => ({ name: "ada", scopes: ["admin" as const] });
    const address = "http://app.example/submit-job";
    const { fetch } = queueOf({ wake: () => {}, cors, authorize });
    return (await fetch(new Request(address, { method: "POST", body, headers }))).status;
  };
  const [basic, bearer] = [{ authorization: "Basic YWRhOjE=" }, { authorization: "Bearer token" }];
  const evil = { origin: "http://evil.example" };

  test.each<[string, number, Record<string, string>, string[]?]>([
    ["HTTP Basic, from another origin", 403, { ...basic, ...evil }],
    ["HTTP Basic, from another site by a link", 403, { ...basic, "sec-fetch-site": "cross-site" }],
    ["HTTP Basic, from its own page", 202, { ...basic, origin: "http://app.example" }],
    ["HTTP Basic, from a program", 202, basic],
    ["HTTP Basic, from a listed origin", 202, { ...basic, ...evil }, [evil.origin]],
    ["HTTP Basic, where every origin may call", 403, { ...basic, ...evil }, ["*"]],
    ["cookies, where every origin may call", 403, { ...session, ...evil }, ["*"]],
    ["cookies, where every origin may call and this one is listed", 202, { ...session, ...evil }, ["*", evil.origin]],
    ["nothing that shows, from another origin", 403, evil],
    ["nothing that shows, where every origin may call", 202, evil, ["*"]],
    ["a token, from another origin", 202, { ...bearer, ...evil }],
    ["a token, by another site's script", 202, { ...bearer, "sec-fetch-site": "cross-site" }],
  ])("%s gets %d", async (_, status, headers, cors) => {
    expect(await known(headers, cors)).toBe(status);
  });

  test.each([
    ["POST", "/cancel-job/"],
    ["DELETE", "/jobs/"],
  ])("%s %s is guarded as a submit is", async (method, path) => {
    const ask = async (headers: Record<string, string>) => {
      const request = new Request(`http://app.example${path}${crypto.randomUUID()}`, { method, headers });
      return (await queue().fetch(request)).status;
    };
    expect(await ask({})).toBe(401);
    expect(await ask(session)).toBe(404);
    expect(await ask({ ...session, origin: "http://friend.example" })).toBe(404);
    expect(await ask({ ...session, ...evil })).toBe(403);
    expect(await ask({ ...session, "sec-fetch-site": "cross-site" })).toBe(403);
    expect(await ask({ ...basic, ...evil })).toBe(403);
  });

  test("`authorize` is told the route, however the request spells it", async () => {
    const told: string[] = [];
    const authorize = ({ method, path }: { method: string; path: string }) => {
      told.push(`${method} ${path}`);
      return null;
    };
    const { fetch } = queueOf({ basePath: "/queue", authorize });
    for (const path of ["/queue/queue-stats", "/queue/queue-stats/", "/queue/queue-stats//"])
      for (const method of ["GET", "HEAD"]) await fetch(new Request(`http://app.example${path}`, { method }));
    expect(told.length).toBeGreaterThanOrEqual(6);
    expect(new Set(told)).toEqual(new Set(["GET /queue-stats"]));
  });
});
