import { parseFloatStrictly, parseInteger } from "./numbers.ts";
import { type Bytes, fail, NOT_A_FLOAT, NOT_AN_INTEGER, SYNTAX_ERROR } from "./replies.ts";

/**
 * A command's name and arguments. The first are there by type, as the arity of the command promises; those after
 * them may be missing.
 */
export type Args = readonly [Bytes, Bytes, Bytes, Bytes, Bytes, ...Bytes[]];

/** An integer argument. Beyond 2^53 it is the nearest double: enough for what is clamped to a length anyway. */
export function integer(text: Bytes | undefined): number {
  return Number(exactInteger(text));
}

export function exactInteger(text: Bytes | undefined): bigint {
  const value = text === undefined ? undefined : parseInteger(text);
  if (value === undefined) throw NOT_AN_INTEGER;
  return value;
}

/** An integer of at least `least`; anything else, words too, is answered with `message`. */
export function integerFrom(least: number, text: Bytes | undefined, message: string): number {
  const value = text === undefined ? undefined : parseInteger(text);
  if (value === undefined || value < least) fail(message);
  return Number(value);
}

/** A count of elements to take: 0 or more. */
export function count(text: Bytes): number {
  return integerFrom(0, text, "ERR value is out of range, must be positive");
}

export function float(text: Bytes | undefined): number {
  const value = text === undefined ? undefined : parseFloatStrictly(text);
  if (value === undefined) throw NOT_A_FLOAT;
  return value;
}

/** The arguments from an index on, for reading options one after another. */
export class Options {
  private readonly args: readonly Bytes[];
  private at: number;

  constructor(args: readonly Bytes[], from: number) {
    this.args = args;
    this.at = from;
  }

  /** The next option's name in capitals; undefined at the end. */
  next(): string | undefined {
    return this.args[this.at++]?.toUpperCase();
  }

  /** The option that `next` gave, as it was written. */
  get raw(): Bytes {
    return this.args[this.at - 1]!;
  }

  /** How many arguments are left. */
  get left(): number {
    return this.args.length - this.at;
  }

  /** The value that must follow the option. */
  value(): Bytes {
    if (this.left < 1) throw SYNTAX_ERROR;
    return this.args[this.at++]!;
  }

  rest(): readonly Bytes[] {
    return this.args.slice(this.at);
  }
}

/** `start` and `stop` as Redis counts them (negative from the end), as a half-open range; empty is [0, 0). */
export function slice(start: number, stop: number, length: number): [number, number] {
  const from = Math.max(0, start < 0 ? start + length : start);
  const to = Math.min(length, (stop < 0 ? stop + length : stop) + 1);
  return from >= to ? [0, 0] : [from, to];
}
