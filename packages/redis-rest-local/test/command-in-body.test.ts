import { expect, test } from "vitest";
import { bad, MISSING, ok, POST, useGateway } from "./gateway.ts";

const gateway = useGateway();
const { ask, answer } = gateway;

test.each([
  ["text", ["SET", "k", "é😀\n\u0000"], "é😀\n\u0000"],
  ["an empty string", ["SET", "k", ""], ""],
  ["a number", ["SET", "k", 12], "12"],
  ["a negative fraction", ["SET", "k", -0.5], "-0.5"],
  ["true", ["SET", "k", true], "true"],
  ["false", ["SET", "k", false], "false"],
  ["null, as JSON", ["SET", "k", null], "null"],
  ["an object, as JSON", ["SET", "k", { a: [1, "x", null] }], '{"a":[1,"x",null]}'],
  ["an array, as JSON", ["SET", "k", [1, ["x"]]], '[1,["x"]]'],
  ["half a surrogate pair, as U+FFFD", ["SET", "k", "\ud800"], "\ufffd"],
])("a command in the body takes %s as an argument", async (_, command, stored) => {
  expect(await answer("/", { json: command })).toEqual(ok('{"result":"OK"}'));
  expect(String(await gateway.local.backend.send(["GET", "k"]))).toBe(stored);
});

test.each([
  ["9007199254740993", "9007199254740993"],
  ["-9223372036854775808", "-9223372036854775808"],
  ["0.12345678901234567890", "0.12345678901234567890"],
  ["1e400", "1e400"],
  ["1000000000000000000000000", "1000000000000000000000000"],
])("a command in the body keeps every digit of the number %s", async (literal, stored) => {
  await ask("/", { ...POST, body: `[ "SET" , "k\\"1, 2\\\\", ${literal} ]` });
  expect(String(await gateway.local.backend.send(["GET", 'k"1, 2\\']))).toBe(stored);
});

test("invalid UTF-8 in the body is replaced", async () => {
  await ask("/", {
    ...POST,
    body: Buffer.concat([Buffer.from('["SET","k","'), Buffer.from([0xff]), Buffer.from('"]')]),
  });
  expect(String(await gateway.local.backend.send(["GET", "k"]))).toBe("\ufffd");
});

test.each([
  ["nothing", "", "ERR failed to parse command"],
  ["text that is not JSON", "hello", "ERR failed to parse command"],
  ["JSON that ends early", '["GET","k"', "ERR failed to parse command"],
  ["a string", '"GET"', "ERR failed to parse command"],
  ["a number", "1", "ERR failed to parse command"],
  ["null", "null", "ERR failed to parse command"],
  ["an object", '{"0":"GET"}', "ERR failed to parse command"],
  ["an empty array", "[]", "ERR empty command"],
  ["an array nested 100,000 deep", `${"[".repeat(1e5)}${"]".repeat(1e5)}`, "ERR failed to parse command"],
  [
    "an argument nested 100,000 deep",
    `["SET","k",${"[".repeat(1e5)}${"]".repeat(1e5)}]`,
    "ERR failed to parse command",
  ],
  ["a name that is null", "[null]", `ERR Command is not available: 'NULL'. ${MISSING}`],
  ["a name that is empty", '[""]', `ERR Command is not available: ''. ${MISSING}`],
  ["too few arguments", '["GET"]', "ERR wrong number of arguments for 'get' command"],
  ["a count beyond all bounds", '["LPOP","k",99999999999999999999]', "ERR value is out of range, must be positive"],
  [
    "more keys than there are",
    '["EVAL","return 1",4000000000000]',
    "ERR Number of keys can't be greater than number of args",
  ],
])("a body is refused that holds %s", async (_, body, error) => {
  expect(await answer("/", { ...POST, body })).toEqual(bad(error));
});

test("an object posted to /eval is refused, for it is one argument", async () => {
  expect(await answer("/eval", { json: { script: "return 1" } })).toEqual(
    bad("ERR wrong number of arguments for 'eval' command"),
  );
});

test("the body may be put as well as posted, with any content type", async () => {
  const put = { method: "PUT", body: '["ECHO","x"]', headers: { "content-type": "text/plain" } };
  expect(await answer("/", put)).toEqual(ok('{"result":"x"}'));
});

test("the name of a command may be in any case", async () => {
  expect(await answer("/", { json: ["eChO", "x"] })).toEqual(ok('{"result":"x"}'));
});

test("a command that fails gets 400 and the error", async () => {
  await gateway.local.backend.send(["SET", "k", "text"]);
  expect(await answer("/", { json: ["INCR", "k"] })).toEqual(bad("ERR value is not an integer or out of range"));
  expect(await answer("/", { json: ["LPUSH", "k", "x"] })).toEqual(
    bad("WRONGTYPE Operation against a key holding the wrong kind of value"),
  );
  expect(await answer("/", { json: ["EVALSHA", "0".repeat(40), 0] })).toEqual(
    bad("NOSCRIPT No matching script. Please use EVAL."),
  );
});
