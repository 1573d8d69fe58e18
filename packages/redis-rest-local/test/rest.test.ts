import { request } from "node:http";
import { connect } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type LocalRedis, startLocalRedis } from "../src/testing.ts";
import { type Ask, asking } from "./ask.ts";

const MISSING = "Redis does not have this command: put a newer Redis behind the gateway, or use a database at Upstash";
const READER = "a-token-that-reads";
const UNAUTHORIZED = '{"error":"WRONGPASS invalid or missing auth token"}';

let local: LocalRedis;
let ask: Ask;

beforeAll(async () => {
  local = await startLocalRedis({ readOnlyToken: READER });
  ask = asking(local);
});
afterAll(() => local.stop());
beforeEach(() => local.backend.send(["FLUSHALL"]));

const POST = { method: "POST" };
const BASE64 = { headers: { "upstash-encoding": "base64" } };
const RESP2 = { headers: { "upstash-response-format": "resp2" } };

/** Ask, and leave of the answer what the rules speak of. */
async function answer(...question: Parameters<Ask>): Promise<{ status: number; body: string }> {
  const { status, body } = await ask(...question);
  return { status, body: body.replace(/'\. (Redis|Valkey) [\d.]+ does/g, "'. Redis does") };
}

const ok = (body: string) => ({ status: 200, body });
const bad = (error: string) => ({ status: 400, body: JSON.stringify({ error }) });

describe("a command in the body", () => {
  it.each([
    ["text", ["SET", "k", "é😀\n\u0000"], "é😀\n\u0000"],
    ["an empty string", ["SET", "k", ""], ""],
    ["a number", ["SET", "k", 12], "12"],
    ["a negative fraction", ["SET", "k", -0.5], "-0.5"],
    ["true", ["SET", "k", true], "true"],
    ["false", ["SET", "k", false], "false"],
    ["null, as JSON", ["SET", "k", null], "null"],
    ["an object, as JSON", ["SET", "k", { a: [1, "x", null] }], '{"a":[1,"x",null]}'],
    ["an array, as JSON", ["SET", "k", [1, ["x"]]], '[1,["x"]]'],
    ["half a surrogate pair, as U+FFFD", ["SET", "k", "\ud800"], "\ufffd"],
  ])("takes %s as an argument", async (_, command, stored) => {
    expect(await answer("/", { json: command })).toEqual(ok('{"result":"OK"}'));
    expect(String(await local.backend.send(["GET", "k"]))).toBe(stored);
  });

  it.each([
    ["9007199254740993", "9007199254740993"],
    ["-9223372036854775808", "-9223372036854775808"],
    ["0.12345678901234567890", "0.12345678901234567890"],
    ["1e400", "1e400"],
    ["1000000000000000000000000", "1000000000000000000000000"],
  ])("keeps every digit of the number %s", async (literal, stored) => {
    await ask("/", { ...POST, body: `[ "SET" , "k\\"1, 2\\\\", ${literal} ]` });
    expect(String(await local.backend.send(["GET", 'k"1, 2\\']))).toBe(stored);
  });

  it("has its invalid UTF-8 replaced", async () => {
    await ask("/", {
      ...POST,
      body: Buffer.concat([Buffer.from('["SET","k","'), Buffer.from([0xff]), Buffer.from('"]')]),
    });
    expect(String(await local.backend.send(["GET", "k"]))).toBe("\ufffd");
  });

  it.each([
    ["nothing", "", "ERR failed to parse command"],
    ["text that is not JSON", "hello", "ERR failed to parse command"],
    ["JSON that ends early", '["GET","k"', "ERR failed to parse command"],
    ["a string", '"GET"', "ERR failed to parse command"],
    ["a number", "1", "ERR failed to parse command"],
    ["null", "null", "ERR failed to parse command"],
    ["an object", '{"0":"GET"}', "ERR failed to parse command"],
    ["an empty array", "[]", "ERR empty command"],
    ["an array nested 100,000 deep", `${"[".repeat(1e5)}${"]".repeat(1e5)}`, "ERR failed to parse command"],
    [
      "an argument nested 100,000 deep",
      `["SET","k",${"[".repeat(1e5)}${"]".repeat(1e5)}]`,
      "ERR failed to parse command",
    ],
    ["a name that is null", "[null]", `ERR Command is not available: 'NULL'. ${MISSING}`],
    ["a name that is empty", '[""]', `ERR Command is not available: ''. ${MISSING}`],
    ["too few arguments", '["GET"]', "ERR wrong number of arguments for 'get' command"],
    ["a count beyond all bounds", '["LPOP","k",99999999999999999999]', "ERR value is out of range, must be positive"],
    [
      "more keys than there are",
      '["EVAL","return 1",4000000000000]',
      "ERR Number of keys can't be greater than number of args",
    ],
  ])("is refused with %s", async (_, body, error) => {
    expect(await answer("/", { ...POST, body })).toEqual(bad(error));
  });

  it("is refused with an object posted to /eval, for that is one argument", async () => {
    expect(await answer("/eval", { json: { script: "return 1" } })).toEqual(
      bad("ERR wrong number of arguments for 'eval' command"),
    );
  });

  it("may be put as well as posted, whatever its content type", async () => {
    const put = { method: "PUT", body: '["ECHO","x"]', headers: { "content-type": "text/plain" } };
    expect(await answer("/", put)).toEqual(ok('{"result":"x"}'));
  });

  it("is any command in any case", async () => {
    expect(await answer("/", { json: ["eChO", "x"] })).toEqual(ok('{"result":"x"}'));
  });

  it("answers 400 and the error when the command fails", async () => {
    await local.backend.send(["SET", "k", "text"]);
    expect(await answer("/", { json: ["INCR", "k"] })).toEqual(bad("ERR value is not an integer or out of range"));
    expect(await answer("/", { json: ["LPUSH", "k", "x"] })).toEqual(
      bad("WRONGTYPE Operation against a key holding the wrong kind of value"),
    );
    expect(await answer("/", { json: ["EVALSHA", "0".repeat(40), 0] })).toEqual(
      bad("NOSCRIPT No matching script. Please use EVAL."),
    );
  });
});

describe("a command in the path", () => {
  it.each([["GET"], ["POST"], ["PUT"]])("runs by %s", async (method) => {
    expect(await answer("/set/k/v", { method })).toEqual(ok('{"result":"OK"}'));
    expect(await answer("/get/k", { method })).toEqual(ok('{"result":"v"}'));
  });

  it("runs by HEAD, which answers without a body", async () => {
    const { status, body, headers } = await ask("/set/k/v", { method: "HEAD" });
    expect({ status, body, length: headers.get("content-length") }).toEqual({ status: 200, body: "", length: "15" });
    expect(String(await local.backend.send(["GET", "k"]))).toBe("v");
  });

  it.each([
    ["percent-encoded characters", "/echo/a%2Fb%20%C3%A9%25", "a/b é%"],
    ["a plus as it is", "/echo/a+b", "a+b"],
    ["an empty argument", "/echo/", ""],
  ])("takes %s", async (_, path, echoed) => {
    expect(await answer(path)).toEqual(ok(JSON.stringify({ result: echoed })));
  });

  it("takes bytes that are not UTF-8", async () => {
    await ask("/set/%FFk/%00%ff%F0a%zz");
    expect(await local.backend.send(["GET", Buffer.from([0xff, 0x6b])])).toEqual(
      Buffer.from("\u0000\u00ff\u00f0a%zz", "latin1"),
    );
  });

  it("takes query parameters as further arguments", async () => {
    expect(await answer("/set/k/v?EX=100&NX")).toEqual(ok('{"result":"OK"}'));
    expect(await local.backend.send(["TTL", "k"])).toBe(100);
    expect(await answer("/set/k/v?NX")).toEqual(ok('{"result":null}'));
    expect(await answer("/echo?a+b%2B=")).toEqual(bad("ERR wrong number of arguments for 'echo' command"));
    expect(await answer("/echo?a+b%2B")).toEqual(ok('{"result":"a b+"}'));
  });

  it("takes 100,000 bytes in the path", async () => {
    const value = "x".repeat(100_000);
    expect(await answer(`/echo/${value}`)).toEqual(ok(`{"result":"${value}"}`));
  });

  it("takes a body as its last argument, byte for byte, and query parameters after that", async () => {
    const body = Buffer.from([0, 255, 10, 13, 34, 195]);
    expect(await answer("/set/k?EX=100", { ...POST, body })).toEqual(ok('{"result":"OK"}'));
    expect(await local.backend.send(["GET", "k"])).toEqual(body);
    expect(await local.backend.send(["TTL", "k"])).toBe(100);
  });

  it("takes a JSON body as it is, too", async () => {
    await ask("/set/k", { json: ["a", 1] });
    expect(String(await local.backend.send(["GET", "k"]))).toBe('["a",1]');
  });

  it("publishes", async () => {
    expect(await answer("/publish/channel/message", POST)).toEqual(ok('{"result":0}'));
  });

  it.each([["/"], ["//get/k"], ["/?_token=x"]])("is refused where there is none: GET %s", async (path) => {
    expect((await answer(path)).status).toBe(400);
  });
});

describe("/pipeline", () => {
  it("answers 200 with a result or an error for each command", async () => {
    const json = [["SET", "k", "v"], ["INCR", "k"], ["NOPE"], ["GET", "k"], [], ["GET", "none"]];
    expect(await answer("/pipeline", { json })).toEqual(
      ok(
        '[{"result":"OK"},{"error":"ERR value is not an integer or out of range"},' +
          `{"error":"ERR Command is not available: 'NOPE'. ${MISSING}"},` +
          '{"result":"v"},{"error":"ERR empty pipeline command"},{"result":null}]',
      ),
    );
  });

  it("runs its commands in order, 10,000 of them", async () => {
    const json = Array.from({ length: 10_000 }, () => ["INCR", "k"]);
    const { body } = await ask("/pipeline", { json });
    expect((JSON.parse(body) as { result: number }[]).map(({ result }) => result)).toEqual(json.map((_, i) => i + 1));
  });

  it("keeps every digit of a number in any of its commands", async () => {
    const body = '[["SET","a",1],["SET","b",9007199254740993]]';
    await ask("/pipeline", { ...POST, body });
    expect(await answer("/", { json: ["MGET", "a", "b"] })).toEqual(ok('{"result":["1","9007199254740993"]}'));
  });

  it.each([
    ["nothing", "", "ERR failed to parse pipeline request"],
    ["an object", "{}", "ERR failed to parse pipeline request"],
    ["one command alone", '["GET","k"]', "ERR failed to parse pipeline request"],
    ["a command that is no array", '[["GET","k"],null]', "ERR failed to parse pipeline request"],
    ["no command", "[]", "ERR empty pipeline request"],
  ])("refuses %s, and runs none of it", async (_, body, error) => {
    expect(await answer("/pipeline", { ...POST, body })).toEqual(bad(error));
  });
});

describe("/multi-exec", () => {
  it("answers 200 with a result or an error for each command, and a failed one stops no other", async () => {
    const json = [
      ["SET", "k", "v"],
      ["INCR", "k"],
      ["GET", "k"],
    ];
    expect(await answer("/multi-exec", { json })).toEqual(
      ok('[{"result":"OK"},{"error":"ERR value is not an integer or out of range"},{"result":"v"}]'),
    );
  });

  it.each([
    ["an unknown command", ["NOPE"], `ERR Command is not available: 'NOPE'. ${MISSING}`],
    ["a wrong number of arguments", ["GET"], "ERR wrong number of arguments for 'get' command"],
    [
      "a command that Upstash refuses",
      ["WATCH", "k"],
      'ERR Command "WATCH" is not allowed in REST or it has a special context path',
    ],
    ["an empty command", [], "ERR empty transaction command"],
  ])("is discarded whole for %s", async (_, wrong, error) => {
    expect(await answer("/multi-exec", { json: [["SET", "k", "v"], wrong, ["GET", "k"]] })).toEqual(bad(error));
    expect(await local.backend.send(["EXISTS", "k"])).toBe(0);
  });

  it("lets nobody in between its commands", async () => {
    const json = Array.from({ length: 50 }, () => ["INCR", "k"]);
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask("/multi-exec", { json })));
    for (const { body } of answers) {
      const results = (JSON.parse(body) as { result: number }[]).map(({ result }) => result);
      expect(results).toEqual(results.map((_, i) => results[0]! + i));
    }
  });

  it("includes the answers that the gateway knows by itself", async () => {
    const json = [["INCR", "k"], ["SELECT", 0], ["INCR", "k"], ["DEL"], ["COMMAND"]];
    expect(await answer("/multi-exec", { json })).toEqual(
      ok('[{"result":1},{"result":"OK"},{"result":2},{"result":0},{"result":[]}]'),
    );
    expect(await answer("/multi-exec", { json: [["SELECT", 0]] })).toEqual(ok('[{"result":"OK"}]'));
  });

  it.each([
    ["nothing", "", "ERR failed to parse transaction request"],
    ["one command alone", '["GET","k"]', "ERR failed to parse transaction request"],
    ["no command", "[]", "ERR empty transaction request"],
  ])("refuses %s", async (_, body, error) => {
    expect(await answer("/multi-exec", { ...POST, body })).toEqual(bad(error));
  });
});

describe("replies", () => {
  const nested = "return {1, 'x', {'OK', redis.status_reply('OK'), redis.status_reply('FINE'), {}, false}}";
  const error = "return {'a', {err = 'ERR b'}}";

  it.each<[string, unknown[], string, string]>([
    ["nil", ["GET", "none"], '{"result":null}', '{"result":null}'],
    ["nil in place of an array", ["LPOP", "none", 2], '{"result":null}', '{"result":null}'],
    ["an integer", ["INCRBY", "n", 137], '{"result":137}', '{"result":137}'],
    [
      "an integer beyond 2^53",
      ["INCRBY", "n", "9007199254740993"],
      '{"result":9007199254740993}',
      '{"result":9007199254740993}',
    ],
    ["a string", ["ECHO", "bar"], '{"result":"bar"}', '{"result":"YmFy"}'],
    ["an empty string", ["ECHO", ""], '{"result":""}', '{"result":""}'],
    ["the status OK", ["SET", "k", "v"], '{"result":"OK"}', '{"result":"OK"}'],
    ["the string OK", ["ECHO", "OK"], '{"result":"OK"}', '{"result":"T0s="}'],
    ["the status PONG", ["PING"], '{"result":"PONG"}', '{"result":"UE9ORw=="}'],
    ["the status none", ["TYPE", "none"], '{"result":"none"}', '{"result":"bm9uZQ=="}'],
    ["an empty array", ["KEYS", "none"], '{"result":[]}', '{"result":[]}'],
    [
      "arrays in arrays",
      ["EVAL", nested, 0],
      '{"result":[1,"x",["OK","OK","FINE",[],null]]}',
      '{"result":[1,"eA==",["T0s=","T0s=","RklORQ==",[],null]]}',
    ],
    ["an error in an array", ["EVAL", error, 0], '{"result":["a","ERR b"]}', '{"result":["YQ==","RVJSIGI="]}'],
    ["a double", ["INCRBYFLOAT", "f", "0.1"], '{"result":"0.1"}', '{"result":"MC4x"}'],
    [
      "an error",
      ["GET"],
      `{"error":"ERR wrong number of arguments for 'get' command"}`,
      `{"error":"ERR wrong number of arguments for 'get' command"}`,
    ],
  ])("write %s plain and in base64", async (_, json, plain, base64) => {
    expect((await ask("/", { json })).body).toBe(plain);
    await local.backend.send(["FLUSHALL"]);
    expect((await ask("/", { json, ...BASE64 })).body).toBe(base64);
  });

  it("write bytes that are not UTF-8 as U+FFFD when plain, and exactly in base64", async () => {
    await local.backend.send(["SET", "k", Buffer.from([0x61, 0xff])]);
    expect((await ask("/get/k")).body).toBe('{"result":"a\ufffd"}');
    expect((await ask("/get/k", BASE64)).body).toBe('{"result":"Yf8="}');
  });

  it("write arrays nested as deep as Redis allows", async () => {
    const json = ["EVAL", "local a = {} for i = 1, 7900 do a = {a} end return a", 0];
    const { status, body } = await ask("/", { json });
    expect({ status, body }).toEqual(ok(`{"result":${"[".repeat(7901)}${"]".repeat(7901)}}`));
    expect((await ask("/", { json, ...RESP2 })).body).toBe(`${"*1\r\n".repeat(7900)}*0\r\n`);
  });

  it("are base64 in pipelines and transactions, each with its own OK", async () => {
    const json = [["SET", "k", "v"], ["GET", "k"], ["GET"], ["PING"]];
    const results = '{"result":"OK"},{"result":"dg=="}';
    expect((await ask("/pipeline", { json, ...BASE64 })).body).toBe(
      `[${results},{"error":"ERR wrong number of arguments for 'get' command"},{"result":"UE9ORw=="}]`,
    );
    expect((await ask("/multi-exec", { json: json.slice(0, 2), ...BASE64 })).body).toBe(`[${results}]`);
  });

  it("are plain under any other encoding", async () => {
    expect((await ask("/echo/x", { headers: { "upstash-encoding": "gzip" } })).body).toBe('{"result":"x"}');
  });
});

describe("the response format", () => {
  it.each([
    ["/set/k/v", 200, "+OK\r\n"],
    ["/ping", 200, "+PONG\r\n"],
    ["/get/none", 200, "$-1\r\n"],
    ["/echo/é", 200, "$2\r\né\r\n"],
    ["/incrby/n/9007199254740993", 200, ":9007199254740993\r\n"],
    ["/mget/none/none", 200, "*2\r\n$-1\r\n$-1\r\n"],
    ["/get", 400, "-ERR wrong number of arguments for 'get' command\r\n"],
  ])("resp2 gives %s as Redis writes it", async (path, status, text) => {
    const { headers, ...rest } = await ask(path, RESP2);
    expect(rest).toEqual({ status, body: text });
    expect(headers.get("content-type")).toBe("application/octet-stream");
  });

  it("resp2 gives the replies of a pipeline one after the other", async () => {
    const json = [["SET", "k", "v"], ["GET"], ["GET", "k"]];
    expect(await answer("/pipeline", { json, ...RESP2 })).toEqual(
      ok("+OK\r\n-ERR wrong number of arguments for 'get' command\r\n$1\r\nv\r\n"),
    );
  });

  it("resp2 keeps an error in one line, whatever it repeats", async () => {
    const { body } = await ask("/pipeline", { json: [["A\r\nB"], ["PING"]], ...RESP2 });
    expect(body).toMatch(/^-ERR Command is not available: 'A {2}B'\. [^\r\n]+\r\n\+PONG\r\n$/);
  });

  it("resp2 is ignored by /multi-exec", async () => {
    const headers = { ...RESP2.headers, ...BASE64.headers };
    expect(await answer("/multi-exec", { json: [["ECHO", "x"]], headers })).toEqual(ok('[{"result":"eA=="}]'));
  });

  it("json is the default", async () => {
    expect(await answer("/echo/x", { headers: { "upstash-response-format": "json" } })).toEqual(ok('{"result":"x"}'));
  });

  it.each([
    ["another format", { "upstash-response-format": "resp3" }],
    ["resp2 together with base64", { ...RESP2.headers, ...BASE64.headers }],
  ])("is refused with 400 for %s, and nothing runs", async (_, headers) => {
    expect((await ask("/set/k/v", { headers })).status).toBe(400);
    expect((await ask("/pipeline", { json: [["SET", "k", "v"]], headers })).status).toBe(400);
    expect(await local.backend.send(["EXISTS", "k"])).toBe(0);
  });
});

describe("authorization", () => {
  it.each([
    ["no token", undefined],
    ["another token", "Bearer local-tokem"],
    ["an empty token", "Bearer "],
    ["a token and more", "Bearer local-token2"],
    ["another scheme", "Basic local-token"],
  ])("refuses %s with 401, and nothing runs", async (_, authorization) => {
    const response = await fetch(`${local.url}/set/k/v`, authorization ? { headers: { authorization } } : {});
    expect({ status: response.status, body: await response.text() }).toEqual({ status: 401, body: UNAUTHORIZED });
    expect(response.headers.get("upstash-sync-token")).not.toBeNull();
    expect(await local.backend.send(["EXISTS", "k"])).toBe(0);
  });

  it("takes the token from the query, and does not make it an argument", async () => {
    const response = await fetch(`${local.url}/echo/x?_token=${local.token}`);
    expect({ status: response.status, body: await response.text() }).toEqual(ok('{"result":"x"}'));
    expect((await fetch(`${local.url}/echo/x?_token=wrong`)).status).toBe(401);
    expect((await fetch(`${local.url}/echo/x?_token=`)).status).toBe(401);
  });

  it("takes the scheme in any case", async () => {
    expect(await answer("/echo/x", { headers: { authorization: `bearer ${local.token}` } })).toEqual(
      ok('{"result":"x"}'),
    );
  });

  const reader = { headers: { authorization: `Bearer ${READER}` } };

  it.each([
    [["GET", "k"], '{"result":null}'],
    [["EXISTS", "k"], '{"result":0}'],
    [["HGETALL", "k"], '{"result":[]}'],
    [["ZRANGE", "k", 0, -1], '{"result":[]}'],
    [["PING"], '{"result":"PONG"}'],
  ])("lets the read-only token run %j", async (json, body) => {
    expect(await answer("/", { json, ...reader })).toEqual(ok(body));
  });

  it.each([
    ["set", ["SET", "k", "v"]],
    ["del", ["DEL", "k"]],
    ["scan", ["SCAN", 0]],
    ["keys", ["KEYS", "*"]],
    ["eval", ["EVAL", "return 1", 0]],
    ["flushall", ["FLUSHALL"]],
    ["publish", ["PUBLISH", "c", "m"]],
    ["nope", ["NOPE"]],
  ])("bars the read-only token from %s", async (name, json) => {
    const error = `NOPERM this user has no permissions to run the '${name}' command or its subcommand`;
    expect(await answer("/", { json, ...reader })).toEqual(bad(error));
    expect(await answer("/pipeline", { json: [json], ...reader })).toEqual(ok(`[${JSON.stringify({ error })}]`));
    expect(await answer("/multi-exec", { json: [["GET", "k"], json], ...reader })).toEqual(bad(error));
  });

  it("bars the read-only token from streams", async () => {
    expect((await answer("/subscribe/c", { ...POST, ...reader })).status).toBe(400);
    expect((await answer("/monitor", { ...POST, ...reader })).status).toBe(400);
  });
});

describe("HTTP", () => {
  /** Bytes as they are, over a connection that ends when the answer does. */
  function sendRaw(text: string): Promise<string> {
    return new Promise((resolve, reject) => {
      let answered = "";
      const { hostname, port } = new URL(local.url);
      const socket = connect({ host: hostname, port: Number(port) }, () => socket.write(text));
      socket.setEncoding("utf8").on("data", (part) => (answered += part));
      socket.on("error", reject).on("close", () => resolve(answered));
    });
  }

  it.each([
    ["a host", "http://127.0.0.1/echo/x?a", '{"error":"ERR wrong number of arguments for \'echo\' command"}'],
    ["another host and a port", "HTTP://example.com:8079/echo/x", '{"result":"x"}'],
    ["a query with a slash", "https://example.com/set/k?a/b", '{"result":"OK"}'],
    ["no path", "http://example.com", '{"error":"ERR failed to parse command"}'],
    ["no path, and a query", "http://example.com?a", '{"error":"ERR failed to parse command"}'],
  ])("takes a target that is a whole address, with %s", async (_, target, body) => {
    const head = `GET ${target} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer ${local.token}\r\nconnection: close\r\n\r\n`;
    expect((await sendRaw(head)).split("\r\n\r\n")[1]).toBe(body);
  });

  it("answers 431 to a path of more than a mebibyte, to a client that is still sending it as well", async () => {
    const path = `/echo/${"x".repeat(4 * 1024 * 1024)}`;
    const { hostname, port } = new URL(local.url);
    const answered = await new Promise<{ status: number | undefined; body: string }>((resolve, reject) => {
      const sent = request(
        { hostname, port, path, headers: { authorization: `Bearer ${local.token}` } },
        (response) => {
          let body = "";
          response.setEncoding("utf8").on("data", (part) => (body += part));
          response.on("end", () => resolve({ status: response.statusCode, body }));
        },
      );
      sent.on("error", reject).end();
    });
    const error = "ERR path and headers are longer than 1048576 bytes: send the command in the body";
    expect(answered).toEqual({ status: 431, body: JSON.stringify({ error }) });
    expect((await ask("/ping")).status).toBe(200);
  });

  it.each(["NONSENSE", "GET /ping HTTP/1.1\r\ncontent-length: 1\r\ntransfer-encoding: chunked", "GET /ping HTTP/9.9"])(
    "answers 400 and JSON to what is no request: %j",
    async (head) => {
      const answered = await sendRaw(`${head}\r\n\r\n`);
      expect(answered).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
      expect(JSON.parse(answered.split("\r\n\r\n")[1]!)).toEqual({
        error: expect.stringMatching(/^ERR not an HTTP request: \S/),
      });
    },
  );

  it.each([["DELETE"], ["PATCH"], ["OPTIONS"]])("answers 405 to %s", async (method) => {
    expect(await answer("/get/k", { method })).toEqual({
      status: 405,
      body: `{"error":"ERR method not allowed: ${method}"}`,
    });
  });

  it("gives every answer a sync token and takes one", async () => {
    const first = await ask("/set/k/v");
    const token = first.headers.get("upstash-sync-token")!;
    const second = await ask("/get/k", { headers: { "upstash-sync-token": token } });
    expect(token).not.toBe("");
    expect(second.headers.get("upstash-sync-token")).not.toBe(token);
    for (const path of ["/nope", "/pipeline", "/multi-exec"]) {
      expect((await ask(path)).headers.get("upstash-sync-token")).not.toBeNull();
    }
  });

  it("answers JSON as application/json", async () => {
    expect((await ask("/ping")).headers.get("content-type")).toBe("application/json");
  });

  it("takes a body in chunks, cut within a character", async () => {
    const bytes = Buffer.from('["ECHO","é"]');
    const body = await new Promise<string>((resolve, reject) => {
      const headers = { authorization: `Bearer ${local.token}` };
      const sent = request(local.url, { method: "POST", headers }, (response) => {
        response.setEncoding("utf8").on("data", resolve);
      });
      sent.on("error", reject);
      sent.write(bytes.subarray(0, 10));
      setImmediate(() => sent.end(bytes.subarray(10)));
    });
    expect(body).toBe('{"result":"é"}');
  });
});
