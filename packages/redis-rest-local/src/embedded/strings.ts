import { type Args, exactInteger, integer, OptionReader } from "./args.ts";
import type { CommandList } from "./command.ts";
import { expiryTime } from "./expiry.ts";
import { addFloats, isLongDouble } from "./long-double.ts";
import { fitsInt64, narrow } from "./numbers.ts";
import { arityError, type Bytes, type EngineReply, fail, NOT_A_FLOAT, OK, SYNTAX_ERROR, TOO_LONG } from "./replies.ts";
import { NEVER, type Store } from "./store.ts";

const MAX_STRING_BYTES = 512 * 1024 * 1024;

/** The commands for strings, counters among them. */
export const stringCommands: CommandList = {
  get: [2, "readonly fast", (store, [, key]) => store.string(key) ?? null],
  set: [-3, "write denyoom", set],
  setnx: [3, "write denyoom fast", (store, [, key, value]) => setIfAbsent(store, key, value)],
  setex: [4, "write denyoom", (store, [, key, time, value]) => setFor(store, key, value, "EX", time, "setex")],
  psetex: [4, "write denyoom", (store, [, key, time, value]) => setFor(store, key, value, "PX", time, "psetex")],
  getset: [3, "write denyoom fast", getSet],
  getdel: [2, "write fast", getDel],
  getex: [-2, "write fast", getEx],
  mget: [-2, "readonly fast", (store, args) => args.slice(1).map((key) => plainString(store, key))],
  mset: [-3, "write denyoom", mset],
  msetnx: [-3, "write denyoom", msetnx],
  append: [3, "write denyoom fast", append],
  strlen: [2, "readonly fast", (store, [, key]) => store.string(key)?.length ?? 0],
  getrange: [4, "readonly", getRange],
  substr: [4, "readonly", getRange],
  setrange: [4, "write denyoom", setRange],
  incr: [2, "write denyoom fast", (store, [, key]) => increment(store, key, 1n)],
  decr: [2, "write denyoom fast", (store, [, key]) => increment(store, key, -1n)],
  incrby: [3, "write denyoom fast", (store, [, key, by]) => increment(store, key, exactInteger(by))],
  decrby: [3, "write denyoom fast", decrementBy],
  incrbyfloat: [3, "write denyoom fast", incrementByFloat],
};

function set(store: Store, args: Args): EngineReply {
  const [, key, value] = args;
  const options = setOptions(args);
  const { expiry } = options;
  const expireAt = expiry && expiryTime(expiry.option, expiry.time, store.now, "set");
  const old = options.get ? (store.string(key) ?? null) : null;
  const entry = store.get(key);
  const refused = options.condition === "NX" ? entry !== undefined : options.condition === "XX" && !entry;
  if (refused) return old;
  store.set(key, value, expireAt ?? (options.keepTtl ? entry?.expireAt : undefined) ?? NEVER);
  return options.get ? old : OK;
}

interface ExpiryOption {
  readonly option: string;
  readonly time: Bytes;
}

function setOptions(args: Args): {
  condition: string;
  get: boolean;
  keepTtl: boolean;
  expiry: ExpiryOption | undefined;
} {
  let [condition, get, keepTtl] = ["", false, false];
  let expiry: ExpiryOption | undefined;
  const options = new OptionReader(args, 3);
  for (let option = options.next(); option !== undefined; option = options.next()) {
    if ((option === "NX" || option === "XX") && (condition === "" || condition === option)) condition = option;
    else if (option === "GET") get = true;
    else if (option === "KEEPTTL" && !expiry) keepTtl = true;
    else if (isExpiry(option) && !keepTtl && (!expiry || expiry.option === option)) {
      expiry = { option, time: options.value() };
    } else throw SYNTAX_ERROR;
  }
  return { condition, get, keepTtl, expiry };
}

function isExpiry(option: string): boolean {
  return option === "EX" || option === "PX" || option === "EXAT" || option === "PXAT";
}

function setIfAbsent(store: Store, key: Bytes, value: Bytes): number {
  if (store.has(key)) return 0;
  store.set(key, value);
  return 1;
}

function setFor(store: Store, key: Bytes, value: Bytes, unit: string, time: Bytes, command: string): EngineReply {
  store.set(key, value, expiryTime(unit, time, store.now, command));
  return OK;
}

function getSet(store: Store, [, key, value]: Args): EngineReply {
  const old = store.string(key) ?? null;
  store.set(key, value);
  return old;
}

function getDel(store: Store, [, key]: Args): EngineReply {
  const old = store.string(key) ?? null;
  store.delete(key);
  return old;
}

function getEx(store: Store, args: Args): EngineReply {
  const [, key] = args;
  let persist = false;
  let expiry: ExpiryOption | undefined;
  const options = new OptionReader(args, 2);
  for (let option = options.next(); option !== undefined; option = options.next()) {
    if (option === "PERSIST" && !expiry) persist = true;
    else if (isExpiry(option) && !persist && (!expiry || expiry.option === option)) {
      expiry = { option, time: options.value() };
    } else throw SYNTAX_ERROR;
  }
  const value = store.string(key);
  if (value === undefined) return null;
  if (expiry) {
    const at = expiryTime(expiry.option, expiry.time, store.now, "getex");
    if (at <= store.now) store.delete(key);
    else store.expireAt(key, at);
  } else if (persist && store.get(key)!.expireAt !== NEVER) store.expireAt(key, NEVER);
  return value;
}

/** Returns a string for MGET, or nil if the key holds none. */
function plainString(store: Store, key: Bytes): Bytes | null {
  const value = store.get(key)?.value;
  return typeof value === "string" ? value : null;
}

function mset(store: Store, args: Args): EngineReply {
  for (const [key, value] of pairs(args, "mset")) store.set(key, value);
  return OK;
}

function msetnx(store: Store, args: Args): EngineReply {
  const values = pairs(args, "msetnx");
  if (values.some(([key]) => store.has(key))) return 0;
  for (const [key, value] of values) store.set(key, value);
  return 1;
}

function pairs(args: Args, command: string): [Bytes, Bytes][] {
  if (args.length % 2 === 0) throw arityError(command);
  const found: [Bytes, Bytes][] = [];
  for (let at = 1; at < args.length; at += 2) found.push([args[at]!, args[at + 1]!]);
  return found;
}

function append(store: Store, [, key, tail]: Args): EngineReply {
  const value = (store.string(key) ?? "") + tail;
  if (value.length > MAX_STRING_BYTES) throw TOO_LONG;
  replace(store, key, value);
  return value.length;
}

/** Replaces a string by another one; its expiry stays. */
function replace(store: Store, key: Bytes, value: Bytes): void {
  store.set(key, value, store.get(key)?.expireAt ?? NEVER);
}

function getRange(store: Store, [, key, first, last]: Args): EngineReply {
  const [start, stop] = [integer(first), integer(last)];
  const value = store.string(key) ?? "";
  if (start < 0 && stop < 0 && start > stop) return "";
  const from = Math.max(0, start < 0 ? start + value.length : start);
  const to = Math.max(0, stop < 0 ? stop + value.length : stop);
  return value.slice(from, to + 1);
}

function setRange(store: Store, [, key, at, part]: Args): EngineReply {
  const offset = integer(at);
  if (offset < 0) fail("ERR offset is out of range");
  const value = store.string(key) ?? "";
  if (part === "") return value.length;
  if (offset + part.length > MAX_STRING_BYTES) throw TOO_LONG;
  const padded = value.length < offset ? value + "\0".repeat(offset - value.length) : value;
  const written = padded.slice(0, offset) + part + padded.slice(offset + part.length);
  replace(store, key, written);
  return written.length;
}

function increment(store: Store, key: Bytes, by: bigint): EngineReply {
  const sum = exactInteger(store.string(key) ?? "0") + by;
  if (!fitsInt64(sum)) fail("ERR increment or decrement would overflow");
  replace(store, key, String(sum));
  return narrow(sum);
}

function decrementBy(store: Store, [, key, by]: Args): EngineReply {
  const amount = exactInteger(by);
  if (!fitsInt64(-amount)) fail("ERR decrement would overflow");
  return increment(store, key, -amount);
}

function incrementByFloat(store: Store, [, key, by]: Args): EngineReply {
  const value = store.string(key) ?? "0";
  if (!isLongDouble(value) || !isLongDouble(by)) throw NOT_A_FLOAT;
  const sum = addFloats(value, by);
  if (sum === undefined) fail("ERR increment would produce NaN or Infinity");
  replace(store, key, sum);
  return sum;
}
