import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Redis, Requester } from "../../lib/queue/redis.ts";
import { redisCommands } from "../../lib/redis/commands.ts";
import { upstashOver } from "../support/upstash.ts";

type Send = (redis: Redis) => Promise<unknown>;

const AWKWARD = ["", " ", "é漢🙂", '"\\\n', "\u0000", "0", "12345678901234567890", "null", '{"a":1}'];
const RANGES = [{}, { rev: true }].flatMap((rev) =>
  [{}, { offset: 0, count: 103 }].flatMap((limit) =>
    [{}, { withScores: true }].map((scores) => ({ ...rev, ...limit, ...scores })),
  ),
);

const CALLS: [string, Send][] = [
  ["evalsha with keys and arguments", (redis) => redis.evalsha("sha", ["k1", "k2"], ["a", "1", ...AWKWARD])],
  ["evalsha without keys and arguments", (redis) => redis.evalsha("sha", [], [])],
  ["eval with keys and arguments", (redis) => redis.eval("return 'é\n'", ["k1"], ["1", ...AWKWARD])],
  ["dbsize", (redis) => redis.dbsize()],
  ["hvals", (redis) => redis.hvals("h")],
  ["mget", (redis) => redis.mget("a", ...AWKWARD)],
  ["exists", (redis) => redis.exists("a", "b", ...AWKWARD)],
  ...RANGES.flatMap((range): [string, Send][] => [
    [`zrange ${JSON.stringify(range)}`, (redis) => redis.zrange("k", 0, 102, range)],
    [
      `zrange by score ${JSON.stringify(range)}`,
      (redis) => redis.zrange("k", 1.5, "-inf", { ...range, byScore: true }),
    ],
  ]),
  ["zrange without options", (redis) => redis.zrange("k", 0, -1)],
  [
    "a pipeline",
    (redis) => {
      const pipeline = redis.pipeline();
      pipeline.evalsha("sha", ["k"], ["1", ...AWKWARD]);
      pipeline.eval("text", [], []);
      return pipeline.exec({ keepErrors: true });
    },
  ],
];

/** A transport that records what it is asked to send, as the text on the wire, and answers with `reply`. */
function transport(reply: unknown) {
  const requests: string[] = [];
  const request = async ({ path = [], body }: { path?: string[]; body?: unknown }) => {
    requests.push(`/${path.join("/")} ${JSON.stringify(body)}`);
    return reply;
  };
  return { requests, requester: { request } as unknown as Requester };
}

/** What a client sent, and what it returned for the reply. */
async function outcome(clientOf: (requester: Requester) => Redis, send: Send, reply: unknown) {
  const { requests, requester } = transport(reply);
  const [settled] = await Promise.allSettled([send(clientOf(requester))]);
  return { requests, ...settled, reason: settled.status === "rejected" ? String(settled.reason.message) : undefined };
}

test.each(CALLS)("%s sends the same request as @upstash/redis", async (name, send) => {
  const reply = name === "a pipeline" ? [{ result: "1" }, { error: "ERR no" }] : { result: ["12345678901234567890"] };
  const [ours, theirs] = [await outcome(redisCommands, send, reply), await outcome(upstashOver, send, reply)];
  expect(theirs.requests).toHaveLength(1);
  expect(ours).toEqual(theirs);
});

test("a refusal by Redis is an error with its message, and an empty reply is an error, too", async () => {
  const send: Send = (redis) => redis.mget("a");
  const refused = await outcome(redisCommands, send, { error: "WRONGTYPE no" });
  expect(refused).toEqual(await outcome(upstashOver, send, { error: "WRONGTYPE no" }));
  expect(refused.reason).toBe("WRONGTYPE no");
  expect((await outcome(redisCommands, send, {})).status).toBe("rejected");
  expect(await outcome(redisCommands, send, { result: null })).toMatchObject({ status: "fulfilled", value: null });
});

test("the client has every command that our code sends", () => {
  const root = join(import.meta.dirname, "../..");
  const sources = ["lib", "handlers", "testing", "bin"].flatMap((dir) =>
    readdirSync(join(root, dir), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts"))
      .map((file) => readFileSync(join(root, dir, file), "utf8")),
  );
  const sent = sources.flatMap((text) => [...text.matchAll(/\bredis\.([a-z]+)[<(]/g)].map(([, command]) => command!));
  expect(sent).toEqual(expect.arrayContaining(["mget", "zrange", "pipeline"]));
  const client = redisCommands(transport({}).requester);
  expect([...sent, "evalsha", "eval"].filter((command) => !(command in client))).toEqual([]);
});
