import { type RedisReply, ReplyError, StatusReply } from "./backend.ts";

/** How strings travel in a JSON answer. */
export type Encoding = "plain" | "base64";

type ReplyLeaf = Exclude<RedisReply, RedisReply[]>;

/** Writes a reply as Upstash does: `{"result":…}` or `{"error":…}`. */
export function answerJson(reply: RedisReply, encoding: Encoding): string {
  if (reply instanceof ReplyError) return errorJson(reply.message);
  // The only string that stays plain. In an array it does not, because there the client decodes it.
  if (reply instanceof StatusReply && reply.text === "OK") return '{"result":"OK"}';
  return `{"result":${Array.isArray(reply) ? arrayJson(reply, encoding) : leafJson(reply, encoding)}}`;
}

/** Writes an error as Upstash does. */
export function errorJson(message: string): string {
  return `{"error":${JSON.stringify(message)}}`;
}

/** Writes a reply as a Redis server does. */
export function answerResp2(reply: RedisReply): Buffer {
  if (!Array.isArray(reply)) return leafResp2(reply);
  const parts: Buffer[] = [];
  walk(reply, {
    open: (items) => parts.push(Buffer.from(`*${items.length}\r\n`)),
    leaf: (leaf) => parts.push(leafResp2(leaf)),
  });
  return Buffer.concat(parts);
}

/** Counts the bytes of all strings in a reply. */
export function replyBytes(reply: RedisReply): number {
  if (!Array.isArray(reply)) return leafBytes(reply);
  let bytes = 0;
  walk(reply, {
    leaf: (leaf) => {
      bytes += leafBytes(leaf);
    },
  });
  return bytes;
}

function arrayJson(array: RedisReply[], encoding: Encoding): string {
  let json = "";
  let comma = "";
  walk(array, {
    open: () => {
      json += `${comma}[`;
      comma = "";
    },
    strings: (strings) => {
      json +=
        comma + JSON.stringify(strings.map((string) => string.toString(encoding === "base64" ? "base64" : "utf8")));
      comma = ",";
    },
    leaf: (leaf) => {
      json += comma + leafJson(leaf, encoding);
      comma = ",";
    },
    close: () => {
      json += "]";
      comma = ",";
    },
  });
  return json;
}

function leafJson(leaf: ReplyLeaf, encoding: Encoding): string {
  if (leaf === null) return "null";
  if (typeof leaf === "number" || typeof leaf === "bigint") return String(leaf);
  if (Buffer.isBuffer(leaf)) {
    return encoding === "base64" ? `"${leaf.toString("base64")}"` : JSON.stringify(leaf.toString("utf8"));
  }
  const text = leaf instanceof StatusReply ? leaf.text : leaf.message;
  return JSON.stringify(encoding === "base64" ? Buffer.from(text).toString("base64") : text);
}

function leafResp2(leaf: ReplyLeaf): Buffer {
  if (Buffer.isBuffer(leaf)) return Buffer.concat([Buffer.from(`$${leaf.length}\r\n`), leaf, Buffer.from("\r\n")]);
  if (leaf === null) return Buffer.from("$-1\r\n");
  if (leaf instanceof StatusReply) return Buffer.from(`+${inOneLine(leaf.text)}\r\n`);
  if (leaf instanceof ReplyError) return Buffer.from(`-${inOneLine(leaf.message)}\r\n`);
  return Buffer.from(`:${leaf}\r\n`);
}

/** Keeps an error on one line: it may repeat what the client sent, and an early line end would garble all later replies. */
function inOneLine(text: string): string {
  return text.replace(/[\r\n]/g, " ");
}

function leafBytes(leaf: ReplyLeaf): number {
  return Buffer.isBuffer(leaf) ? leaf.length : 0;
}

interface ReplyVisitor {
  open?(items: RedisReply[]): void;
  /** Gets an array of strings as a whole, in place of `open`, each `leaf` and `close`. */
  strings?(strings: Buffer[]): void;
  leaf(leaf: ReplyLeaf): void;
  close?(): void;
}

/** Visits an array and all that it holds, in order. It does not recurse: a script's reply may be nested 8,000 deep. */
function walk(array: RedisReply[], visitor: ReplyVisitor): void {
  const around: { items: RedisReply[]; at: number }[] = [];
  let items: RedisReply[] = [array];
  let at = 0;
  for (;;) {
    if (at < items.length) {
      const item = items[at++]!;
      if (Array.isArray(item) && visitor.strings && item.every((each) => Buffer.isBuffer(each))) {
        visitor.strings(item);
      } else if (Array.isArray(item)) {
        around.push({ items, at });
        items = item;
        at = 0;
        visitor.open?.(items);
      } else {
        visitor.leaf(item);
      }
    } else {
      const outer = around.pop();
      if (!outer) return;
      visitor.close?.();
      ({ items, at } = outer);
    }
  }
}
