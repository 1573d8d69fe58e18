import { request } from "node:http";
import { connect } from "node:net";
import { expect, test } from "vitest";
import { useGateway } from "./gateway.ts";

const gateway = useGateway();
const { ask, answer } = gateway;

/** Sends bytes as they are, and returns all that comes until the connection ends. */
function sendRaw(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answered = "";
    const { hostname, port } = new URL(gateway.local.url);
    const socket = connect({ host: hostname, port: Number(port) }, () => socket.write(text));
    socket.setEncoding("utf8").on("data", (part) => (answered += part));
    socket.on("error", reject).on("close", () => resolve(answered));
  });
}

test.each([
  ["a host", "http://127.0.0.1/echo/x?a", '{"error":"ERR wrong number of arguments for \'echo\' command"}'],
  ["another host and a port", "HTTP://example.com:8079/echo/x", '{"result":"x"}'],
  ["a query with a slash", "https://example.com/set/k?a/b", '{"result":"OK"}'],
  ["no path", "http://example.com", '{"error":"ERR failed to parse command"}'],
  ["no path, and a query", "http://example.com?a", '{"error":"ERR failed to parse command"}'],
])("the target of a request may be a whole address with %s", async (_, target, body) => {
  const head = `GET ${target} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer ${gateway.local.token}\r\nconnection: close\r\n\r\n`;
  expect((await sendRaw(head)).split("\r\n\r\n")[1]).toBe(body);
});

test("a path of more than a mebibyte gets 431, even while the client still sends it", async () => {
  const path = `/echo/${"x".repeat(4 * 1024 * 1024)}`;
  const { hostname, port } = new URL(gateway.local.url);
  const answered = await new Promise<{ status: number | undefined; body: string }>((resolve, reject) => {
    const sent = request(
      { hostname, port, path, headers: { authorization: `Bearer ${gateway.local.token}` } },
      (response) => {
        let body = "";
        response.setEncoding("utf8").on("data", (part) => (body += part));
        response.on("end", () => resolve({ status: response.statusCode, body }));
      },
    );
    sent.on("error", reject).end();
  });
  const error = "ERR path and headers are longer than 1048576 bytes: send the command in the body";
  expect(answered).toEqual({ status: 431, body: JSON.stringify({ error }) });
  expect((await ask("/ping")).status).toBe(200);
});

test.each(["NONSENSE", "GET /ping HTTP/1.1\r\ncontent-length: 1\r\ntransfer-encoding: chunked", "GET /ping HTTP/9.9"])(
  "what is no HTTP request gets 400 and JSON: %j",
  async (head) => {
    const answered = await sendRaw(`${head}\r\n\r\n`);
    expect(answered).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(JSON.parse(answered.split("\r\n\r\n")[1]!)).toEqual({
      error: expect.stringMatching(/^ERR not an HTTP request: \S/),
    });
  },
);

test.each([["DELETE"], ["PATCH"], ["OPTIONS"]])("the method %s gets 405", async (method) => {
  expect(await answer("/get/k", { method })).toEqual({
    status: 405,
    body: `{"error":"ERR method not allowed: ${method}"}`,
  });
});

test("every answer has a sync token, and a request may have one", async () => {
  const first = await ask("/set/k/v");
  const token = first.headers.get("upstash-sync-token")!;
  const second = await ask("/get/k", { headers: { "upstash-sync-token": token } });
  expect(token).not.toBe("");
  expect(second.headers.get("upstash-sync-token")).not.toBe(token);
  for (const path of ["/nope", "/pipeline", "/multi-exec"]) {
    expect((await ask(path)).headers.get("upstash-sync-token")).not.toBeNull();
  }
});

test("a JSON answer has the type application/json", async () => {
  expect((await ask("/ping")).headers.get("content-type")).toBe("application/json");
});

test("a body may come in chunks that are cut within a character", async () => {
  const bytes = Buffer.from('["ECHO","é"]');
  const body = await new Promise<string>((resolve, reject) => {
    const headers = { authorization: `Bearer ${gateway.local.token}` };
    const sent = request(gateway.local.url, { method: "POST", headers }, (response) => {
      response.setEncoding("utf8").on("data", resolve);
    });
    sent.on("error", reject);
    sent.write(bytes.subarray(0, 10));
    setImmediate(() => sent.end(bytes.subarray(10)));
  });
  expect(body).toBe('{"result":"é"}');
});
