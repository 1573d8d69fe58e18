import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { answerResp2 } from "../src/answer.ts";
import { type Command, type RedisReply, ReplyError, StatusReply } from "../src/backend.ts";
import { CommandWriter, ProtocolError, ReplyParser } from "../src/resp.ts";

function parse(...chunks: (string | Buffer)[]): RedisReply[] {
  const replies: RedisReply[] = [];
  const parser = new ReplyParser((reply) => replies.push(reply));
  for (const chunk of chunks) parser.push(Buffer.from(chunk as string));
  return replies;
}

function write(...commands: Command[]): Buffer {
  const writer = new CommandWriter();
  for (const command of commands) writer.add(command);
  return Buffer.concat(writer.take().map((part) => Buffer.from(part as string)));
}

/** Cuts bytes at each of the given places, which may fall anywhere and may repeat. */
function cut(bytes: Buffer, places: number[]): Buffer[] {
  const at = [0, ...places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return at.slice(1).map((end, i) => bytes.subarray(at[i], end));
}

const line = fc.string({ unit: "grapheme", maxLength: 20 }).map((text) => text.replace(/[\r\n]/g, " "));
const bytes = fc.uint8Array({ maxLength: 40, size: "max" }).map((array) => Buffer.from(array));
const { reply } = fc.letrec<{ reply: RedisReply; array: RedisReply[] }>((tie) => ({
  reply: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constant(null),
    fc.maxSafeInteger().map((number) => number || 0),
    fc.bigInt({ min: 2n ** 53n, max: 2n ** 63n - 1n }),
    fc.bigInt({ min: -(2n ** 63n), max: -(2n ** 53n) }),
    bytes,
    line.map((text) => new StatusReply(text)),
    line.map((text) => new ReplyError(text)),
    tie("array"),
  ),
  array: fc.array(tie("reply"), { maxLength: 6, size: "max" }),
}));
const cuts = fc.array(fc.nat(), { maxLength: 30, size: "max" });

describe("the reply parser", () => {
  test.each<[string, string, RedisReply]>([
    ["a status", "+OK\r\n", new StatusReply("OK")],
    ["an empty status", "+\r\n", new StatusReply("")],
    ["an error", "-ERR no\r\n", new ReplyError("ERR no")],
    ["an integer", ":42\r\n", 42],
    ["a negative integer", ":-42\r\n", -42],
    ["the largest safe integer", ":9007199254740991\r\n", 9007199254740991],
    ["an integer beyond 2^53", ":9007199254740993\r\n", 9007199254740993n],
    ["the smallest 64-bit integer", ":-9223372036854775808\r\n", -9223372036854775808n],
    ["a string", "$3\r\nfoo\r\n", Buffer.from("foo")],
    ["an empty string", "$0\r\n\r\n", Buffer.from("")],
    ["a string with CR LF in it", "$4\r\na\r\nb\r\n", Buffer.from("a\r\nb")],
    ["a nil string", "$-1\r\n", null],
    ["a nil array", "*-1\r\n", null],
    ["an empty array", "*0\r\n", []],
    ["nested arrays", "*2\r\n*1\r\n:1\r\n*2\r\n*0\r\n$1\r\na\r\n", [[1], [[], Buffer.from("a")]]],
  ])("reads %s", (_, text, expected) => {
    expect(parse(text)).toEqual([expected]);
  });

  test("reads any replies, however the bytes are split", () => {
    void fc.assert(
      fc.property(fc.array(reply, { maxLength: 8, size: "max" }), cuts, (replies, places) => {
        const sent = Buffer.concat(replies.map(answerResp2));
        expect(parse(...cut(sent, places))).toEqual(replies);
      }),
      { numRuns: 500 },
    );
  });

  test("reads a reply that arrives byte by byte", () => {
    const text = "*3\r\n$5\r\nhello\r\n:1\r\n-ERR x\r\n+OK\r\n";
    expect(parse(...text)).toEqual([[Buffer.from("hello"), 1, new ReplyError("ERR x")], new StatusReply("OK")]);
  });

  test("reads an array nested 100,000 deep", () => {
    const depth = 100_000;
    let inner = parse(`${"*1\r\n".repeat(depth)}:7\r\n`)[0];
    for (let level = 0; level < depth; level++) inner = (inner as RedisReply[])[0];
    expect(inner).toBe(7);
  });

  test("reads 64 MB in chunks of 64 KB without copying it again and again", () => {
    const body = Buffer.alloc(64 * 1024 * 1024, "x");
    const chunks = [Buffer.from(`$${body.length}\r\n`)];
    for (let at = 0; at < body.length; at += 65536) chunks.push(body.subarray(at, at + 65536));
    const started = performance.now();
    const [read] = parse(...chunks, "\r\n");
    expect(performance.now() - started).toBeLessThan(5000);
    expect((read as Buffer).equals(body)).toBe(true);
  });

  test("returns nothing before a reply is complete", () => {
    expect(parse("*2\r\n:1\r\n")).toEqual([]);
    expect(parse("$3\r\nfoo\r")).toEqual([]);
    expect(parse("+OK")).toEqual([]);
  });

  test.each([
    ["HTTP instead of RESP", "HTTP/1.1 400 Bad Request\r\n"],
    ["a length that is not a number", "$x\r\n"],
    ["a length below -1", "$-2\r\n"],
    ["a length beyond 2^53", "*9999999999999999999\r\n"],
    ["an integer without digits", ":\r\n"],
    ["a string longer than it says", "$1\r\nabc\r\n"],
    ["a line that ends with LF alone", "+OK\n"],
  ])("refuses %s", (_, text) => {
    expect(() => parse(text)).toThrow(ProtocolError);
  });
});

describe("the command writer", () => {
  test.each<[string, Command, string]>([
    ["words", ["GET", "key"], "*2\r\n$3\r\nGET\r\n$3\r\nkey\r\n"],
    ["an empty argument", ["ECHO", ""], "*2\r\n$4\r\nECHO\r\n$0\r\n\r\n"],
    ["text by its length in bytes", ["ECHO", "é€😀"], "*2\r\n$4\r\nECHO\r\n$9\r\né€😀\r\n"],
    ["half a surrogate pair as U+FFFD", ["ECHO", "\ud800"], "*2\r\n$4\r\nECHO\r\n$3\r\n\ufffd\r\n"],
  ])("writes %s", (_, command, expected) => {
    expect(write(command).toString()).toBe(expected);
  });

  test("writes strings and buffers that a parser reads back in order", () => {
    const argument = fc.oneof(bytes, fc.string({ unit: "grapheme", maxLength: 20 }));
    void fc.assert(
      fc.property(fc.array(fc.array(argument, { minLength: 1, maxLength: 5 }), { maxLength: 5 }), (commands) => {
        const asBytes = commands.map((command) => command.map((item) => Buffer.from(item as string)));
        expect(parse(write(...commands))).toEqual(asBytes);
      }),
    );
  });
});
