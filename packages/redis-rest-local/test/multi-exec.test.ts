import { expect, test } from "vitest";
import { bad, MISSING, ok, POST, useGateway } from "./gateway.ts";

const gateway = useGateway();
const { ask, answer } = gateway;

test("/multi-exec answers 200 with a result or an error for each command, and a failed one stops no other", async () => {
  const json = [
    ["SET", "k", "v"],
    ["INCR", "k"],
    ["GET", "k"],
  ];
  expect(await answer("/multi-exec", { json })).toEqual(
    ok('[{"result":"OK"},{"error":"ERR value is not an integer or out of range"},{"result":"v"}]'),
  );
});

test.each([
  ["an unknown command", ["NOPE"], `ERR Command is not available: 'NOPE'. ${MISSING}`],
  ["a wrong number of arguments", ["GET"], "ERR wrong number of arguments for 'get' command"],
  [
    "a command that Upstash refuses",
    ["WATCH", "k"],
    'ERR Command "WATCH" is not allowed in REST or it has a special context path',
  ],
  ["an empty command", [], "ERR empty transaction command"],
])("a transaction with %s is discarded whole", async (_, wrong, error) => {
  expect(await answer("/multi-exec", { json: [["SET", "k", "v"], wrong, ["GET", "k"]] })).toEqual(bad(error));
  expect(await gateway.local.backend.send(["EXISTS", "k"])).toBe(0);
});

test("no other command runs between those of a transaction", async () => {
  const json = Array.from({ length: 50 }, () => ["INCR", "k"]);
  const answers = await Promise.all(Array.from({ length: 20 }, () => ask("/multi-exec", { json })));
  for (const { body } of answers) {
    const results = (JSON.parse(body) as { result: number }[]).map(({ result }) => result);
    expect(results).toEqual(results.map((_, i) => results[0]! + i));
  }
});

test("a transaction includes the answers that the gateway gives without Redis", async () => {
  const json = [["INCR", "k"], ["SELECT", 0], ["INCR", "k"], ["DEL"], ["COMMAND"]];
  expect(await answer("/multi-exec", { json })).toEqual(
    ok('[{"result":1},{"result":"OK"},{"result":2},{"result":0},{"result":[]}]'),
  );
  expect(await answer("/multi-exec", { json: [["SELECT", 0]] })).toEqual(ok('[{"result":"OK"}]'));
});

test.each([
  ["nothing", "", "ERR failed to parse transaction request"],
  ["one command alone", '["GET","k"]', "ERR failed to parse transaction request"],
  ["no command", "[]", "ERR empty transaction request"],
])("/multi-exec refuses %s", async (_, body, error) => {
  expect(await answer("/multi-exec", { ...POST, body })).toEqual(bad(error));
});
