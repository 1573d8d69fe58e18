import { type Args, integer, integerFrom, OptionReader } from "./args.ts";
import type { CommandList } from "./command.ts";
import { formatDouble, parseFloatStrictly } from "./numbers.ts";
import { type Bytes, type EngineReply, fail, SYNTAX_ERROR, WRONG_TYPE } from "./replies.ts";
import { type ScoredMember, SortedSet } from "./sorted-set.ts";
import type { Store } from "./store.ts";
import { MemberSet } from "./values.ts";

/** The commands that combine sorted sets: union, intersection, difference. */
export const combinationCommands: CommandList = {
  zunion: [-3, "readonly", (store, args) => combined(store, args, "zunion", union)],
  zinter: [-3, "readonly", (store, args) => combined(store, args, "zinter", intersection)],
  zdiff: [-3, "readonly", (store, args) => combined(store, args, "zdiff", difference)],
  zunionstore: [-4, "write denyoom", (store, args) => keep(store, args, "zunionstore", union)],
  zinterstore: [-4, "write denyoom", (store, args) => keep(store, args, "zinterstore", intersection)],
  zdiffstore: [-4, "write denyoom", (store, args) => keep(store, args, "zdiffstore", difference)],
  zintercard: [-3, "readonly", intersectionSize],
};

/** Members with their weighted scores; a plain set's members score 1 each. */
type WeightedScores = ReadonlyMap<Bytes, number>;
type Aggregate = (a: number, b: number) => number;
type Combine = (sources: readonly WeightedScores[], aggregate: Aggregate) => Map<Bytes, number>;

const AGGREGATES: Readonly<Record<string, Aggregate>> = {
  SUM: (a, b) => orZero(a + b),
  MIN: Math.min,
  MAX: Math.max,
};

function combined(store: Store, args: Args, command: string, combine: Combine): EngineReply {
  const { sources, options } = sourcesOf(store, args, 1, command);
  const { weights, aggregate, withScores } = combineOptions(options, sources.length, combine !== difference, true);
  const result = ordered(combine(weighted(sources, weights), aggregate));
  return result.flatMap(({ member, score }) => (withScores ? [member, formatDouble(score)] : [member]));
}

function keep(store: Store, args: Args, command: string, combine: Combine): EngineReply {
  const { sources, options } = sourcesOf(store, args, 2, command);
  const { weights, aggregate } = combineOptions(options, sources.length, combine !== difference, false);
  const result = ordered(combine(weighted(sources, weights), aggregate));
  const [, key] = args;
  if (result.length === 0) {
    store.delete(key);
    return 0;
  }
  store.set(key, SortedSet.from(result));
  return result.length;
}

function sourcesOf(
  store: Store,
  args: Args,
  at: number,
  command: string,
): { sources: WeightedScores[]; options: OptionReader } {
  const number = integer(args[at]);
  if (number < 1) fail(`ERR at least 1 input key is needed for '${command}' command`);
  if (number > args.length - at - 1) throw SYNTAX_ERROR;
  const end = at + 1 + number;
  return { sources: args.slice(at + 1, end).map((key) => sourceOf(store, key)), options: new OptionReader(args, end) };
}

function sourceOf(store: Store, key: Bytes): WeightedScores {
  const value = store.get(key)?.value;
  if (value === undefined) return new Map();
  if (value instanceof MemberSet) return new Map(value.members.allKeys().map((member) => [member, 1]));
  if (!(value instanceof SortedSet)) throw WRONG_TYPE;
  return new Map(value.slice(0, value.size).map(({ member, score }) => [member, score]));
}

interface CombineOptions {
  readonly weights: readonly number[];
  readonly aggregate: Aggregate;
  readonly withScores: boolean;
}

function combineOptions(
  options: OptionReader,
  number: number,
  takesWeights: boolean,
  takesScores: boolean,
): CombineOptions {
  let weights: number[] = [];
  let aggregate = AGGREGATES.SUM!;
  let withScores = false;
  for (let option = options.next(); option !== undefined; option = options.next()) {
    if (takesWeights && option === "WEIGHTS" && options.left >= number) {
      weights = Array.from({ length: number }, () => weightOf(options.value()));
    } else if (takesWeights && option === "AGGREGATE" && options.left > 0) {
      const chosen = AGGREGATES[options.value().toUpperCase()];
      if (!chosen) throw SYNTAX_ERROR;
      aggregate = chosen;
    } else if (takesScores && option === "WITHSCORES") withScores = true;
    else throw SYNTAX_ERROR;
  }
  return { weights, aggregate, withScores };
}

function weightOf(text: Bytes): number {
  const weight = parseFloatStrictly(text);
  return weight ?? fail("ERR weight value is not a float");
}

function weighted(sources: readonly WeightedScores[], weights: readonly number[]): WeightedScores[] {
  return sources.map((source, at) => {
    const weight = weights[at];
    if (weight === undefined) return source;
    return new Map([...source].map(([member, score]) => [member, orZero(weight * score)]));
  });
}

/** Turns NaN into 0, as Redis does for ∞ - ∞ and 0 · ∞. */
function orZero(score: number): number {
  return Number.isNaN(score) ? 0 : score;
}

/** Sorts the sources as Redis does, which shows in the rounding of sums. */
function bySize(sources: readonly WeightedScores[]): WeightedScores[] {
  return sources.toSorted((a, b) => a.size - b.size);
}

function union(sources: readonly WeightedScores[], aggregate: Aggregate): Map<Bytes, number> {
  const result = new Map<Bytes, number>();
  for (const source of bySize(sources)) {
    for (const [member, score] of source) {
      const present = result.get(member);
      result.set(member, present === undefined ? score : aggregate(present, score));
    }
  }
  return result;
}

function intersection(sources: readonly WeightedScores[], aggregate: Aggregate): Map<Bytes, number> {
  const [least = new Map<Bytes, number>(), ...others] = bySize(sources);
  const result = new Map<Bytes, number>();
  for (const [member, score] of least) {
    if (others.every((source) => source.has(member))) {
      result.set(
        member,
        others.reduce((sum, source) => aggregate(sum, source.get(member)!), score),
      );
    }
  }
  return result;
}

function difference([first, ...others]: readonly WeightedScores[]): Map<Bytes, number> {
  return new Map([...first!].filter(([member]) => !others.some((source) => source.has(member))));
}

function ordered(scores: ReadonlyMap<Bytes, number>): ScoredMember[] {
  return [...scores]
    .map(([member, score]) => ({ member, score }))
    .sort((a, b) => a.score - b.score || (a.member < b.member ? -1 : 1));
}

function intersectionSize(store: Store, args: Args): EngineReply {
  const { sources, options } = sourcesOf(store, args, 1, "zintercard");
  let limit = 0;
  for (let option = options.next(); option !== undefined; option = options.next()) {
    if (option !== "LIMIT" || options.left === 0) throw SYNTAX_ERROR;
    limit = integerFrom(0, options.value(), "ERR LIMIT can't be negative");
  }
  const size = intersection(sources, AGGREGATES.SUM!).size;
  return limit > 0 ? Math.min(limit, size) : size;
}
