import { expect, test } from "vitest";
import { StatusReply } from "../src/backend.ts";
import { useBackends } from "./backends.ts";
import { fakeRedis } from "./fake-redis.ts";

const connect = useBackends();

test("when the connection breaks, commands in flight reject and are not sent again, and the next one uses a new connection", async () => {
  const texts: string[] = [];
  const fake = await fakeRedis((socket, text) => {
    texts.push(text);
    if (texts.length === 1) socket.destroy();
    else socket.write("+second\r\n");
  });
  const backend = connect({ port: fake.port });
  const lost = [backend.send(["INCR", "a"]), backend.send(["INCR", "b"]), backend.transaction([["INCR", "c"]])];
  for (const one of lost) await expect(one).rejects.toThrow();
  expect(await backend.send(["INCR", "d"])).toEqual(new StatusReply("second"));
  expect(texts[1]).toBe("*2\r\n$4\r\nINCR\r\n$1\r\nd\r\n");
  expect(fake.sockets.length).toBe(2);
  await fake.close();
});

test("when the connection breaks, replies that came before it are kept", async () => {
  const fake = await fakeRedis((socket) => socket.end("+one\r\n:2\r\n$10\r\nhalf"));
  const backend = connect({ port: fake.port });
  const sent = [["A"], ["B"], ["C"]].map((command) => backend.send(command).catch((error: Error) => error.message));
  expect(await Promise.all(sent)).toEqual([new StatusReply("one"), 2, "the connection was closed"]);
  await fake.close();
});

test.each([
  ["speaks another protocol", "HTTP/1.1 400 Bad Request\r\n\r\n", "a reply cannot begin with byte 72"],
  ["answers more than it was asked", "+OK\r\n+OK\r\n", undefined],
])("a connection ends when the server %s", async (_, text, message) => {
  const fake = await fakeRedis((socket) => socket.write(text));
  const backend = connect({ port: fake.port });
  if (message) await expect(backend.send(["GET", "k"])).rejects.toThrow(message);
  else expect(await backend.send(["GET", "k"])).toEqual(new StatusReply("OK"));
  await new Promise((resolve) => fake.sockets[0]!.once("close", resolve));
  await fake.close();
});

test("while the server loads its data, commands reject, and later ones run", async () => {
  let loading = true;
  const fake = await fakeRedis((socket) => {
    socket.write(loading ? "-LOADING Redis is loading the dataset in memory\r\n" : "+OK\r\n");
  });
  const backend = connect({ port: fake.port });
  await expect(backend.send(["GET", "k"])).rejects.toThrow("LOADING Redis is loading the dataset in memory");
  loading = false;
  expect(await backend.send(["GET", "k"])).toEqual(new StatusReply("OK"));
  await fake.close();
});

test("a connection ends when a due reply does not come, and the next command uses a new one", async () => {
  let silent = true;
  const fake = await fakeRedis((socket) => {
    if (!silent) socket.write("+OK\r\n");
  });
  const backend = connect({ port: fake.port, replyTimeoutMs: 1_000 });
  const lost = [backend.send(["GET", "k"]), backend.transaction([["GET", "k"]])];
  const stream = backend.stream(
    ["SUBSCRIBE", "c"],
    () => {},
    () => {},
  );
  await Promise.all([...lost, stream].map((one) => expect(one).rejects.toThrow("no answer within 1 s")));
  silent = false;
  expect(await backend.send(["GET", "k"])).toEqual(new StatusReply("OK"));
  await fake.close();
});

test("a quiet connection stays open until a reply is due and does not come", async () => {
  let answers = ["+OK\r\n", "+OK\r\n"];
  const fake = await fakeRedis((socket) => socket.write(answers.shift() ?? ""));
  const backend = connect({ port: fake.port, replyTimeoutMs: 1_000 });
  let ended = 0;
  await backend.stream(
    ["MONITOR"],
    () => {},
    () => ended++,
  );
  expect(await backend.send(["GET", "k"])).toEqual(new StatusReply("OK"));
  // Long enough for the limit of the first connection, on which nothing is due.
  await expect(connect({ port: fake.port, replyTimeoutMs: 1_500 }).send(["GET", "k"])).rejects.toThrow("no answer");
  answers = ["+OK\r\n"];
  expect(await backend.send(["GET", "k"])).toEqual(new StatusReply("OK"));
  await expect(backend.send(["GET", "k"])).rejects.toThrow("no answer within 1 s");
  expect({ ended, connections: fake.sockets.length }).toEqual({ ended: 0, connections: 3 });
  await fake.close();
});

test("commands reject immediately when nothing listens at the address", async () => {
  const fake = await fakeRedis(() => {});
  await fake.close();
  const backend = connect({ port: fake.port });
  await expect(backend.send(["PING"])).rejects.toThrow("ECONNREFUSED");
  await expect(backend.transaction([["PING"]])).rejects.toThrow("ECONNREFUSED");
  await expect(
    backend.stream(
      ["MONITOR"],
      () => {},
      () => {},
    ),
  ).rejects.toThrow("ECONNREFUSED");
});
