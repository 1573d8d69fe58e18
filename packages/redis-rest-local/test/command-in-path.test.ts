import { expect, test } from "vitest";
import { bad, ok, POST, useGateway } from "./gateway.ts";

const gateway = useGateway();
const { ask, answer } = gateway;

test.each([["GET"], ["POST"], ["PUT"]])("a command in the path runs by %s", async (method) => {
  expect(await answer("/set/k/v", { method })).toEqual(ok('{"result":"OK"}'));
  expect(await answer("/get/k", { method })).toEqual(ok('{"result":"v"}'));
});

test("a command in the path runs by HEAD, which answers without a body", async () => {
  const { status, body, headers } = await ask("/set/k/v", { method: "HEAD" });
  expect({ status, body, length: headers.get("content-length") }).toEqual({ status: 200, body: "", length: "15" });
  expect(String(await gateway.local.backend.send(["GET", "k"]))).toBe("v");
});

test.each([
  ["percent-encoded characters", "/echo/a%2Fb%20%C3%A9%25", "a/b é%"],
  ["a plus as it is", "/echo/a+b", "a+b"],
  ["an empty argument", "/echo/", ""],
])("a command in the path takes %s", async (_, path, echoed) => {
  expect(await answer(path)).toEqual(ok(JSON.stringify({ result: echoed })));
});

test("a command in the path takes bytes that are not UTF-8", async () => {
  await ask("/set/%FFk/%00%ff%F0a%zz");
  expect(await gateway.local.backend.send(["GET", Buffer.from([0xff, 0x6b])])).toEqual(
    Buffer.from("\u0000\u00ff\u00f0a%zz", "latin1"),
  );
});

test("query parameters are further arguments", async () => {
  expect(await answer("/set/k/v?EX=100&NX")).toEqual(ok('{"result":"OK"}'));
  expect(await gateway.local.backend.send(["TTL", "k"])).toBe(100);
  expect(await answer("/set/k/v?NX")).toEqual(ok('{"result":null}'));
  expect(await answer("/echo?a+b%2B=")).toEqual(bad("ERR wrong number of arguments for 'echo' command"));
  expect(await answer("/echo?a+b%2B")).toEqual(ok('{"result":"a b+"}'));
});

test("the path may have 100,000 bytes", async () => {
  const value = "x".repeat(100_000);
  expect(await answer(`/echo/${value}`)).toEqual(ok(`{"result":"${value}"}`));
});

test("the body follows the path as an argument, byte for byte, and query parameters follow the body", async () => {
  const body = Buffer.from([0, 255, 10, 13, 34, 195]);
  expect(await answer("/set/k?EX=100", { ...POST, body })).toEqual(ok('{"result":"OK"}'));
  expect(await gateway.local.backend.send(["GET", "k"])).toEqual(body);
  expect(await gateway.local.backend.send(["TTL", "k"])).toBe(100);
});

test("a JSON body is an argument as it stands", async () => {
  await ask("/set/k", { json: ["a", 1] });
  expect(String(await gateway.local.backend.send(["GET", "k"]))).toBe('["a",1]');
});

test("a command in the path may publish", async () => {
  expect(await answer("/publish/channel/message", POST)).toEqual(ok('{"result":0}'));
});

test.each([["/"], ["//get/k"], ["/?_token=x"]])("a path without a command is refused: GET %s", async (path) => {
  expect((await answer(path)).status).toBe(400);
});
