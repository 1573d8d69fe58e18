import { expect, test } from "vitest";
import { restricted, result, runner } from "./answers.ts";
import { useGateway } from "./gateway.ts";

const gateway = useGateway();
const { ask } = gateway;
const run = runner(gateway);

const commands: unknown[][] = [
  ["AUTH", "default", "x"],
  ["HELLO", 3],
  ["RESET"],
  ["QUIT"],
  ["CLIENT", "REPLY", "OFF"],
  ["CLIENT", "ID"],
  ["MULTI"],
  ["EXEC"],
  ["DISCARD"],
  ["WATCH", "k"],
  ["UNWATCH"],
  ["SUBSCRIBE", "c"],
  ["UNSUBSCRIBE"],
  ["PSUBSCRIBE", "c"],
  ["PUNSUBSCRIBE"],
  ["MONITOR"],
  ["BLPOP", "k", 0],
  ["BRPOP", "k", 0],
  ["BRPOPLPUSH", "k", "l", 0],
  ["BLMOVE", "k", "l", "LEFT", "LEFT", 0],
  ["BLMPOP", 0, 1, "k", "LEFT"],
  ["BZPOPMIN", "k", 0],
  ["BZPOPMAX", "k", 0],
  ["BZMPOP", 0, 1, "k", "MIN"],
];

test.each(commands)("a command that would change or block the shared connection is refused: %s", async (...command) => {
  const name = String(command[0]);
  expect(await run(...command)).toEqual(restricted(name));
  expect(await run(name.toLowerCase(), ...command.slice(1))).toEqual(restricted(name));
  expect(await run("ECHO", "still here")).toEqual(result("still here"));
});

test("such a command is refused in pipelines and in the path as well", async () => {
  const { body } = await ask("/pipeline", {
    json: [
      ["SELECT", 1],
      ["CLIENT", "REPLY", "OFF"],
      ["SET", "k", "v"],
    ],
  });
  expect(JSON.parse(body)).toEqual([
    { error: "ERR DB index is out of range" },
    JSON.parse(restricted("CLIENT").body),
    { result: "OK" },
  ]);
  expect((await ask("/quit")).body).toBe(restricted("QUIT").body);
  expect(await gateway.local.backend.send(["EXISTS", "k"])).toBe(1);
});

test("an XREAD or XREADGROUP that blocks is refused, however it is written", async () => {
  await run("XGROUP", "CREATE", "s", "g", "$", "MKSTREAM");
  expect(await run("XREAD", "BLOCK", 0, "STREAMS", "s", "$")).toEqual(restricted("XREAD BLOCK"));
  expect(await run("XREAD", "COUNT", 1, "block", 0, "STREAMS", "s", "$")).toEqual(restricted("XREAD BLOCK"));
  expect(await run("XREADGROUP", "GROUP", "g", "c", "NOACK", "BLOCK", 0, "STREAMS", "s", ">")).toEqual(
    restricted("XREADGROUP BLOCK"),
  );
});

test("a stream, a group or a consumer may be named BLOCK", async () => {
  await run("XGROUP", "CREATE", "BLOCK", "BLOCK", "$", "MKSTREAM");
  expect(await run("XREAD", "COUNT", 1, "STREAMS", "BLOCK", 0)).toEqual(result(null));
  expect(await run("XREADGROUP", "GROUP", "BLOCK", "BLOCK", "STREAMS", "BLOCK", ">")).toEqual(result(null));
});
