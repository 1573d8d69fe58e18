import { mkdtemp, rm } from "node:fs/promises";
import * as net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Backend, type RedisReply, ReplyError, StatusReply } from "../src/backend.ts";
import { type RedisServer, startRedis } from "../src/redis-server.ts";
import { type BackendOptions, connectBackend } from "../src/server-backend.ts";
import { deferred } from "./deferred.ts";

let dir: string;
let redis: RedisServer;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "wakeq-"));
  redis = await startRedis({ dir, args: ["--unixsocket", join(dir, "socket")] });
});
afterAll(async () => {
  await redis.stop();
  await rm(dir, { recursive: true });
});

const open: Backend[] = [];
afterEach(() => Promise.all(open.splice(0).map((backend) => backend.close())));

function connect(options: BackendOptions = { url: redis.url }): Backend {
  const backend = connectBackend(options);
  open.push(backend);
  return backend;
}

/** A server that answers as the test says: each chunk it gets goes to `onChunk`. */
async function fakeRedis(onChunk: (socket: net.Socket, text: string) => void) {
  const sockets: net.Socket[] = [];
  const server = net.createServer((socket) => {
    sockets.push(socket);
    socket.on("data", (chunk) => onChunk(socket, String(chunk))).on("error", () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as net.AddressInfo;
  return {
    port,
    sockets,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

describe("an address", () => {
  it.each<[string, () => BackendOptions]>([
    ["a URL", () => ({ url: redis.url })],
    ["a URL with a database", () => ({ url: `${redis.url}/0` })],
    ["host and port", () => ({ host: "127.0.0.1", port: redis.port })],
    ["a port", () => ({ port: redis.port })],
    ["a path", () => ({ path: join(dir, "socket") })],
    ["a URL of a path", () => ({ url: `unix://${join(dir, "socket")}` })],
  ])("may be %s", async (_, options) => {
    expect(await connect(options()).send(["PING"])).toEqual(new StatusReply("PONG"));
  });

  it("names a database", async () => {
    await connect({ url: `${redis.url}/3` }).send(["SET", "in-three", "x"]);
    expect(await connect().send(["EXISTS", "in-three"])).toBe(0);
    expect(await connect({ port: redis.port, database: 3 }).send(["EXISTS", "in-three"])).toBe(1);
  });

  it("names a user, whose password may hold any character", async () => {
    const admin = connect();
    await admin.send(["ACL", "SETUSER", "some:one", "on", ">p:@/ %é", "~*", "+@all"]);
    const login = `${encodeURIComponent("some:one")}:${encodeURIComponent("p:@/ %é")}`;
    const backend = connect({ url: `redis://${login}@127.0.0.1:${redis.port}/1` });
    expect(String(await backend.send(["ACL", "WHOAMI"]))).toBe("some:one");
    const stop = await backend.stream(
      ["SUBSCRIBE", "c"],
      () => {},
      () => {},
    );
    stop();
  });

  it.each([
    ["a wrong password", () => `redis://:wrong@127.0.0.1:${redis.port}`, /^WRONGPASS|^ERR AUTH/],
    ["a database that is not there", () => `${redis.url}/99`, /^ERR DB index is out of range/],
  ])("with %s lets nothing through", async (_, url, message) => {
    const backend = connect({ url: url() });
    const sent = [backend.send(["SET", "refused", "x"]), backend.transaction([["SET", "refused", "x"]])];
    for (const one of sent) await expect(one).rejects.toThrow(message);
    await expect(
      backend.stream(
        ["SUBSCRIBE", "c"],
        () => {},
        () => {},
      ),
    ).rejects.toThrow(message);
    expect(await connect().send(["EXISTS", "refused"])).toBe(0);
  });

  it("of another kind is refused at once", () => {
    expect(() => connectBackend({ url: "http://127.0.0.1" })).toThrow(
      "the address of the Redis begins with http://: expected redis://, rediss:// or unix://",
    );
  });
});

describe("commands", () => {
  it("sent in one tick run in that order, and each gets its own reply", async () => {
    const backend = connect();
    await backend.send(["DEL", "n"]);
    const replies = await Promise.all(Array.from({ length: 5_000 }, () => backend.send(["INCR", "n"])));
    expect(replies).toEqual(replies.map((_, i) => i + 1));
  });

  it("of one tick go through one connection, and so do those that follow one another", async () => {
    const backend = connect();
    const ids = await Promise.all(Array.from({ length: 20 }, () => backend.send(["CLIENT", "ID"])));
    ids.push(await backend.send(["CLIENT", "ID"]));
    expect(new Set(ids).size).toBe(1);
  });

  it("of another tick wait for nobody, until there are 64 connections", async () => {
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

  it("and replies may hold any bytes, megabytes of them", async () => {
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
});

describe("a transaction", () => {
  it("runs as one between the commands of others", async () => {
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

  it("is discarded whole with the first error that was known before it ran", async () => {
    const backend = connect();
    const done = await backend.transaction([["SET", "discarded", "x"], ["GET"], ["NOPE"]]);
    expect(done).toEqual(new ReplyError("ERR wrong number of arguments for 'get' command"));
    expect(await backend.send(["EXISTS", "discarded"])).toBe(0);
  });

  it("may be empty", async () => {
    expect(await connect().transaction([])).toEqual([]);
  });
});

describe("when the connection breaks", () => {
  it("commands in flight reject, are not sent again, and the next one goes through a new connection", async () => {
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

  it("replies that came before it are kept", async () => {
    const fake = await fakeRedis((socket) => socket.end("+one\r\n:2\r\n$10\r\nhalf"));
    const backend = connect({ port: fake.port });
    const sent = [["A"], ["B"], ["C"]].map((command) => backend.send(command).catch((error: Error) => error.message));
    expect(await Promise.all(sent)).toEqual([new StatusReply("one"), 2, "the connection was closed"]);
    await fake.close();
  });

  it.each([
    ["speaks another protocol", "HTTP/1.1 400 Bad Request\r\n\r\n", "a reply cannot begin with byte 72"],
    ["answers more than it was asked", "+OK\r\n+OK\r\n", undefined],
  ])("it is because the server %s", async (_, text, message) => {
    const fake = await fakeRedis((socket) => socket.write(text));
    const backend = connect({ port: fake.port });
    if (message) await expect(backend.send(["GET", "k"])).rejects.toThrow(message);
    else expect(await backend.send(["GET", "k"])).toEqual(new StatusReply("OK"));
    await new Promise((resolve) => fake.sockets[0]!.once("close", resolve));
    await fake.close();
  });

  it("by a server that loads its data, commands reject and it is tried again", async () => {
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

  it("it is given up when a reply is due and nothing comes, and the next command goes through a new one", async () => {
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

  it("it is not given up while nothing is due, and is when something is due after that", async () => {
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
    // Another one, whose limit is longer and runs out.
    await expect(connect({ port: fake.port, replyTimeoutMs: 1_500 }).send(["GET", "k"])).rejects.toThrow("no answer");
    answers = ["+OK\r\n"];
    expect(await backend.send(["GET", "k"])).toEqual(new StatusReply("OK"));
    await expect(backend.send(["GET", "k"])).rejects.toThrow("no answer within 1 s");
    expect({ ended, connections: fake.sockets.length }).toEqual({ ended: 0, connections: 3 });
    await fake.close();
  });

  it("with nobody there, commands reject at once", async () => {
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
});

describe("a stream", () => {
  it("gets the first reply and every pushed one, and nothing once stopped", async () => {
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

  it("gets nothing more of a chunk in which it was stopped", async () => {
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

  it("has an end when the server ends it, and when the backend is closed", async () => {
    const backend = connect();
    for (const end of [() => connect().send(["CLIENT", "KILL", "TYPE", "pubsub"]), () => backend.close()]) {
      const ended = deferred();
      await backend.stream(["SUBSCRIBE", "c"], () => {}, ended.resolve);
      await end();
      await ended.promise;
    }
  });
});

describe("a closed backend", () => {
  it("rejects what is in flight and what comes after", async () => {
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
});
