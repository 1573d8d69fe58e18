import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { connectRedis, type RedisSettings, requester } from "../../lib/redis/redis.ts";

const closings: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closings.splice(0)) await close();
});

type Answer = (response: ServerResponse, request: IncomingMessage) => void;
const json =
  (status: number, value: unknown, headers: Record<string, string> = {}): Answer =>
  (response) =>
    response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(value));
const pong = json(200, { result: "PONG" });

/** A server that gives these answers in turn and then repeats the last one, and a transport to it. */
async function serve(answers: Answer[], settings: Partial<RedisSettings> = {}) {
  const requests: IncomingMessage[] = [];
  const bodies: string[] = [];
  const sockets: Socket[] = [];
  const listener: RequestListener = (request, response) => {
    requests.push(request);
    let body = "";
    request.setEncoding("utf8").on("data", (chunk) => {
      body += chunk;
    });
    request.on("end", () => {
      bodies.push(body);
      answers[Math.min(requests.length, answers.length) - 1]!(response, request);
    });
  };
  const server = createServer(listener).on("connection", (socket) => sockets.push(socket));
  server.listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  closings.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const given = { url, token: "t", ...settings };
  return { requests, bodies, sockets, url, transport: requester(given), redis: connectRedis(given) };
}

const ping = { body: ["PING"] };

test("a command is a POST of its JSON with the token, and its reply is returned unchanged", async () => {
  const { redis, requests, bodies } = await serve([json(200, { result: "12345678901234567890" })]);
  expect(await redis.mget("k")).toBe("12345678901234567890");
  expect(requests[0]).toMatchObject({ method: "POST", url: "/" });
  expect(requests[0]?.headers).toMatchObject({ authorization: "Bearer t", "content-type": "application/json" });
  expect(JSON.parse(bodies[0]!)).toEqual(["mget", "k"]);
});

test("a pipeline is one request, and its errors are returned beside the other replies", async () => {
  const { redis, requests } = await serve([json(200, [{ result: 1 }, { error: "ERR no" }])]);
  const replies = await redis.pipeline().evalsha("a", [], []).evalsha("b", [], []).exec({ keepErrors: true });
  expect(replies).toMatchObject([{ result: 1 }, { error: expect.stringContaining("ERR no") }]);
  expect(requests.map(({ url }) => url)).toEqual(["/pipeline"]);
});

test("commands that are sent together are not turned into a pipeline", async () => {
  const { redis, requests } = await serve([pong]);
  await Promise.all([redis.exists("a"), redis.exists("b"), redis.exists("c")]);
  expect(requests).toHaveLength(3);
});

test("the address may have a path", async () => {
  const { url, requests } = await serve([json(200, [{ result: "PONG" }])]);
  await requester({ url: `${url}/db/one/`, token: "t" }).request({ path: ["pipeline"], body: [["PING"]] });
  expect(requests[0]?.url).toBe("/db/one/pipeline");
});

const passing: [string, Answer][] = [
  ...[408, 429, 500, 502, 503, 504].map((status): [string, Answer] => [
    String(status),
    json(status, { error: "later" }),
  ]),
  ["a page of HTML", (response) => response.writeHead(200).end("<html>")],
  ["a bare value", json(200, 7)],
  ["nothing but the end of the connection", (response) => response.destroy()],
  [
    "half an answer",
    (response) => response.writeHead(200, { "content-length": 100 }).write('{"result"', () => response.destroy()),
  ],
];
test.each(passing)(
  "a request that is answered with %s is sent again, by default twice, before Redis counts as out of reach",
  async (_, answer) => {
    const { transport, requests, bodies } = await serve([answer]);
    await expect(transport.request(ping)).rejects.toMatchObject({
      name: "RedisError",
      unreachable: true,
      message: expect.stringMatching(/^Redis is out of reach: /),
    });
    expect(requests).toHaveLength(3);
    expect(new Set(bodies)).toEqual(new Set(['["PING"]']));
  },
);

test.each([0, 1, 4])("a request is sent again %i times if the caller says so", async (resends) => {
  const { transport, requests } = await serve([json(503, {})], { resends });
  await expect(transport.request(ping)).rejects.toMatchObject({ unreachable: true });
  expect(requests).toHaveLength(resends + 1);
});

test("the answer to a resend is the answer", async () => {
  const { transport, requests } = await serve([(response) => response.destroy(), json(503, {}), pong]);
  expect(await transport.request(ping)).toEqual({ result: "PONG" });
  expect(requests).toHaveLength(3);
});

test("a request without an answer times out and is sent again", async () => {
  const { transport, requests } = await serve([() => undefined, pong], { timeoutMs: 100 });
  expect(await transport.request(ping)).toEqual({ result: "PONG" });
  expect(requests).toHaveLength(2);
});

test("an answer that begins and never ends times out, too", async () => {
  const stuck: Answer = (response) => response.writeHead(200).write("{");
  const { transport } = await serve([stuck], { timeoutMs: 100, resends: 0 });
  await expect(transport.request(ping)).rejects.toThrow("no answer within 100 ms");
});

test("Redis is out of reach if nothing listens at its address", async () => {
  const { url } = await serve([pong]);
  for (const close of closings.splice(0)) await close();
  await expect(requester({ url, token: "t" }).request(ping)).rejects.toThrow(/out of reach: .*ECONNREFUSED/);
});

test("the error for a wrong token says so, and the request is not sent again", async () => {
  const { transport, requests } = await serve([json(401, { error: "WRONGPASS" })]);
  await expect(transport.request(ping)).rejects.toMatchObject({
    unreachable: false,
    message: "Redis refused the token: check UPSTASH_REDIS_REST_TOKEN",
  });
  expect(requests).toHaveLength(1);
});

test("a refusal by Redis is passed to the client, and the request is not sent again", async () => {
  const { transport, requests } = await serve([json(400, { error: "ERR wrong" })]);
  expect(await transport.request(ping)).toEqual({ error: "ERR wrong" });
  expect(requests).toHaveLength(1);
});

test("requests share one connection that stays open", async () => {
  const { transport, sockets } = await serve([pong]);
  for (let i = 0; i < 5; i++) await transport.request(ping);
  expect(sockets).toHaveLength(1);
});

test("a connection that the server closed while it was idle costs a resend, not an error", async () => {
  const { transport, sockets } = await serve([pong]);
  await transport.request(ping);
  sockets[0]!.destroy();
  expect(await transport.request(ping)).toEqual({ result: "PONG" });
  expect(sockets).toHaveLength(2);
});

test("each request carries the sync token of the last answer, so that no replica answers with older data", async () => {
  const { transport, requests } = await serve([
    json(200, { result: 1 }, { "upstash-sync-token": "a" }),
    json(200, { result: 1 }),
    json(200, { result: 1 }, { "upstash-sync-token": "b" }),
    pong,
  ]);
  for (let i = 0; i < 4; i++) await transport.request(ping);
  expect(requests.map(({ headers }) => headers["upstash-sync-token"])).toEqual([undefined, "a", "a", "b"]);
});

test("text beyond ASCII arrives intact, wherever the network splits it", async () => {
  const text = "漢字🙂".repeat(50_000);
  const { transport, bodies } = await serve([
    (response) => {
      const bytes = Buffer.from(JSON.stringify({ result: text }));
      response.writeHead(200).write(bytes.subarray(0, 100_001), () => response.end(bytes.subarray(100_001)));
    },
  ]);
  const { result } = await transport.request<string>({ body: ["SET", "k", text] });
  expect(result === text).toBe(true);
  expect(bodies[0] === JSON.stringify(["SET", "k", text])).toBe(true);
});

test("each of many concurrent requests gets its own answer", async () => {
  const { redis } = await serve([
    (response, request) => response.writeHead(200).end(JSON.stringify({ result: request.headers["content-length"] })),
  ]);
  const keys = Array.from({ length: 200 }, (_, i) => "k".repeat(i + 1));
  const lengths = await Promise.all(keys.map((key) => redis.mget(key)));
  expect(lengths).toEqual(keys.map((key) => String(JSON.stringify(["mget", key]).length)));
});
