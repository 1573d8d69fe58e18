import { expect, test } from "vitest";
import { BASE64, ok, RESP2, useGateway } from "./gateway.ts";

const gateway = useGateway();
const { ask, answer } = gateway;

test.each([
  ["/set/k/v", 200, "+OK\r\n"],
  ["/ping", 200, "+PONG\r\n"],
  ["/get/none", 200, "$-1\r\n"],
  ["/echo/é", 200, "$2\r\né\r\n"],
  ["/incrby/n/9007199254740993", 200, ":9007199254740993\r\n"],
  ["/mget/none/none", 200, "*2\r\n$-1\r\n$-1\r\n"],
  ["/get", 400, "-ERR wrong number of arguments for 'get' command\r\n"],
])("resp2 writes the reply to %s as Redis does", async (path, status, text) => {
  const { headers, ...rest } = await ask(path, RESP2);
  expect(rest).toEqual({ status, body: text });
  expect(headers.get("content-type")).toBe("application/octet-stream");
});

test("resp2 writes the replies of a pipeline one after the other", async () => {
  const json = [["SET", "k", "v"], ["GET"], ["GET", "k"]];
  expect(await answer("/pipeline", { json, ...RESP2 })).toEqual(
    ok("+OK\r\n-ERR wrong number of arguments for 'get' command\r\n$1\r\nv\r\n"),
  );
});

test("resp2 keeps an error on one line, whatever it quotes", async () => {
  const { body } = await ask("/pipeline", { json: [["A\r\nB"], ["PING"]], ...RESP2 });
  expect(body).toMatch(/^-ERR Command is not available: 'A {2}B'\. [^\r\n]+\r\n\+PONG\r\n$/);
});

test("/multi-exec ignores resp2", async () => {
  const headers = { ...RESP2.headers, ...BASE64.headers };
  expect(await answer("/multi-exec", { json: [["ECHO", "x"]], headers })).toEqual(ok('[{"result":"eA=="}]'));
});

test("the response format may be json, the default", async () => {
  expect(await answer("/echo/x", { headers: { "upstash-response-format": "json" } })).toEqual(ok('{"result":"x"}'));
});

test.each([
  ["another format", { "upstash-response-format": "resp3" }],
  ["resp2 together with base64", { ...RESP2.headers, ...BASE64.headers }],
])("a request for %s gets 400, and nothing runs", async (_, headers) => {
  expect((await ask("/set/k/v", { headers })).status).toBe(400);
  expect((await ask("/pipeline", { json: [["SET", "k", "v"]], headers })).status).toBe(400);
  expect(await gateway.local.backend.send(["EXISTS", "k"])).toBe(0);
});
