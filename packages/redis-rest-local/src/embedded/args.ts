import { parseFloatStrictly, parseInteger } from "./numbers.ts";
import { type Bytes, fail, NOT_A_FLOAT, NOT_AN_INTEGER, SYNTAX_ERROR } from "./replies.ts";

/**
 * A command's name and arguments. The type promises the first ones, because the command's arity was checked; later ones may
 * be missing.
 */
export type Args = readonly [Bytes, Bytes, Bytes, Bytes, Bytes, ...Bytes[]];

/** Reads an integer. Beyond 2^53 it returns the nearest double, which is enough for a number that is clamped to a length. */
export function integer(text: Bytes | undefined): number {
  return Number(exactInteger(text));
}

/** Reads a 64-bit integer. @throws ReplyError if it is none */
export function exactInteger(text: Bytes | undefined): bigint {
  const value = text === undefined ? undefined : parseInteger(text);
  if (value === undefined) throw NOT_AN_INTEGER;
  return value;
}

/** Reads an integer of at least `least`; answers anything else with the error `message`. */
export function integerFrom(least: number, text: Bytes | undefined, message: string): number {
  const value = text === undefined ? undefined : parseInteger(text);
  if (value === undefined || value < least) fail(message);
  return Number(value);
}

/** Reads a count of elements to take: 0 or more. */
export function count(text: Bytes): number {
  return integerFrom(0, text, "ERR value is out of range, must be positive");
}

/** Reads a float. @throws ReplyError if it is none */
export function float(text: Bytes | undefined): number {
  const value = text === undefined ? undefined : parseFloatStrictly(text);
  if (value === undefined) throw NOT_A_FLOAT;
  return value;
}

/** A reader of the arguments from an index on, option by option. */
export class OptionReader {
  private readonly args: readonly Bytes[];
  private at: number;

  constructor(args: readonly Bytes[], from: number) {
    this.args = args;
    this.at = from;
  }

  /** Reads the next option's name, in capitals; undefined at the end. */
  next(): string | undefined {
    return this.args[this.at++]?.toUpperCase();
  }

  /** The option that `next` returned, as it was written. */
  get raw(): Bytes {
    return this.args[this.at - 1]!;
  }

  /** How many arguments are left. */
  get left(): number {
    return this.args.length - this.at;
  }

  /** Reads the value that must follow the option. */
  value(): Bytes {
    if (this.left < 1) throw SYNTAX_ERROR;
    return this.args[this.at++]!;
  }

  rest(): readonly Bytes[] {
    return this.args.slice(this.at);
  }
}

/** Turns `start` and `stop` as Redis counts them (negative from the end) into a half-open range; [0, 0) if it is empty. */
export function slice(start: number, stop: number, length: number): [number, number] {
  const from = Math.max(0, start < 0 ? start + length : start);
  const to = Math.min(length, (stop < 0 ? stop + length : stop) + 1);
  return from >= to ? [0, 0] : [from, to];
}
