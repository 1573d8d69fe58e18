import { expect, test } from "vitest";
import { bad, MISSING, ok, POST, useGateway } from "./gateway.ts";

const gateway = useGateway();
const { ask, answer } = gateway;

test("/pipeline answers 200 with a result or an error for each command", async () => {
  const json = [["SET", "k", "v"], ["INCR", "k"], ["NOPE"], ["GET", "k"], [], ["GET", "none"]];
  expect(await answer("/pipeline", { json })).toEqual(
    ok(
      '[{"result":"OK"},{"error":"ERR value is not an integer or out of range"},' +
        `{"error":"ERR Command is not available: 'NOPE'. ${MISSING}"},` +
        '{"result":"v"},{"error":"ERR empty pipeline command"},{"result":null}]',
    ),
  );
});

test("/pipeline runs 10,000 commands in order", async () => {
  const json = Array.from({ length: 10_000 }, () => ["INCR", "k"]);
  const { body } = await ask("/pipeline", { json });
  expect((JSON.parse(body) as { result: number }[]).map(({ result }) => result)).toEqual(json.map((_, i) => i + 1));
});

test("/pipeline keeps every digit of a number in any command", async () => {
  const body = '[["SET","a",1],["SET","b",9007199254740993]]';
  await ask("/pipeline", { ...POST, body });
  expect(await answer("/", { json: ["MGET", "a", "b"] })).toEqual(ok('{"result":["1","9007199254740993"]}'));
});

test.each([
  ["nothing", "", "ERR failed to parse pipeline request"],
  ["an object", "{}", "ERR failed to parse pipeline request"],
  ["one command alone", '["GET","k"]', "ERR failed to parse pipeline request"],
  ["a command that is no array", '[["GET","k"],null]', "ERR failed to parse pipeline request"],
  ["no command", "[]", "ERR empty pipeline request"],
])("/pipeline refuses %s and runs nothing", async (_, body, error) => {
  expect(await answer("/pipeline", { ...POST, body })).toEqual(bad(error));
});
