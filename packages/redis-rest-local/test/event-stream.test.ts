import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Backend, RedisReply } from "../src/backend.ts";
import { type Gateway, startGateway } from "../src/gateway.ts";
import { type LocalRedis, startLocalRedis } from "../src/testing.ts";
import { deferred } from "./deferred.ts";

let local: LocalRedis;

beforeAll(async () => {
  local = await startLocalRedis();
});
afterAll(() => local.stop());

const open: AbortController[] = [];
afterEach(() => {
  for (const one of open.splice(0)) one.abort();
});

/** Opens a stream of events. Returns the answer and the lines one by one (undefined when the stream has ended). */
async function listen(gateway: { url: string; token: string }, path: string, method = "POST") {
  const client = new AbortController();
  open.push(client);
  const headers = { authorization: `Bearer ${gateway.token}`, accept: "text/event-stream" };
  const response = await fetch(gateway.url + path, { method, headers, signal: client.signal });
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  const event = async (): Promise<string | undefined> => {
    while (!text.includes("\n\n")) {
      const { value, done } = await reader.read();
      if (done) return undefined;
      text += value;
    }
    const [first = "", ...rest] = text.split("\n\n");
    text = rest.join("\n\n");
    return first;
  };
  return { response, event, leave: () => client.abort() };
}

async function subscribers(channel: string): Promise<unknown> {
  return ((await local.backend.send(["PUBSUB", "NUMSUB", channel])) as RedisReply[])[1];
}

/** Waits until the condition holds, asking again as soon as it has the last answer. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds()));
}

describe("/subscribe", () => {
  test("announces the subscription, then each message", async () => {
    const { response, event } = await listen(local, "/subscribe/chat");
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    expect(await event()).toBe("data: subscribe,chat,1");
    await local.backend.send(["PUBLISH", "chat", "hello"]);
    await local.backend.send(["PUBLISH", "chat", 'a,b "é" {}']);
    await local.backend.send(["PUBLISH", "chat", "two\nlines"]);
    await local.backend.send(["PUBLISH", "chat", ""]);
    expect(await event()).toBe("data: message,chat,hello");
    expect(await event()).toBe('data: message,chat,a,b "é" {}');
    expect(await event()).toBe("data: message,chat,two\nlines");
    expect(await event()).toBe("data: message,chat,");
  });

  test("takes several channels, percent-encoded, also by GET", async () => {
    const { event } = await listen(local, "/subscribe/a%2Fb/c", "GET");
    expect(await event()).toBe("data: subscribe,a/b,1");
    expect(await event()).toBe("data: subscribe,c,2");
  });

  test("ends the subscription when the client disconnects", async () => {
    const { event, leave } = await listen(local, "/subscribe/left");
    await event();
    expect(await subscribers("left")).toBe(1);
    leave();
    await until(async () => (await subscribers("left")) === 0);
  });

  test("serves many clients at the same time", async () => {
    const clients = await Promise.all(Array.from({ length: 30 }, () => listen(local, "/subscribe/many")));
    await Promise.all(clients.map(({ event }) => event()));
    expect(await local.backend.send(["PUBLISH", "many", "x"])).toBe(30);
    for (const { event } of clients) expect(await event()).toBe("data: message,many,x");
  });

  test("is refused without a channel", async () => {
    const { response } = await listen(local, "/subscribe");
    expect(response.status).toBe(400);
  });

  test("is refused without the token", async () => {
    const { response } = await listen({ url: local.url, token: "wrong" }, "/subscribe/chat");
    expect(response.status).toBe(401);
    expect(await subscribers("chat")).toBe(0);
  });
});

describe("/psubscribe", () => {
  test("gives the pattern and the channel of each message", async () => {
    const { event } = await listen(local, "/psubscribe/news.*");
    expect(await event()).toBe("data: psubscribe,news.*,1");
    await local.backend.send(["PUBLISH", "news.art", "x,y"]);
    expect(await event()).toBe("data: pmessage,news.*,news.art,x,y");
  });
});

describe("/monitor", () => {
  test("reports every command that Redis receives", async () => {
    const { event } = await listen(local, "/monitor");
    expect(await event()).toBe('data: "OK"');
    await local.backend.send(["GET", "k"]);
    expect(await event()).toMatch(/^data: \d+\.\d+ \[0 127\.0\.0\.1:\d+\] "GET" "k"$/);
  });
});

describe("HEAD", () => {
  test.each([
    ["/subscribe/c", 200, "text/event-stream"],
    ["/psubscribe/c*", 200, "text/event-stream"],
    ["/monitor", 200, "text/event-stream"],
    ["/subscribe", 400, "application/json"],
  ])("answers %s with %i as GET does, and leaves no subscription behind", async (path, status, type) => {
    const response = await fetch(local.url + path, {
      method: "HEAD",
      headers: { authorization: `Bearer ${local.token}` },
    });
    expect([response.status, response.headers.get("content-type"), await response.text()]).toEqual([status, type, ""]);
    await untilNobodyListens();
  });

  async function untilNobodyListens(): Promise<void> {
    const ask = async () => [
      await local.backend.send(["PUBSUB", "NUMPAT"]),
      ((await local.backend.send(["PUBSUB", "CHANNELS"])) as RedisReply[]).length,
      String(await local.backend.send(["CLIENT", "LIST"])).includes(" cmd=monitor "),
    ];
    while (JSON.stringify(await ask()) !== "[0,0,false]");
  }
});

describe("a stream", () => {
  /** A gateway in front of a backend that has only streams, which the test controls. */
  async function scripted(stream: Backend["stream"]): Promise<Gateway> {
    const none = () => Promise.reject(new Error("not scripted"));
    const backend = { send: none, transaction: none, lacks: none, close: none, stream };
    return startGateway({ port: 0, token: "t", backend });
  }

  test("ends when Redis ends it", async () => {
    let end = () => {};
    const gateway = await scripted(async (_, onReply, onEnd) => {
      onReply([Buffer.from("subscribe"), Buffer.from("c"), 1]);
      end = onEnd;
      return () => {};
    });
    const { event } = await listen(gateway, "/subscribe/c");
    await event();
    end();
    expect(await event()).toBeUndefined();
    await gateway.close();
  });

  test("is stopped exactly once when the gateway closes", async () => {
    let stops = 0;
    const stopped = deferred();
    const gateway = await scripted(async (_, onReply) => {
      onReply([Buffer.from("subscribe"), Buffer.from("c"), 1]);
      return () => {
        stops++;
        stopped.resolve();
      };
    });
    const { event } = await listen(gateway, "/subscribe/c");
    await event();
    await gateway.close();
    await stopped.promise;
    expect(stops).toBe(1);
  });

  test("is stopped when the client disconnects before it begins", async () => {
    const begin = deferred();
    const stopped = deferred();
    const asked = deferred();
    const gateway = await scripted(async () => {
      asked.resolve();
      await begin.promise;
      return stopped.resolve;
    });
    const listening = listen(gateway, "/subscribe/c").catch(() => {});
    await asked.promise;
    for (const one of open) one.abort();
    await listening;
    setImmediate(begin.resolve);
    await stopped.promise;
    await gateway.close();
  });

  test("is a 503 when Redis is out of reach", async () => {
    const gateway = await scripted(() => Promise.reject(new Error("connect ECONNREFUSED")));
    const { response } = await listen(gateway, "/subscribe/c");
    expect(response.status).toBe(503);
    await gateway.close();
  });
});
