import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { shownUrl } from "../../local/shown-url.ts";
import { startStack } from "../../local/stack.ts";

test.each([
  ["redis://127.0.0.1:6379", "redis://127.0.0.1:6379"],
  ["redis://:secret@127.0.0.1:6379/1", "redis://:***@127.0.0.1:6379/1"],
  ["redis://ada:secret@redis.example", "redis://ada:***@redis.example"],
  ["unix:///run/redis.sock", "unix:///run/redis.sock"],
  ["redis://:sec/ret@127.0.0.1", "a URL that cannot be read"],
  ["redis://:sec#ret@127.0.0.1", "a URL that cannot be read"],
])("%s is shown as %s", (url, shown) => {
  expect(shownUrl(url)).toBe(shown);
});

test.each([
  [
    "redis://:secret@127.0.0.1:1",
    "no Redis answers at redis://:***@127.0.0.1:1 (REDIS_URL): start it, or unset REDIS_URL",
  ],
  ["redis://:sec/secret@127.0.0.1:1", "the address of the Redis is no URL: expected redis://host:port"],
  [
    "http://:secret@127.0.0.1:1",
    "the address of the Redis begins with http://: expected redis://, rediss:// or unix://",
  ],
])("a stack that cannot reach %s says so without the password", async (redisUrl, words) => {
  const dataDir = await mkdtemp(join(tmpdir(), "wakeq-shown-"));
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }));
  const said: string[] = [];
  const say = (line: string) => said.push(line);
  const ports = { PORT: 0, LAMBDA_PORT: 0, REDIS_REST_PORT: 0 };
  const failed = startStack({ ports, dataDir, redisUrl, stage: "test", environment: {}, say, log: say });
  const message = await failed.then(
    () => "started",
    (error: Error) => error.message,
  );
  expect(message).toContain(words);
  expect([message, ...said].join("\n")).not.toContain("secret");
});
