import { expect, test } from "vitest";
import type { RedisReply } from "../../src/backend.ts";
import { text } from "./compare.ts";
import { useRealRedis, useStores } from "./support.ts";

const open = useStores();
const real = useRealRedis();

/** Collects what a stream receives, as text, and waits until it has a given number of messages. */
function recorder() {
  const lines: string[] = [];
  let wake = () => {};
  return {
    lines,
    onReply(reply: RedisReply) {
      lines.push(text(reply));
      wake();
    },
    async until(count: number) {
      while (lines.length < count) await new Promise<void>((resolve) => (wake = resolve));
      return lines;
    },
  };
}

test("messages reach every subscriber in order, as from a real Redis", async () => {
  const seen: string[][] = [];
  for (const store of [real(), await open()]) {
    const channels = recorder();
    const patterns = recorder();
    const stopChannels = await store.stream(["SUBSCRIBE", "a", "b"], channels.onReply, () => {});
    const stopPatterns = await store.stream(["PSUBSCRIBE", "[ab]*"], patterns.onReply, () => {});
    await Promise.all([channels.until(2), patterns.until(1)]);
    const counts = [
      await store.send(["PUBLISH", "a", "1"]),
      await store.send(["PUBLISH", "b", Buffer.from([0xff])]),
      await store.send(["PUBLISH", "c", "nobody"]),
      await store.send(["EVAL", "return redis.call('PUBLISH', 'ab', '3')", "0"]),
      await store.send(["PUBSUB", "NUMSUB", "a", "c"]),
      await store.send(["PUBSUB", "NUMPAT"]),
    ];
    await Promise.all([channels.until(4), patterns.until(4)]);
    seen.push([...channels.lines, ...patterns.lines, ...counts.map(text)]);
    stopChannels();
    stopPatterns();
  }
  expect(seen[1]).toEqual(seen[0]);
});

test("a subscriber that stopped listening gets nothing more and is no longer counted", async () => {
  const store = await open();
  const channel = recorder();
  const stop = await store.stream(["SUBSCRIBE", "a"], channel.onReply, () => {});
  await store.send(["PUBLISH", "a", "1"]);
  await channel.until(2);
  const undelivered = store.send(["PUBLISH", "a", "2"]);
  stop();
  await undelivered;
  expect(await store.send(["PUBLISH", "a", "3"])).toBe(0);
  expect(channel.lines).toHaveLength(2);
  expect(await store.send(["PUBSUB", "CHANNELS"])).toEqual([]);
});

test("a monitor sees every command, including those in scripts and transactions", async () => {
  const seen: string[][] = [];
  for (const store of [real(), await open()]) {
    const monitor = recorder();
    const stop = await store.stream(["MONITOR"], monitor.onReply, () => {});
    await store.send(["SET", "k", Buffer.from([34, 92, 10, 0, 200, 65])]);
    await store.send(["CONFIG", "GET", "maxmemory"]);
    await store.send(["EVAL", "return redis.call('GET', KEYS[1])", "1", "k"]);
    await store.transaction([["GET", "k"], ["PING"]]);
    const lines = await monitor.until(8);
    seen.push(
      lines.map((line) =>
        line.replace(/[0-9.]+ \[0 (?!lua)[^\]]*\]/, "TIME [0 CLIENT]").replace(/[0-9.]+ \[0 lua\]/, "TIME [0 lua]"),
      ),
    );
    stop();
  }
  expect(seen[1]).toEqual(seen[0]);
});

test("closing the store ends its streams", async () => {
  const store = await open();
  let ended = 0;
  await store.stream(
    ["SUBSCRIBE", "a"],
    () => {},
    () => ended++,
  );
  await store.stream(
    ["MONITOR"],
    () => {},
    () => ended++,
  );
  await store.close();
  expect(ended).toBe(2);
  await expect(store.send(["PING"])).rejects.toThrow("closed");
});

test("a plain command cannot be opened as a stream, nor a stream be sent as a command", async () => {
  const store = await open();
  const stream = recorder();
  await store.stream(["GET", "k"], stream.onReply, () => {});
  await store.stream(["SUBSCRIBE"], stream.onReply, () => {});
  expect(stream.lines).toEqual(["-ERR 'get' is no stream", "-ERR wrong number of arguments for 'subscribe' command"]);
  expect(text(await store.send(["SUBSCRIBE", "a"]))).toBe("-ERR this command is served as a stream only");
});
