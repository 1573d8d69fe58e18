import { type Command, type RedisReply, ReplyError, StatusReply } from "./backend.ts";

const CR = 13;
const LF = 10;
const EOL = "\r\n";

/** The error when bytes are not RESP2: the other side is no Redis, or replies got mixed up. Nothing after it can be trusted. */
export class ProtocolError extends Error {
  override readonly name = "ProtocolError";
}

/** An array that is still being filled. */
interface OpenArray {
  readonly items: RedisReply[];
  missing: number;
}

/**
 * A parser of RESP2 replies, whose chunks may be cut anywhere.
 *
 * Its work is linear, however a long string or array is cut: the part of an array that has been read stays in `open`,
 * and a chunk that does not complete a line or a string is only kept.
 */
export class ReplyParser {
  private readonly onReply: (reply: RedisReply) => void;
  private readonly open: OpenArray[] = [];
  private buffer: Buffer = Buffer.alloc(0);
  private at = 0;
  private kept: Buffer[] = [];
  private keptBytes = 0;
  /** The bytes that the string being read needs from `at`; 0 while a line is being read. */
  private needed = 0;

  constructor(onReply: (reply: RedisReply) => void) {
    this.onReply = onReply;
  }

  /** Reads a chunk. @throws ProtocolError, after which the parser cannot be used any more */
  push(chunk: Buffer): void {
    if (this.keptBytes > 0) {
      this.kept.push(chunk);
      this.keptBytes += chunk.length;
      if (this.needed > 0 ? this.keptBytes < this.needed : !chunk.includes(LF)) return;
      this.buffer = Buffer.concat(this.kept, this.keptBytes);
      this.kept = [];
      this.keptBytes = 0;
    } else {
      this.buffer = chunk;
    }
    this.at = 0;
    this.readAll();
    if (this.at < this.buffer.length) {
      const rest = this.buffer.subarray(this.at);
      this.kept.push(rest);
      this.keptBytes = rest.length;
    }
  }

  private readAll(): void {
    while (this.at < this.buffer.length) {
      const reply = this.readOne();
      if (reply === undefined) return;
      if (reply === OPENED) continue;
      this.close(reply);
    }
  }

  /** Reads one scalar or the head of an array; undefined if there are not enough bytes. */
  private readOne(): RedisReply | typeof OPENED | undefined {
    const { buffer } = this;
    this.needed = 0;
    const end = buffer.indexOf(LF, this.at + 1) - 1;
    if (end < 0) return undefined;
    if (buffer[end] !== CR) throw new ProtocolError("a line of the reply does not end with CR LF");
    const from = this.at + 1;
    switch (buffer[this.at]) {
      case 0x24 /* $ */:
        {
          const length = this.readLength(from, end);
          if (length < 0) return this.skipTo(end + 2, null);
          const start = end + 2;
          if (buffer.length < start + length + 2) {
            this.needed = start + length + 2 - this.at;
            return undefined;
          }
          if (buffer[start + length] !== CR || buffer[start + length + 1] !== LF) {
            throw new ProtocolError("a string of the reply does not end with CR LF");
          }
          return this.skipTo(start + length + 2, buffer.subarray(start, start + length));
        }
      case 0x3a /* : */:
        return this.skipTo(end + 2, this.readInteger(from, end));
      case 0x2b /* + */:
        return this.skipTo(end + 2, new StatusReply(buffer.toString("utf8", from, end)));
      case 0x2d /* - */:
        return this.skipTo(end + 2, new ReplyError(buffer.toString("utf8", from, end)));
      case 0x2a /* * */:
        {
          const length = this.readLength(from, end);
          this.at = end + 2;
          if (length < 0) return null;
          if (length === 0) return [];
          this.open.push({ items: [], missing: length });
          return OPENED;
        }
      default:
        throw new ProtocolError(`a reply cannot begin with byte ${buffer[this.at]}`);
    }
  }

  private skipTo<T>(at: number, reply: T): T {
    this.at = at;
    return reply;
  }

  private readLength(from: number, end: number): number {
    const length = this.readInteger(from, end);
    if (typeof length === "bigint" || length < -1) throw new ProtocolError(`a length of ${length}`);
    return length;
  }

  private readInteger(from: number, end: number): number | bigint {
    let value = 0;
    const negative = this.buffer[from] === 0x2d;
    const digits = negative ? from + 1 : from;
    if (digits === end) throw new ProtocolError("an integer without digits");
    for (let i = digits; i < end; i++) {
      const digit = this.buffer[i]! - 0x30;
      if (digit < 0 || digit > 9) throw new ProtocolError("an integer with something else in it");
      value = value * 10 + digit;
    }
    if (value > Number.MAX_SAFE_INTEGER) return BigInt(this.buffer.toString("latin1", from, end));
    return negative && value !== 0 ? -value : value;
  }

  /** Hands over a whole reply, or puts it into the array that it belongs to, and closes arrays that are full. */
  private close(reply: RedisReply): void {
    let whole = reply;
    for (;;) {
      const parent = this.open.at(-1);
      if (parent === undefined) break;
      parent.items.push(whole);
      parent.missing -= 1;
      if (parent.missing > 0) return;
      this.open.pop();
      whole = parent.items;
    }
    this.onReply(whole);
  }
}

const OPENED = Symbol("an array was opened");

/** A writer that gathers commands as RESP2 until `take`. It joins strings, since one long write is cheaper than many. */
export class CommandWriter {
  private parts: (string | Buffer)[] = [];
  private text = "";

  add(command: Command): void {
    let text = `*${command.length}${EOL}`;
    for (const argument of command) {
      if (typeof argument === "string") {
        text += `$${Buffer.byteLength(argument)}${EOL}${argument}${EOL}`;
      } else {
        this.parts.push(`${this.text}${text}$${argument.length}${EOL}`, argument);
        this.text = "";
        text = EOL;
      }
    }
    this.text += text;
  }

  /** Returns what has been gathered, to be written in this order. */
  take(): (string | Buffer)[] {
    const parts = this.parts;
    if (this.text !== "") parts.push(this.text);
    this.parts = [];
    this.text = "";
    return parts;
  }
}
