import type { Bytes } from "./replies.ts";

/**
 * An x87 `long double` (64 bits of mantissa), the type in which Redis adds floats: the value is mantissa · 2^exponent.
 * Doubles would answer 0.1 + 0.2 with 0.30000000000000004 where Redis says 0.3.
 */
interface LongDouble {
  readonly mantissa: bigint;
  readonly exponent: number;
}

const MANTISSA_BITS = 64;
/** The limits of the type: 2^16384 is too large, and anything smaller than 10^-4951 too small. */
const MAX_EXPONENT = 16_384;
const MAX_TENS = 4_951;
const FRACTION_DIGITS = 17;
const HEXADECIMAL = /^([+-]?)0x(?=\.?[0-9a-f])([0-9a-f]*)(?:\.([0-9a-f]*))?(?:p([+-]?[0-9]{1,5}))?$/i;
const DECIMAL = /^([+-]?)([0-9]*)(?:\.([0-9]*))?(?:e([+-]?[0-9]{1,9}))?$/i;

/** Adds two floats that `isLongDouble` accepts, as INCRBYFLOAT prints the sum; undefined if it is infinite. */
export function addFloats(left: Bytes, right: Bytes): string | undefined {
  const [a, b] = [parse(left), parse(right)];
  if (a === undefined || b === undefined || a === "infinite" || b === "infinite") return undefined;
  const exponent = Math.min(a.exponent, b.exponent, 0);
  const sum = round(shift(a, exponent) + shift(b, exponent), 1n, exponent);
  return tooLarge(sum) ? undefined : print(sum);
}

/** Returns whether a float that `isLongDouble` accepts is infinite. */
export function isInfinite(text: Bytes): boolean {
  return parse(text) === "infinite";
}

/** Returns whether INCRBYFLOAT accepts the text as a float. */
export function isLongDouble(text: Bytes): boolean {
  const value = parse(text);
  return value !== undefined && (value === "infinite" || !tooLarge(value));
}

function parse(text: Bytes): LongDouble | "infinite" | undefined {
  if (/^[+-]?inf(?:inity)?$/i.test(text)) return "infinite";
  const hexadecimal = HEXADECIMAL.exec(text);
  if (hexadecimal) return fromHexadecimal(hexadecimal);
  const match = DECIMAL.exec(text);
  if (!match) return undefined;
  const [, sign, whole = "", fraction = "", power = "0"] = match;
  const digits = `${whole}${fraction}`;
  if (digits === "") return undefined;
  const numerator = BigInt(digits) * (sign === "-" ? -1n : 1n);
  if (numerator === 0n) return { mantissa: 0n, exponent: 0 };
  const tens = Number(power) - fraction.length;
  if (Math.abs(tens + digits.length) > MAX_TENS) return undefined;
  return tens >= 0 ? round(numerator * 10n ** BigInt(tens), 1n, 0) : round(numerator, 10n ** BigInt(-tens), 0);
}

function fromHexadecimal([, sign, whole = "", fraction = "", power = "0"]: RegExpExecArray): LongDouble {
  const digits = BigInt(`0x${whole}${fraction}`) * (sign === "-" ? -1n : 1n);
  return round(digits, 1n, Number(power) - 4 * fraction.length);
}

/** Rounds numerator / denominator · 2^exponent to the nearest mantissa of 64 bits, ties to even. */
function round(numerator: bigint, denominator: bigint, exponent: number): LongDouble {
  if (numerator === 0n) return { mantissa: 0n, exponent: 0 };
  const magnitude = numerator < 0n ? -numerator : numerator;
  // One bit more than needed at least: it and the remainder decide which way to round.
  const drop = bits(magnitude) - bits(denominator) - MANTISSA_BITS - 1;
  const top = drop < 0 ? magnitude << BigInt(-drop) : magnitude;
  const bottom = drop > 0 ? denominator << BigInt(drop) : denominator;
  const surplus = bits(top / bottom) - MANTISSA_BITS;
  const mantissa = divideToNearest(top, bottom << BigInt(surplus));
  return { mantissa: numerator < 0n ? -mantissa : mantissa, exponent: exponent + drop + surplus };
}

/** Prints as `%.17Lf` does, without trailing zeros. */
function print({ mantissa, exponent }: LongDouble): string {
  const magnitude = (mantissa < 0n ? -mantissa : mantissa) * 10n ** BigInt(FRACTION_DIGITS);
  const scaled = exponent >= 0 ? magnitude << BigInt(exponent) : divideToNearest(magnitude, 1n << BigInt(-exponent));
  const digits = scaled.toString().padStart(FRACTION_DIGITS + 1, "0");
  const fraction = digits.slice(-FRACTION_DIGITS).replace(/0+$/, "");
  const text = `${digits.slice(0, -FRACTION_DIGITS)}${fraction && "."}${fraction}`;
  return mantissa < 0n && text !== "0" ? `-${text}` : text;
}

/** Divides two integers that are not negative, and rounds to the nearest, ties to even. */
function divideToNearest(numerator: bigint, denominator: bigint): bigint {
  const quotient = numerator / denominator;
  const twice = (numerator % denominator) * 2n;
  const up = twice > denominator || (twice === denominator && quotient % 2n === 1n);
  return up ? quotient + 1n : quotient;
}

function shift({ mantissa, exponent }: LongDouble, to: number): bigint {
  return mantissa << BigInt(mantissa === 0n ? 0 : exponent - to);
}

function bits(value: bigint): number {
  return value.toString(2).length;
}

function tooLarge({ mantissa, exponent }: LongDouble): boolean {
  return mantissa !== 0n && bits(mantissa < 0n ? -mantissa : mantissa) + exponent > MAX_EXPONENT;
}
