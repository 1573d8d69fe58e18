import {
  createServer,
  type IncomingMessage,
  type ServerResponse,
  validateHeaderName,
  validateHeaderValue,
} from "node:http";
import type { AddressInfo } from "node:net";
import { inspect } from "node:util";
import { afterEach, expect, it, vi } from "vitest";
import { safeParse } from "zod/v4/core";
import { readPayload } from "../../lib/jobs/payload.ts";
import { NonRetriableError, RetryAfterError, SnoozeError } from "../../lib/tasks.ts";
import { httpRequest } from "../../tasks/httpRequest.ts";
import { gate } from "../support/worker.ts";
import { JOB_ID, run } from "./run.ts";

const closings: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  vi.useRealTimers();
  for (const close of closings.splice(0)) await close();
});

interface Received {
  method: string;
  url: string;
  headers: IncomingMessage["headers"];
  body: string;
}

/** A server that answers each path as the table says, and writes down what it got. */
async function serve(answer: (response: ServerResponse, received: Received) => unknown, host = "127.0.0.1") {
  const received: Received[] = [];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request.setEncoding("utf8")) body += chunk;
    const one = { method: request.method ?? "", url: request.url ?? "", headers: request.headers, body };
    received.push(one);
    answer(response, one);
  });
  server.listen(0, host);
  await new Promise((resolve, reject) => server.once("listening", resolve).once("error", reject));
  closings.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { received, url: `http://${host}:${(server.address() as AddressInfo).port}` };
}

const to = (location: string, status: number) => (response: ServerResponse) =>
  response.writeHead(status, { location }).end();

it("posts the body as JSON with the job's id as idempotency key, and returns status and body", async () => {
  const { url, received } = await serve((response) => response.writeHead(201).end("made"));
  const headers = { Authorization: "Bearer x", "X-Own": "1", Host: "evil", "Content-Length": "1", Connection: "close" };
  expect(await run(httpRequest, { url: `${url}/a?b=c`, headers, body: { text: "é" } })).toEqual({
    status: 201,
    body: "made",
  });
  expect(received).toMatchObject([{ method: "POST", url: "/a?b=c", body: '{"text":"é"}' }]);
  expect(received[0]?.headers).toMatchObject({
    ...{ authorization: "Bearer x", "x-own": "1", "content-type": "application/json", "content-length": "13" },
    ...{ host: url.slice(7), "idempotency-key": JOB_ID, "user-agent": "wakeq" },
  });
});

it("takes just the headers that Node can send", () => {
  const takes = (name: string, value: string) =>
    safeParse(httpRequest.input, { url: "http://a.b", headers: { [name]: value } }).success;
  const sends = (check: () => void) => {
    try {
      check();
      return true;
    } catch {
      return false;
    }
  };
  for (let unit = 0; unit <= 0xffff; unit++) {
    const text = `a${String.fromCharCode(unit)}`;
    const value = sends(() => validateHeaderValue("x", text));
    if (takes("x", text) !== value) expect.fail(`a value with U+${unit.toString(16)}`);
    if (unit < 0x200 && takes(text, "x") !== sends(() => validateHeaderName(text)))
      expect.fail(`a name with U+${unit.toString(16)}`);
  }
});

it("sends a header in Latin-1 as it is", async () => {
  const { url, received } = await serve((response) => response.end());
  await run(httpRequest, { url, headers: { "X-Name": "Zoë\t ÿ" } });
  expect(received[0]?.headers["x-name"]).toBe("Zoë\t ÿ");
});

it("hands on the trace context, unless the payload has its own", async () => {
  const { url, received } = await serve((response) => response.end());
  const traceparent = `00-${"a".repeat(32)}-${"b".repeat(16)}-01`;
  await run(httpRequest, { url }, { traceparent });
  await run(httpRequest, { url, headers: { Traceparent: "mine" } }, { traceparent });
  await run(httpRequest, { url });
  expect(received.map(({ headers }) => headers.traceparent)).toEqual([traceparent, "mine", undefined]);
});

it("sends no body where none is given, with the method that is asked for", async () => {
  const { url, received } = await serve((response) => response.end());
  for (const method of ["GET", "PUT", "PATCH", "DELETE"]) await run(httpRequest, { url, method });
  expect(received.map(({ method, body }) => [method, body])).toEqual([
    ["GET", ""],
    ["PUT", ""],
    ["PATCH", ""],
    ["DELETE", ""],
  ]);
  expect(received.map(({ headers }) => headers["content-type"])).toEqual([undefined, undefined, undefined, undefined]);
});

it.each([null, 0, false, "", []])("sends %j as the body it is", async (body) => {
  const { url, received } = await serve((response) => response.end());
  await run(httpRequest, { url, body });
  expect(received[0]?.body).toBe(JSON.stringify(body));
});

it("cuts the body at 64 KiB, and does not wait for the rest", async () => {
  const { url } = await serve((response) => response.writeHead(200).write("x".repeat(100_000)));
  const { body } = (await run(httpRequest, { url })) as { body: string };
  expect(body).toBe("x".repeat(65_536));
});

it("returns a body of exactly 64 KiB whole", async () => {
  const { url } = await serve((response) => response.end("x".repeat(65_536)));
  expect(await run(httpRequest, { url })).toEqual({ status: 200, body: "x".repeat(65_536) });
});

it("cuts no character in two", async () => {
  const { url } = await serve((response) => response.end("漢".repeat(30_000)));
  const { body } = (await run(httpRequest, { url })) as { body: string };
  expect(body).toBe("漢".repeat(21_845));
});

it("returns what a job may keep, whatever the server sends", async () => {
  const { url } = await serve((response) => response.end(Buffer.alloc(100_000)));
  const result = await run(httpRequest, { url });
  expect(result).toMatchObject({ status: 200 });
  expect(Buffer.byteLength(JSON.stringify(result))).toBeLessThan(256 * 1024);
});

it.each([400, 401, 403, 404, 409, 410, 422, 304, 300])("%i is final", async (status) => {
  const { url } = await serve((response) => response.writeHead(status).end(status === 304 ? undefined : "no"));
  const calling = run(httpRequest, { url });
  await expect(calling).rejects.toBeInstanceOf(NonRetriableError);
  await expect(calling).rejects.toThrow(`answered with ${status}`);
});

it.each([408, 425, 429, 500, 502, 503])("%i is tried again", async (status) => {
  const { url } = await serve((response) => response.writeHead(status).end("later"));
  const calling = run(httpRequest, { url });
  await expect(calling).rejects.toThrow(new RegExp(`^answered with ${status}$`));
  await expect(calling).rejects.not.toBeInstanceOf(NonRetriableError);
});

it.each([
  [429, "0", RetryAfterError, 0],
  [429, "7", SnoozeError, 7_000],
  [503, "7", SnoozeError, 7_000],
  [503, "Tue, 01 Jan 2030 00:01:30 GMT", SnoozeError, 90_000],
  [503, "Mon, 31 Dec 2029 23:00:00 GMT", RetryAfterError, 0],
  [429, "99999999999999999999", SnoozeError, 86_400_000],
  [408, "7", RetryAfterError, 7_000],
  [500, "7", RetryAfterError, 7_000],
  [502, "Tue, 01 Jan 2030 00:01:30 GMT", RetryAfterError, 90_000],
  [500, "99999999999999999999", RetryAfterError, 86_400_000],
])("%i with Retry-After: %s is honoured, and 429 and 503 spend no attempt", async (status, value, type, delayMs) => {
  const { url } = await serve((response) => response.writeHead(status, { "retry-after": value }).end());
  vi.useFakeTimers({ toFake: ["Date"], now: new Date("2030-01-01T00:00:00Z") });
  const error = await run(httpRequest, { url }).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(type);
  expect((error as RetryAfterError | SnoozeError).delayMs).toBe(delayMs);
});

it.each(["soon", "-5", "1.5", ""])("Retry-After: %j is no wait: the backoff decides", async (value) => {
  const { url } = await serve((response) => response.writeHead(503, { "retry-after": value }).end());
  const error: unknown = await run(httpRequest, { url }).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ name: "Error", message: "answered with 503" });
});

it.each([
  [301, "POST", "GET", ""],
  [302, "POST", "GET", ""],
  [303, "POST", "GET", ""],
  [303, "DELETE", "GET", ""],
  [307, "POST", "POST", '{"n":1}'],
  [308, "POST", "POST", '{"n":1}'],
  [301, "PUT", "PUT", '{"n":1}'],
  [302, "DELETE", "DELETE", '{"n":1}'],
  [302, "GET", "GET", '{"n":1}'],
  [303, "GET", "GET", ""],
])("a %i after a %s leads to a %s", async (status, method, then, body) => {
  const { url, received } = await serve((response, { url: path }) =>
    path === "/from" ? to("/to", status)(response) : response.end("there"),
  );
  expect(await run(httpRequest, { url: `${url}/from`, method, body: { n: 1 } })).toEqual({
    status: 200,
    body: "there",
  });
  expect(received[1]).toMatchObject({ method: then, url: "/to", body });
  expect(received[1]?.headers["content-type"]).toBe(body === "" ? undefined : "application/json");
});

it("a redirect without end is final", async () => {
  const { url, received } = await serve(to("/again", 307));
  const calling = run(httpRequest, { url });
  await expect(calling).rejects.toBeInstanceOf(NonRetriableError);
  await expect(calling).rejects.toThrow("more than 5 redirects");
  expect(received).toHaveLength(6);
});

it.each(["file:///etc/passwd", "ftp://example.com/", "http://", "javascript:alert(1)"])(
  "a redirect to %s is final",
  async (location) => {
    const { url } = await serve(to(location, 302));
    await expect(run(httpRequest, { url })).rejects.toBeInstanceOf(NonRetriableError);
  },
);

it("the words of an answer are in an error only where the payload asks for them", async () => {
  for (const status of [404, 500, 503]) {
    const { url } = await serve((response) => response.writeHead(status).end("sesame ".repeat(200)));
    const quiet = await run(httpRequest, { url }).catch((error: unknown) => error);
    expect(inspect(quiet)).not.toContain("sesame");
    await expect(run(httpRequest, { url, answer_in_errors: true })).rejects.toThrow(
      new RegExp(`^answered with ${status}: (sesame )+`),
    );
  }
  const { url } = await serve(to("mailto:sesame", 302));
  const led = await run(httpRequest, { url }).catch((error: unknown) => error);
  expect(inspect(led)).not.toContain("sesame");
});

/** What each header becomes at the redirect's goal. */
const SECRETS = ["authorization", "cookie", "proxy-authorization", "x-api-key", "x-auth-token", "api-key", "x-own"];
const HARMLESS = ["accept", "accept-language", "content-type", "content-language", "user-agent", "traceparent"];
it.each([
  ["all headers go along to the same origin", true, [...SECRETS, ...HARMLESS, "idempotency-key"]],
  ["to another origin only harmless ones do", false, [...HARMLESS, "idempotency-key"]],
])("%s", async (_, isSame, expected) => {
  const goal = await serve((response) => response.end());
  const { url, received } = await serve((response, { url: path }) =>
    path === "/1" ? to(isSame ? "/2" : `${goal.url}/2`, 307)(response) : response.end(),
  );
  const headers = Object.fromEntries([...SECRETS, ...HARMLESS].map((name) => [name.toUpperCase(), `my ${name}`]));
  await run(httpRequest, { url: `${url}/1`, headers });
  const led = (isSame ? received[1] : goal.received[0])!;
  const arrived = Object.keys(led.headers).filter((name) => led.headers[name] === received[0]?.headers[name]);
  const own = new Set(["host", "connection", "content-length"]);
  expect(arrived.filter((name) => !own.has(name)).sort()).toEqual([...expected].sort());
});

it("a password in the address goes to no other origin", async () => {
  const other = await serve((response) => response.end());
  const { url, received } = await serve(to(`${other.url}/`, 307));
  await run(httpRequest, { url: url.replace("//", "//ann:secret@") });
  expect(received[0]?.headers.authorization).toMatch(/^Basic /);
  expect(other.received[0]?.headers.authorization).toBeUndefined();
});

it("its signal ends a call that waits for an answer", async () => {
  const came = gate();
  const { url } = await serve(() => came.open());
  const abort = new AbortController();
  const calling = run(httpRequest, { url }, { signal: abort.signal });
  await came.opened;
  abort.abort();
  await expect(calling).rejects.toMatchObject({ name: "AbortError" });
});

it("its signal ends a call in the middle of an answer", async () => {
  const came = gate();
  const { url } = await serve((response) => {
    response.writeHead(200).write("x", () => came.open());
  });
  const abort = new AbortController();
  const calling = run(httpRequest, { url }, { signal: abort.signal });
  await came.opened;
  abort.abort();
  await expect(calling).rejects.toThrow();
});

it("an answer that breaks off is tried again", async () => {
  const { url } = await serve((response) =>
    response.writeHead(200, { "content-length": 9 }).write("x", () => response.destroy()),
  );
  const calling = run(httpRequest, { url });
  await expect(calling).rejects.toThrow();
  await expect(calling).rejects.not.toBeInstanceOf(NonRetriableError);
});

it("where nobody listens it is tried again", async () => {
  const { url } = await serve(() => undefined);
  for (const close of closings.splice(0)) await close();
  const calling = run(httpRequest, { url });
  await expect(calling).rejects.toMatchObject({ code: "ECONNREFUSED" });
});

const PRIVATE = [
  ...["127.0.0.1", "127.8.8.8", "localhost", "LOCALHOST", "0.0.0.0", "0", "10.1.2.3", "172.16.0.1", "192.168.1.1"],
  ...["169.254.169.254", "100.64.0.1", "192.0.0.1", "198.18.0.1", "224.0.0.1", "255.255.255.255"],
  ...["2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "127.1", "017700000001", "%31%32%37.0.0.1", "１２７.0.0.1"],
  ...[
    "[::1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::ffff:169.254.169.254]",
    "[::127.0.0.1]",
    "[::ffff:0:127.0.0.1]",
    "[64:ff9b:1::7f00:1]",
  ],
  ...["[fe80::1]", "[fd00::1]", "[fc00::1]", "[ff02::1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[2001:db8::1]"],
];
it.each(PRIVATE)("an address that is not everybody's, as %s, is refused for good", async (host) => {
  const calling = run(httpRequest, { url: `http://${host}:1/` }, { environment: { ALLOW_PRIVATE_ADDRESSES: "false" } });
  await expect(calling).rejects.toBeInstanceOf(NonRetriableError);
  await expect(calling).rejects.toThrow("is a private, loopback or link-local address");
});

it("private addresses are called where the settings allow it", async () => {
  const { url } = await serve((response) => response.end("home"));
  expect(await run(httpRequest, { url })).toEqual({ status: 200, body: "home" });
});

it("a refused address is never connected to", async () => {
  const { url, received } = await serve((response) => response.end());
  for (const each of [url, url.replace("127.0.0.1", "localhost")])
    await expect(
      run(httpRequest, { url: each }, { environment: { ALLOW_PRIVATE_ADDRESSES: "false" } }),
    ).rejects.toThrow();
  expect(received).toEqual([]);
});

const VALUES = ["Łukasz", "a\r\nb", "a\rb", "a\nb", "a\u0000b", "\u001b", "\u007f", "😀", "\ud800", "a\u0100"];
const NAMES = ["", "a b", "a:b", "é", "a\r\nb", "a\n"];
it.each([...VALUES.map((value) => ["X-Name", value] as const), ...NAMES.map((name) => [name, "1"] as const)])(
  "a header that HTTP cannot carry, as %j: %j, is refused when the job is submitted",
  async (name, value) => {
    const read = await readPayload(
      httpRequest,
      { url: "http://a.b", headers: { ok: "Zoë", [name]: value } },
      "/payload",
    );
    expect(read.faults?.map(({ pointer }) => pointer)).toEqual([`/payload/headers/${name}`]);
  },
);
