import type { Bytes } from "./replies.ts";

const INT64_MAX = 2n ** 63n - 1n;
const INT64_MIN = -(2n ** 63n);
const INTEGER = /^(?:0|-?[1-9][0-9]{0,18})$/;
const SMALL_INTEGER = /^-?[0-9]{1,15}$/;
const DECIMAL = /^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?/i;
const HEXADECIMAL = /^([+-]?)0x([0-9a-f]*)(?:\.([0-9a-f]*))?(?:p([+-]?[0-9]+))?/i;
const INFINITE = /^([+-]?)inf(?:inity)?/i;
const SPACE = /^[ \t\n\v\f\r]+/;

/** Reads a 64-bit integer that is written exactly as Redis would print it; undefined for anything else. */
export function parseInteger(text: Bytes): bigint | undefined {
  if (!INTEGER.test(text)) return undefined;
  const value = BigInt(text);
  return fitsInt64(value) ? value : undefined;
}

/** Returns whether Redis can keep the integer: it has 64 bits and a sign. */
export function fitsInt64(value: bigint): boolean {
  return value >= INT64_MIN && value <= INT64_MAX;
}

/** Turns a bigint into a number if that is exact, since numbers are faster. */
export function narrow(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** Reads a float that is the whole text, as Redis reads scores and increments; undefined for other texts and NaN. */
export function parseFloatStrictly(text: Bytes): number | undefined {
  if (SMALL_INTEGER.test(text)) return Number(text);
  if (text === "" || SPACE.test(text)) return undefined;
  const { value, length } = scanFloat(text);
  if (length !== text.length || Number.isNaN(value)) return undefined;
  const overflown = !Number.isFinite(value) && !/inf/i.test(text);
  const underflown = value === 0 && /[1-9a-f]/i.test(text.replace(/e.*$/i, "").replace(/^[+-]?0x/i, ""));
  return overflown || underflown ? undefined : value;
}

/** Reads the float at the beginning of a text, as C's `strtod` does. `length` is 0 if there is none. */
export function scanFloat(text: Bytes): { value: number; length: number } {
  const skipped = SPACE.exec(text)?.[0].length ?? 0;
  const rest = text.slice(skipped);
  const hexadecimal = HEXADECIMAL.exec(rest);
  if (hexadecimal && (hexadecimal[2] || hexadecimal[3])) {
    return { value: fromHexadecimal(hexadecimal), length: skipped + hexadecimal[0].length };
  }
  const infinite = INFINITE.exec(rest);
  if (infinite) {
    const value = infinite[1] === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
    return { value, length: skipped + infinite[0].length };
  }
  const nan = /^[+-]?nan(?:\([0-9a-z_]*\))?/i.exec(rest);
  if (nan) return { value: Number.NaN, length: skipped + nan[0].length };
  const decimal = DECIMAL.exec(rest);
  return decimal ? { value: Number(decimal[0]), length: skipped + decimal[0].length } : { value: 0, length: 0 };
}

function fromHexadecimal([, sign, whole = "", fraction = "", exponent = "0"]: RegExpExecArray): number {
  const digits = BigInt(`0x${whole}${fraction}`);
  const value = Number(digits) * 2 ** (Number(exponent) - 4 * fraction.length);
  return sign === "-" ? -value : value;
}

/** Prints a double as `%.17g` does: so Redis 7.0 writes scores, and Lua's numbers as arguments. */
export function formatDouble(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e17) return Object.is(value, -0) ? "-0" : String(value);
  return formatGeneral(value, 17);
}

/** Prints a double as C's `%.{digits}g` does, for at most 17 digits. */
export function formatGeneral(value: number, digits: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  if (value === 0) return Object.is(value, -0) ? "-0" : "0";
  const [mantissa = "", power = "0"] = value.toExponential(digits - 1).split("e");
  const exponent = Number(power);
  if (exponent >= -4 && exponent < digits) return trimZeros(value.toFixed(digits - 1 - exponent));
  const padded = String(Math.abs(exponent)).padStart(2, "0");
  return `${trimZeros(mantissa)}e${exponent < 0 ? "-" : "+"}${padded}`;
}

function trimZeros(text: string): string {
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

/** Reads a cursor, as C's `strtoul` does with the whole text; undefined if it is none. */
export function scanInteger(text: Bytes): number | undefined {
  if (!/^[+-]?[0-9]+$/.test(text)) return text === "" ? 0 : undefined;
  const value = BigInt(text);
  const magnitude = value < 0n ? -value : value;
  return magnitude < 2n ** 64n ? Number(BigInt.asUintN(64, value)) : undefined;
}
