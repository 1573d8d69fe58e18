import { expect, test } from "vitest";
import { result, runner } from "./answers.ts";
import { useGateway } from "./gateway.ts";

const gateway = useGateway();
const { ask } = gateway;
const run = runner(gateway);

test.each<[unknown[], unknown]>([
  [["DEL", "a", "b"], 0],
  [["UNLINK", "a"], 0],
  [["COPY", "a", "b"], 0],
  [["MEMORY", "USAGE", "none"], null],
  [["SCRIPT", "EXISTS", "0".repeat(40)], [0]],
  [["SCRIPT", "FLUSH"], "OK"],
  [["FUNCTION", "LIST"], []],
  [
    ["PUBSUB", "NUMSUB", "c"],
    ["c", 0],
  ],
  [
    ["SCAN", 0, "COUNT", 1],
    ["0", []],
  ],
])("the gateway forwards %j", async (command, expected) => {
  expect(await run(...command)).toEqual(result(expected));
});

test("INFO reaches Redis and counts no command that nobody sent", async () => {
  await gateway.local.backend.send(["CONFIG", "RESETSTAT"]);
  await run("SET", "k", "v");
  await ask("/pipeline", {
    json: [
      ["GET", "k"],
      ["GET", "k"],
    ],
  });
  const { body } = await run("INFO", "commandstats");
  const counts = [...body.matchAll(/cmdstat_([a-z|]+):calls=(\d+)/g)].map(([, name, calls]) => `${name} ${calls}`);
  expect(counts.sort()).toEqual(["config|resetstat 1", "get 2", "set 1"]);
});
