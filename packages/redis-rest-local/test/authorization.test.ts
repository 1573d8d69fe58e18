import { expect, test } from "vitest";
import { bad, ok, POST, useGateway } from "./gateway.ts";

const READER = "a-token-that-reads";
const UNAUTHORIZED = '{"error":"WRONGPASS invalid or missing auth token"}';
const gateway = useGateway({ readOnlyToken: READER });
const { answer } = gateway;

test.each([
  ["no token", undefined],
  ["another token", "Bearer local-tokem"],
  ["an empty token", "Bearer "],
  ["a token and more", "Bearer local-token2"],
  ["another scheme", "Basic local-token"],
])("a request with %s gets 401, and nothing runs", async (_, authorization) => {
  const response = await fetch(`${gateway.local.url}/set/k/v`, authorization ? { headers: { authorization } } : {});
  expect({ status: response.status, body: await response.text() }).toEqual({ status: 401, body: UNAUTHORIZED });
  expect(response.headers.get("upstash-sync-token")).not.toBeNull();
  expect(await gateway.local.backend.send(["EXISTS", "k"])).toBe(0);
});

test("the token may be in the query, where it is no argument", async () => {
  const response = await fetch(`${gateway.local.url}/echo/x?_token=${gateway.local.token}`);
  expect({ status: response.status, body: await response.text() }).toEqual(ok('{"result":"x"}'));
  expect((await fetch(`${gateway.local.url}/echo/x?_token=wrong`)).status).toBe(401);
  expect((await fetch(`${gateway.local.url}/echo/x?_token=`)).status).toBe(401);
});

test("the word Bearer may be in any case", async () => {
  expect(await answer("/echo/x", { headers: { authorization: `bearer ${gateway.local.token}` } })).toEqual(
    ok('{"result":"x"}'),
  );
});

const reader = { headers: { authorization: `Bearer ${READER}` } };

test.each([
  [["GET", "k"], '{"result":null}'],
  [["EXISTS", "k"], '{"result":0}'],
  [["HGETALL", "k"], '{"result":[]}'],
  [["ZRANGE", "k", 0, -1], '{"result":[]}'],
  [["PING"], '{"result":"PONG"}'],
])("the read-only token may run %j", async (json, body) => {
  expect(await answer("/", { json, ...reader })).toEqual(ok(body));
});

test.each([
  ["set", ["SET", "k", "v"]],
  ["del", ["DEL", "k"]],
  ["scan", ["SCAN", 0]],
  ["keys", ["KEYS", "*"]],
  ["eval", ["EVAL", "return 1", 0]],
  ["flushall", ["FLUSHALL"]],
  ["publish", ["PUBLISH", "c", "m"]],
  ["nope", ["NOPE"]],
])("the read-only token may not run %s", async (name, json) => {
  const error = `NOPERM this user has no permissions to run the '${name}' command or its subcommand`;
  expect(await answer("/", { json, ...reader })).toEqual(bad(error));
  expect(await answer("/pipeline", { json: [json], ...reader })).toEqual(ok(`[${JSON.stringify({ error })}]`));
  expect(await answer("/multi-exec", { json: [["GET", "k"], json], ...reader })).toEqual(bad(error));
});

test("the read-only token may not open streams", async () => {
  expect((await answer("/subscribe/c", { ...POST, ...reader })).status).toBe(400);
  expect((await answer("/monitor", { ...POST, ...reader })).status).toBe(400);
});
