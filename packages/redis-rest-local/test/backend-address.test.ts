import { expect, test } from "vitest";
import { StatusReply } from "../src/backend.ts";
import { type BackendOptions, connectBackend } from "../src/server-backend.ts";
import { useBackends, useServer } from "./backends.ts";

const server = useServer();
const open = useBackends();
const connect = (options: BackendOptions = { url: server.redis.url }) => open(options);

test.each<[string, () => BackendOptions]>([
  ["a URL", () => ({ url: server.redis.url })],
  ["a URL with a database", () => ({ url: `${server.redis.url}/0` })],
  ["host and port", () => ({ host: "127.0.0.1", port: server.redis.port })],
  ["a port", () => ({ port: server.redis.port })],
  ["a path", () => ({ path: server.socket() })],
  ["a URL of a path", () => ({ url: `unix://${server.socket()}` })],
])("the address of the backend may be %s", async (_, options) => {
  expect(await connect(options()).send(["PING"])).toEqual(new StatusReply("PONG"));
});

test("an address may name a database", async () => {
  await connect({ url: `${server.redis.url}/3` }).send(["SET", "in-three", "x"]);
  expect(await connect().send(["EXISTS", "in-three"])).toBe(0);
  expect(await connect({ port: server.redis.port, database: 3 }).send(["EXISTS", "in-three"])).toBe(1);
});

test("an address may name a user, whose password may hold any character", async () => {
  const admin = connect();
  await admin.send(["ACL", "SETUSER", "some:one", "on", ">p:@/ %é", "~*", "+@all"]);
  const login = `${encodeURIComponent("some:one")}:${encodeURIComponent("p:@/ %é")}`;
  const backend = connect({ url: `redis://${login}@127.0.0.1:${server.redis.port}/1` });
  expect(String(await backend.send(["ACL", "WHOAMI"]))).toBe("some:one");
  const stop = await backend.stream(
    ["SUBSCRIBE", "c"],
    () => {},
    () => {},
  );
  stop();
});

test.each([
  ["a wrong password", () => `redis://:wrong@127.0.0.1:${server.redis.port}`, /^WRONGPASS|^ERR AUTH/],
  ["a database that is not there", () => `${server.redis.url}/99`, /^ERR DB index is out of range/],
])("a backend whose address has %s runs nothing", async (_, url, message) => {
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

test("an address of another kind is refused immediately", () => {
  expect(() => connectBackend({ url: "http://127.0.0.1" })).toThrow(
    "the address of the Redis begins with http://: expected redis://, rediss:// or unix://",
  );
});
