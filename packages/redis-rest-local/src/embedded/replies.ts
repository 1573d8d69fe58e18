import { type RedisReply, ReplyError, StatusReply } from "../backend.ts";

/**
 * A binary string: a JavaScript string in which every character is one byte (0 to 255). Keys and values are kept like this:
 * such strings compare as bytes do, hash fast, and cost a byte a character.
 */
export type Bytes = string;

/** A reply inside the engine: a `RedisReply` with binary strings in place of `Buffer`s. */
export type EngineReply = Bytes | number | bigint | StatusReply | ReplyError | null | EngineReply[];

/** The replies that several commands give, in Redis' words. */
export const OK = new StatusReply("OK");
export const WRONG_TYPE = new ReplyError("WRONGTYPE Operation against a key holding the wrong kind of value");
export const SYNTAX_ERROR = new ReplyError("ERR syntax error");
export const NOT_AN_INTEGER = new ReplyError("ERR value is not an integer or out of range");
export const NOT_A_FLOAT = new ReplyError("ERR value is not a valid float");
export const NO_SUCH_KEY = new ReplyError("ERR no such key");
export const OUT_OF_MEMORY = new ReplyError("OOM command not allowed when used memory > 'maxmemory'.");
export const TOO_LONG = new ReplyError("ERR string exceeds maximum allowed size (proto-max-bulk-len)");

/** Leaves a command with an error reply. It is thrown without a stack, and caught where commands are run. */
export function fail(message: string): never {
  throw new ReplyError(message);
}

/** Prints a caller's text inside an error as Redis does: up to the first NUL, and on one line. */
export function quoted(text: Bytes, limit = Number.POSITIVE_INFINITY): string {
  const end = text.indexOf("\0");
  return text.slice(0, Math.min(end < 0 ? text.length : end, limit)).replace(/[\r\n]/g, " ");
}

/** Makes the error for a wrong number of arguments. */
export function arityError(command: string): ReplyError {
  return new ReplyError(`ERR wrong number of arguments for '${command}' command`);
}

/** Turns a reply into what callers get: bytes as a `Buffer`, errors and statuses as text. */
export function toReply(result: EngineReply): RedisReply {
  if (typeof result === "string") return Buffer.from(result, "latin1");
  if (Array.isArray(result)) return result.map(toReply);
  if (result instanceof ReplyError && !isAscii(result.message)) return new ReplyError(toText(result.message));
  if (result instanceof StatusReply && !isAscii(result.text)) return new StatusReply(toText(result.text));
  return result;
}

function toText(bytes: Bytes): string {
  return Buffer.from(bytes, "latin1").toString("utf8");
}

/** Turns an argument into a binary string; a string stands for its UTF-8 bytes. */
export function toBytes(argument: string | Buffer): Bytes {
  if (typeof argument !== "string") return argument.toString("latin1");
  return isAscii(argument) ? argument : Buffer.from(argument, "utf8").toString("latin1");
}

function isAscii(text: string): boolean {
  return /^[\0-\x7f]*$/.test(text);
}
