import fc from "fast-check";
import type { Argument, Words } from "./grammar-words.ts";

type Part = Argument | fc.Arbitrary<Argument> | fc.Arbitrary<Words>;

/** Joins the parts in their order. */
export function all(...parts: Part[]): fc.Arbitrary<Words> {
  const arbitraries = parts.map(
    (part) => (isArgument(part) ? fc.constant(part) : part) as fc.Arbitrary<Argument | Words>,
  );
  return fc.tuple(...arbitraries).map((found) => found.flat());
}

function isArgument(part: Part): part is Argument {
  return typeof part === "string" || Buffer.isBuffer(part);
}

export function many(part: Part, minLength: number, maxLength: number): fc.Arbitrary<Words> {
  return fc.array(all(part), { minLength, maxLength, size: "max" }).map((found) => found.flat());
}

/** Takes up to three of the options, in any order. */
export function options(...parts: Part[]): fc.Arbitrary<Words> {
  const arbitraries = parts.map((part) => all(part));
  return fc
    .shuffledSubarray(
      arbitraries.map((_, at) => at),
      { maxLength: Math.min(3, parts.length) },
    )
    .chain((chosen) => fc.tuple(...chosen.map((at) => arbitraries[at]!)).map((found) => found.flat()));
}

export function either(...parts: Part[]): fc.Arbitrary<Words> {
  return fc.oneof(...parts.map((part) => all(part)));
}
