import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { HttpLimits } from "../../lib/http/limits.ts";
import { EVERY_ROUTE } from "../../lib/routes/all.ts";
import { apiKey, useApi } from "../support/api.ts";

/** The container's server, and a client that sends headers and holds back the rest. */
const api = useApi();
const [submits, reads, spent] = [apiKey("submits", "submit"), apiKey("reads", "read"), apiKey("spent", "submit")];
const LIMITS: HttpLimits = { connections: 100, headersMs: 10_000, requestMs: 30_000, checkMs: 2_000 };

let shutdown: AbortController;
let ended: Promise<void> | undefined;
let sockets: Socket[];
beforeEach(() => {
  shutdown = new AbortController();
  sockets = [];
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  shutdown.abort();
  await ended;
});

async function serve(limits: Partial<HttpLimits> = {}, environment: Record<string, string> = {}): Promise<URL> {
  const API_KEYS = [submits, reads, spent].map(({ entry }) => entry).join();
  const { deployment } = await api.deploy({ API_KEYS, ...environment });
  const { createServedApi } = await import("../../lib/http/admission.ts");
  const { startServer } = await import("../../lib/adapters/server.ts");
  const settings = { host: "127.0.0.1", port: 0, graceMs: 0, limits: { ...LIMITS, ...limits } };
  const server = await startServer(createServedApi(deployment, EVERY_ROUTE), settings, () => {}, shutdown.signal);
  ended = server.ended;
  return new URL(server.url);
}

async function open({ hostname, port }: URL): Promise<Socket> {
  const socket = connect(Number(port), hostname);
  sockets.push(socket);
  socket.on("error", () => {}); // reset by the server: `close` follows
  await once(socket, "connect");
  return socket;
}

/** The first bytes that come back; "" if the connection closes without any. */
async function heard(socket: Socket): Promise<string> {
  const [first] = await Promise.race([once(socket, "data"), once(socket, "close")]);
  return Buffer.isBuffer(first) ? first.toString("utf8") : "";
}

const head = (path: string, ...headers: string[]) =>
  [`POST ${path} HTTP/1.1`, "host: 127.0.0.1", ...headers, "", ""].join("\r\n");
const bearer = ({ headers }: typeof submits) => `authorization: ${headers.authorization}`;
const JSON_BODY = "content-type: application/json";

test.each<[string, number, string[]]>([
  ["no key", 401, [JSON_BODY, "content-length: 900000"]],
  ["no key, chunked", 401, [JSON_BODY, "transfer-encoding: chunked"]],
  ["an unknown key", 401, [JSON_BODY, "content-length: 900000", "authorization: Bearer wq_none"]],
  ["a key without the scope", 403, [JSON_BODY, "content-length: 900000", bearer(reads)]],
  ["another kind of body", 415, ["content-type: image/png", "content-length: 9", bearer(submits)]],
  ["a body that is too large", 413, [JSON_BODY, "content-length: 1048577", bearer(submits)]],
])(
  "%s is refused before any of the body is sent, and the client is not asked to send it",
  async (_, status, headers) => {
    const url = await serve();
    for (const more of [[], ["expect: 100-continue"]]) {
      const socket = await open(url);
      socket.write(head("/submit-job", ...headers, ...more));
      expect(await heard(socket)).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    }
  },
);

test("a caller whose allowance is used up is refused before the body is sent", async () => {
  const url = await serve({}, { RATE_LIMIT: "1/600s" });
  const submit = () =>
    fetch(new URL("/submit-job", url), { method: "POST", headers: spent.headers, body: '{"task":"note"}' });
  expect([(await submit()).status, (await submit()).status]).toEqual([202, 429]);
  const socket = await open(url);
  socket.write(head("/submit-job", JSON_BODY, "content-length: 900000", bearer(spent)));
  expect(await heard(socket)).toMatch(/^HTTP\/1.1 429 /);
});

test("a route that reads no body does not wait for one", async () => {
  const url = await serve();
  const socket = await open(url);
  socket.write(head("/cancel-job/x", "content-length: 5000000", bearer(reads)).replace("POST", "GET"));
  expect(await heard(socket)).toMatch(/^HTTP\/1.1 40[45] /);
  const health = await open(url);
  health.write(head("/health", "content-length: 5000000").replace("POST", "GET"));
  expect(await heard(health)).toMatch(/^HTTP\/1.1 200 /);
});

test("a caller that may submit is told to continue, and the job is accepted", async () => {
  const url = await serve();
  const socket = await open(url);
  const body = '{"task":"note"}';
  socket.write(
    head("/submit-job", JSON_BODY, `content-length: ${body.length}`, "expect: 100-continue", bearer(submits)),
  );
  expect(await heard(socket)).toMatch(/^HTTP\/1.1 100 Continue/);
  socket.write(body);
  expect(await heard(socket)).toMatch(/^HTTP\/1.1 202 /);
});

test("a chunked body is read up to the route's limit and no further", async () => {
  const url = await serve();
  const socket = await open(url);
  socket.write(head("/submit-job", JSON_BODY, "transfer-encoding: chunked", bearer(submits)));
  const chunk = `${(64 * 1024).toString(16)}\r\n${" ".repeat(64 * 1024)}\r\n`;
  for (let i = 0; i < 17; i++) socket.write(chunk); // more than 1 MiB, and no end
  expect(await heard(socket)).toMatch(/^HTTP\/1.1 413 /);
});

test("connections beyond the limit are closed, and the others are still served", async () => {
  const url = await serve({ connections: 3 });
  const first = [await open(url), await open(url), await open(url)];
  expect(await heard(await open(url))).toBe("");
  first[0]!.write("GET /health HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n");
  expect(await heard(first[0]!)).toMatch(/^HTTP\/1.1 200 /);
});

test.each<[string, Partial<HttpLimits>, string]>([
  ["headers", { headersMs: 50, checkMs: 20 }, "POST /submit-job HTTP/1.1\r\nhost: 127.0.0.1\r\n"],
  [
    "a body",
    { headersMs: 50, requestMs: 50, checkMs: 20 },
    head("/submit-job", JSON_BODY, "content-length: 99", bearer(submits)),
  ],
])("the server does not wait for %s for ever", async (_, limits, sent) => {
  const socket = await open(await serve(limits));
  socket.write(sent);
  expect(await heard(socket)).toMatch(/^HTTP\/1.1 408 /);
});
