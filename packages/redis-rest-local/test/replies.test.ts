import { expect, test } from "vitest";
import { BASE64, ok, RESP2, useGateway } from "./gateway.ts";

const gateway = useGateway();
const { ask } = gateway;

const nested = "return {1, 'x', {'OK', redis.status_reply('OK'), redis.status_reply('FINE'), {}, false}}";
const error = "return {'a', {err = 'ERR b'}}";

test.each<[string, unknown[], string, string]>([
  ["nil", ["GET", "none"], '{"result":null}', '{"result":null}'],
  ["nil in place of an array", ["LPOP", "none", 2], '{"result":null}', '{"result":null}'],
  ["an integer", ["INCRBY", "n", 137], '{"result":137}', '{"result":137}'],
  [
    "an integer beyond 2^53",
    ["INCRBY", "n", "9007199254740993"],
    '{"result":9007199254740993}',
    '{"result":9007199254740993}',
  ],
  ["a string", ["ECHO", "bar"], '{"result":"bar"}', '{"result":"YmFy"}'],
  ["an empty string", ["ECHO", ""], '{"result":""}', '{"result":""}'],
  ["the status OK", ["SET", "k", "v"], '{"result":"OK"}', '{"result":"OK"}'],
  ["the string OK", ["ECHO", "OK"], '{"result":"OK"}', '{"result":"T0s="}'],
  ["the status PONG", ["PING"], '{"result":"PONG"}', '{"result":"UE9ORw=="}'],
  ["the status none", ["TYPE", "none"], '{"result":"none"}', '{"result":"bm9uZQ=="}'],
  ["an empty array", ["KEYS", "none"], '{"result":[]}', '{"result":[]}'],
  [
    "arrays in arrays",
    ["EVAL", nested, 0],
    '{"result":[1,"x",["OK","OK","FINE",[],null]]}',
    '{"result":[1,"eA==",["T0s=","T0s=","RklORQ==",[],null]]}',
  ],
  ["an error in an array", ["EVAL", error, 0], '{"result":["a","ERR b"]}', '{"result":["YQ==","RVJSIGI="]}'],
  ["a double", ["INCRBYFLOAT", "f", "0.1"], '{"result":"0.1"}', '{"result":"MC4x"}'],
  [
    "an error",
    ["GET"],
    `{"error":"ERR wrong number of arguments for 'get' command"}`,
    `{"error":"ERR wrong number of arguments for 'get' command"}`,
  ],
])("a reply writes %s plain and in base64", async (_, json, plain, base64) => {
  expect((await ask("/", { json })).body).toBe(plain);
  await gateway.local.backend.send(["FLUSHALL"]);
  expect((await ask("/", { json, ...BASE64 })).body).toBe(base64);
});

test("bytes that are not UTF-8 become U+FFFD when plain, and are exact in base64", async () => {
  await gateway.local.backend.send(["SET", "k", Buffer.from([0x61, 0xff])]);
  expect((await ask("/get/k")).body).toBe('{"result":"a\ufffd"}');
  expect((await ask("/get/k", BASE64)).body).toBe('{"result":"Yf8="}');
});

test("a reply may nest arrays as deep as Redis allows", async () => {
  const json = ["EVAL", "local a = {} for i = 1, 7900 do a = {a} end return a", 0];
  const { status, body } = await ask("/", { json });
  expect({ status, body }).toEqual(ok(`{"result":${"[".repeat(7901)}${"]".repeat(7901)}}`));
  expect((await ask("/", { json, ...RESP2 })).body).toBe(`${"*1\r\n".repeat(7900)}*0\r\n`);
});

test("pipelines and transactions answer in base64 too, each with its own OK", async () => {
  const json = [["SET", "k", "v"], ["GET", "k"], ["GET"], ["PING"]];
  const results = '{"result":"OK"},{"result":"dg=="}';
  expect((await ask("/pipeline", { json, ...BASE64 })).body).toBe(
    `[${results},{"error":"ERR wrong number of arguments for 'get' command"},{"result":"UE9ORw=="}]`,
  );
  expect((await ask("/multi-exec", { json: json.slice(0, 2), ...BASE64 })).body).toBe(`[${results}]`);
});

test("replies are plain for any other encoding", async () => {
  expect((await ask("/echo/x", { headers: { "upstash-encoding": "gzip" } })).body).toBe('{"result":"x"}');
});
