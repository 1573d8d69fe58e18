import { expect, test } from "vitest";
import { type RedisReply, ReplyError, StatusReply } from "../src/backend.ts";
import type { BackendOptions } from "../src/server-backend.ts";
import { useBackends, useServer } from "./backends.ts";
import { deferred } from "./deferred.ts";
import { fakeRedis } from "./fake-redis.ts";

const server = useServer();
const open = useBackends();
const connect = (options: BackendOptions = { url: server.redis.url }) => open(options);

test("commands of one tick run in order, and each gets its own reply", async () => {
  const backend = connect();
  await backend.send(["DEL", "n"]);
  const replies = await Promise.all(Array.from({ length: 5_000 }, () => backend.send(["INCR", "n"])));
  expect(replies).toEqual(replies.map((_, i) => i + 1));
});

test("commands of one tick share a connection, and so do those that follow one another", async () => {
  const backend = connect();
  const ids = await Promise.all(Array.from({ length: 20 }, () => backend.send(["CLIENT", "ID"])));
  ids.push(await backend.send(["CLIENT", "ID"]));
  expect(new Set(ids).size).toBe(1);
});

test("commands of another tick get a connection of their own, up to 64", async () => {
  const answers: (() => void)[] = [];
  const fake = await fakeRedis((socket) => answers.push(() => socket.write("+OK\r\n")));
  const backend = connect({ port: fake.port });
  const sent: Promise<RedisReply>[] = [];
  for (let i = 0; i < 70; i++) {
    sent.push(backend.send(["GET", "k"]));
    await new Promise(setImmediate);
  }
  while (answers.length < 64) await new Promise(setImmediate);
  while (answers.length > 0) {
    answers.pop()!();
    await new Promise(setImmediate);
  }
  const drain = setInterval(() => answers.splice(0).map((answer) => answer()), 1);
  expect(await Promise.all(sent)).toEqual(sent.map(() => new StatusReply("OK")));
  clearInterval(drain);
  expect(fake.sockets.length).toBe(64);
  await fake.close();
});

test("commands and replies may hold megabytes of any bytes", async () => {
  const value = Buffer.alloc(5_000_000, Buffer.from([0, 13, 10, 255, 36]));
  const backend = connect();
  const [, got, echoed] = await Promise.all([
    backend.send(["SET", Buffer.from([255]), value]),
    backend.send(["GET", Buffer.from([255])]),
    backend.send(["ECHO", "é"]),
  ]);
  expect(value.equals(got as Buffer)).toBe(true);
  expect(String(echoed)).toBe("é");
});

test("a transaction runs as one between other commands", async () => {
  const backend = connect();
  await backend.send(["DEL", "n"]);
  const [before, replies, after] = await Promise.all([
    backend.send(["INCR", "n"]),
    backend.transaction([
      ["INCR", "n"],
      ["LPUSH", "n", "x"],
      ["INCR", "n"],
    ]),
    backend.send(["INCR", "n"]),
  ]);
  const error = new ReplyError("WRONGTYPE Operation against a key holding the wrong kind of value");
  expect([before, replies, after]).toEqual([1, [2, error, 3], 4]);
});

test("a transaction is discarded whole with the first error that was known before it ran", async () => {
  const backend = connect();
  const done = await backend.transaction([["SET", "discarded", "x"], ["GET"], ["NOPE"]]);
  expect(done).toEqual(new ReplyError("ERR wrong number of arguments for 'get' command"));
  expect(await backend.send(["EXISTS", "discarded"])).toBe(0);
});

test("a transaction may be empty", async () => {
  expect(await connect().transaction([])).toEqual([]);
});

test("a stream gets the first reply and every pushed one, and nothing once it was stopped", async () => {
  const backend = connect();
  const replies: RedisReply[] = [];
  let ended = 0;
  const got = (count: number) => async () => {
    while (replies.length < count) await backend.send(["PING"]);
  };
  const stop = await backend.stream(
    ["SUBSCRIBE", "s", "t"],
    (reply) => replies.push(reply),
    () => ended++,
  );
  await got(2)();
  await backend.send(["PUBLISH", "t", "x"]);
  await got(3)();
  stop();
  while (((await backend.send(["PUBSUB", "NUMSUB", "t"])) as RedisReply[])[1] !== 0);
  await backend.send(["PUBLISH", "t", "y"]);
  expect(JSON.parse(JSON.stringify(replies.map((reply) => (reply as RedisReply[]).map(String))))).toEqual([
    ["subscribe", "s", "1"],
    ["subscribe", "t", "2"],
    ["message", "t", "x"],
  ]);
  expect(ended).toBe(0);
});

test("a stream that is stopped within a chunk gets no more of the chunk", async () => {
  const fake = await fakeRedis((socket) => socket.write("+OK\r\n"));
  const replies: RedisReply[] = [];
  const stopped = deferred();
  const stop = await connect({ port: fake.port }).stream(
    ["MONITOR"],
    (reply) => {
      if (replies.push(reply) === 2) {
        stop();
        stopped.resolve();
      }
    },
    () => {},
  );
  fake.sockets[0]!.write("+one\r\n+two\r\n+three\r\n");
  await stopped.promise;
  expect(replies).toEqual([new StatusReply("OK"), new StatusReply("one")]);
  await fake.close();
});

test("a stream ends when the server ends it and when the backend is closed", async () => {
  const backend = connect();
  for (const end of [() => connect().send(["CLIENT", "KILL", "TYPE", "pubsub"]), () => backend.close()]) {
    const ended = deferred();
    await backend.stream(["SUBSCRIBE", "c"], () => {}, ended.resolve);
    await end();
    await ended.promise;
  }
});

test("a closed backend rejects what is in flight and what comes after", async () => {
  const backend = connect();
  const inFlight = backend.send(["PING"]);
  const closed = backend.close();
  await expect(inFlight).rejects.toThrow("the backend was closed");
  await closed;
  await expect(backend.send(["PING"])).rejects.toThrow("the backend was closed");
  await expect(
    backend.stream(
      ["MONITOR"],
      () => {},
      () => {},
    ),
  ).rejects.toThrow("the backend was closed");
});
