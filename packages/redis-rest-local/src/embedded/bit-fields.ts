import { type Args, exactInteger } from "./args.ts";
import type { CommandList } from "./command.ts";
import { narrow, parseInteger } from "./numbers.ts";
import { type Bytes, type EngineReply, fail, SYNTAX_ERROR } from "./replies.ts";
import { NEVER, type Store } from "./store.ts";

const MAX_BITS = 512 * 1024 * 1024 * 8;

/** The commands for integers of any width within a string. */
export const bitFieldCommands: CommandList = {
  bitfield: [-2, "write denyoom", (store, args) => run(store, args, operationsOf(args, false))],
  bitfield_ro: [-2, "readonly fast", (store, args) => run(store, args, operationsOf(args, true))],
};

type Overflow = "WRAP" | "SAT" | "FAIL";

interface Operation {
  readonly name: "GET" | "SET" | "INCRBY";
  readonly isSigned: boolean;
  readonly bits: number;
  readonly offset: number;
  readonly value: bigint;
  readonly overflow: Overflow;
}

/** Reads all operations, before any is run. */
function operationsOf(args: Args, isReadOnly: boolean): Operation[] {
  const operations: Operation[] = [];
  let overflow: Overflow = "WRAP";
  for (let at = 2; at < args.length; ) {
    const name = args[at]!.toUpperCase();
    const left = args.length - at - 1;
    if (name === "OVERFLOW" && left >= 1) {
      overflow = overflowOf(args[at + 1]!);
      at += 2;
      continue;
    }
    const count = name === "GET" ? 2 : 3;
    if (!(name === "GET" || name === "SET" || name === "INCRBY") || left < count) throw SYNTAX_ERROR;
    const width = widthOf(args[at + 1]!);
    const offset = offsetOf(args[at + 2]!, width.bits);
    operations.push({ name, ...width, offset, value: name === "GET" ? 0n : exactInteger(args[at + 3]), overflow });
    at += 1 + count;
  }
  if (isReadOnly && operations.some(({ name }) => name !== "GET"))
    fail("ERR BITFIELD_RO only supports the GET subcommand");
  return operations;
}

function overflowOf(text: Bytes): Overflow {
  const word = text.toUpperCase();
  if (word === "WRAP" || word === "SAT" || word === "FAIL") return word;
  return fail("ERR Invalid OVERFLOW type specified");
}

function widthOf(text: Bytes): { isSigned: boolean; bits: number } {
  const bits = Number(parseInteger(text.slice(1)) ?? 0n);
  const isSigned = text.startsWith("i");
  if ((!isSigned && !text.startsWith("u")) || bits < 1 || bits > (isSigned ? 64 : 63))
    fail("ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.");
  return { isSigned, bits };
}

/** Reads an offset in bits, or behind a `#` in fields of this width. */
function offsetOf(text: Bytes, bits: number): number {
  const isCounted = text.startsWith("#");
  const given = parseInteger(isCounted ? text.slice(1) : text);
  const offset = given === undefined ? -1n : isCounted ? BigInt.asIntN(64, given * BigInt(bits)) : given;
  if (offset < 0n || offset >= MAX_BITS) fail("ERR bit offset is not an integer or out of range");
  return Number(offset);
}

function run(store: Store, [, key]: Args, operations: readonly Operation[]): EngineReply {
  const text = store.string(key) ?? "";
  const ends = operations.map(({ name, offset, bits }) =>
    name === "GET" ? 0 : Math.floor((offset + bits - 1) / 8) + 1,
  );
  const length = Math.max(0, ...ends);
  const bytes = Buffer.alloc(Math.max(text.length, length));
  bytes.write(text, "latin1");
  const answers = operations.map((each) => (each.name === "GET" ? narrow(read(bytes, each)) : change(bytes, each)));
  if (length > 0) store.set(key, bytes.toString("latin1"), store.get(key)?.expireAt ?? NEVER);
  return answers;
}

/** Returns the new value for INCRBY, the old one for SET, nil where it would overflow and must not. */
function change(bytes: Buffer, operation: Operation): number | bigint | null {
  const { name, isSigned, bits, value, overflow } = operation;
  const old = read(bytes, operation);
  const wanted = name === "SET" ? (isSigned ? value : BigInt.asUintN(64, value)) : old + value;
  const [least, most] = isSigned
    ? [-(1n << BigInt(bits - 1)), (1n << BigInt(bits - 1)) - 1n]
    : [0n, (1n << BigInt(bits)) - 1n];
  const fits = wanted >= least && wanted <= most;
  if (!fits && overflow === "FAIL") return null;
  const saturated = wanted > most ? most : least;
  const wrapped = isSigned ? BigInt.asIntN(bits, wanted) : BigInt.asUintN(bits, wanted);
  const next = fits ? wanted : overflow === "SAT" ? saturated : wrapped;
  write(bytes, operation, next);
  return narrow(name === "SET" ? old : next);
}

/** Finds the bytes that hold a field, and how many bits follow it in the last one. */
function windowOf({ offset, bits }: Operation): { from: number; to: number; shift: bigint } {
  const from = Math.floor(offset / 8);
  const to = Math.floor((offset + bits - 1) / 8) + 1;
  return { from, to, shift: BigInt(to * 8 - offset - bits) };
}

/** Reads a field; what lies behind the string's end is 0. */
function read(bytes: Buffer, operation: Operation): bigint {
  const { from, to, shift } = windowOf(operation);
  const hex = bytes.toString("hex", from, Math.min(to, bytes.length)).padEnd((to - from) * 2, "0");
  const field = BigInt(`0x${hex}`) >> shift;
  return operation.isSigned ? BigInt.asIntN(operation.bits, field) : BigInt.asUintN(operation.bits, field);
}

function write(bytes: Buffer, operation: Operation, value: bigint): void {
  const { from, to, shift } = windowOf(operation);
  const mask = ((1n << BigInt(operation.bits)) - 1n) << shift;
  const kept = BigInt(`0x${bytes.toString("hex", from, to)}`) & ~mask;
  const field = BigInt.asUintN(operation.bits, value) << shift;
  bytes.write((kept | field).toString(16).padStart((to - from) * 2, "0"), from, "hex");
}
