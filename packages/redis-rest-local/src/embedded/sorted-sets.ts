import { type Args, count, float } from "./args.ts";
import type { CommandContext, CommandList } from "./command.ts";
import { countOption, numberedKeys } from "./lists.ts";
import { formatDouble } from "./numbers.ts";
import { checkPairs, pick, pickCount } from "./random.ts";
import { type Bytes, type EngineReply, fail, SYNTAX_ERROR } from "./replies.ts";
import { scanMembers } from "./scan.ts";
import type { ScoredMember, SortedSet } from "./sorted-set.ts";
import type { Store } from "./store.ts";

/** The commands for members of sorted sets and their scores. */
export const sortedSetCommands: CommandList = {
  zadd: [-4, "write denyoom fast", (store, args) => add(store, args, false)],
  zincrby: [4, "write denyoom fast", (store, args) => add(store, args, true)],
  zrem: [-3, "write fast", remove],
  zscore: [3, "readonly fast", (store, [, key, member]) => scoreOf(store.sortedSet(key), member)],
  zmscore: [-3, "readonly fast", scores],
  zcard: [2, "readonly fast", (store, [, key]) => store.sortedSet(key)?.size ?? 0],
  zrank: [3, "readonly fast", (store, [, key, member]) => store.sortedSet(key)?.rank(member) ?? null],
  zrevrank: [3, "readonly fast", reverseRank],
  zpopmin: [-2, "write fast", (store, args) => pop(store, args, "MIN")],
  zpopmax: [-2, "write fast", (store, args) => pop(store, args, "MAX")],
  zmpop: [-4, "write", popFromFirst],
  zrandmember: [-2, "readonly", randomMember],
  zscan: [-3, "readonly", scan],
};

interface AddOptions {
  readonly NX?: boolean;
  readonly XX?: boolean;
  readonly GT?: boolean;
  readonly LT?: boolean;
  readonly CH?: boolean;
  readonly INCR?: boolean;
}

const ADD_OPTIONS = ["NX", "XX", "GT", "LT", "CH", "INCR"];

function add(store: Store, args: Args, incrementing: boolean): EngineReply {
  const [, key] = args;
  const { options, from } = addOptions(args);
  const pairs: ScoredMember[] = [];
  for (let at = from; at < args.length; at += 2) pairs.push({ score: float(args[at]), member: args[at + 1]! });
  if (options.INCR || incrementing) return increment(store, key, pairs[0]!.score, pairs[0]!.member, options);

  const present = store.sortedSet(key);
  if (!present && options.XX) return 0;
  const set = present ?? store.sortedSetOrNew(key);
  let [added, updated] = [0, 0];
  for (const { member, score } of pairs) {
    const old = set.score(member);
    if (!allows(options, old, score) || score === old) continue;
    set.set(member, score);
    if (old === undefined) added++;
    else updated++;
  }
  if (added + updated > 0) store.changed(key, added + updated);
  else if (!present) store.changed(key, 0);
  return options.CH ? added + updated : added;
}

function addOptions(args: Args): { options: AddOptions; from: number } {
  let from = 2;
  const names = new Set<string>();
  for (; from < args.length && ADD_OPTIONS.includes(args[from]!.toUpperCase()); from++)
    names.add(args[from]!.toUpperCase());
  const pairs = (args.length - from) / 2;
  if (pairs === 0 || !Number.isInteger(pairs)) throw SYNTAX_ERROR;
  const options: AddOptions = Object.fromEntries([...names].map((name) => [name, true]));
  if (options.NX && options.XX) fail("ERR XX and NX options at the same time are not compatible");
  if ((options.GT && options.NX) || (options.LT && options.NX) || (options.GT && options.LT)) {
    fail("ERR GT, LT, and/or NX options at the same time are not compatible");
  }
  if (options.INCR && pairs > 1) fail("ERR INCR option supports a single increment-element pair");
  return { options, from };
}

function allows({ NX, XX, GT, LT }: AddOptions, old: number | undefined, score: number): boolean {
  if (old === undefined) return !XX;
  return !NX && !(GT && score <= old) && !(LT && score >= old);
}

function increment(store: Store, key: Bytes, by: number, member: Bytes, options: AddOptions): EngineReply {
  const old = store.sortedSet(key)?.score(member);
  if (old === undefined ? options.XX : options.NX) return null;
  const score = old === undefined ? by : old + by;
  if (Number.isNaN(score)) fail("ERR resulting score is not a number (NaN)");
  if (!allows(options, old, score)) return null;
  if (score !== old) {
    store.sortedSetOrNew(key).set(member, score);
    store.changed(key);
  }
  return formatDouble(score);
}

function remove(store: Store, args: Args): EngineReply {
  const [, key] = args;
  const set = store.sortedSet(key);
  let removed = 0;
  for (let at = 2; at < args.length; at++) if (set?.delete(args[at]!)) removed++;
  if (removed > 0) store.changed(key, removed);
  return removed;
}

function scoreOf(set: SortedSet | undefined, member: Bytes): Bytes | null {
  const score = set?.score(member);
  return score === undefined ? null : formatDouble(score);
}

function scores(store: Store, args: Args): EngineReply {
  const set = store.sortedSet(args[1]);
  return args.slice(2).map((member) => scoreOf(set, member));
}

function reverseRank(store: Store, [, key, member]: Args): EngineReply {
  const set = store.sortedSet(key);
  const rank = set?.rank(member);
  return rank === undefined ? null : set!.size - 1 - rank;
}

function pop(store: Store, args: Args, end: "MIN" | "MAX"): EngineReply {
  const [, key, many] = args;
  if (args.length > 3) throw SYNTAX_ERROR;
  const wanted = args.length === 3 ? count(many) : 1;
  const set = store.sortedSet(key);
  return set ? take(store, key, set, wanted, end).flat() : [];
}

function take(store: Store, key: Bytes, set: SortedSet, wanted: number, end: "MIN" | "MAX"): [Bytes, Bytes][] {
  const number = Math.min(wanted, set.size);
  const taken = end === "MIN" ? set.slice(0, number) : set.slice(set.size - number, set.size).reverse();
  for (const { member } of taken) set.delete(member);
  if (number > 0) store.changed(key, number);
  return taken.map(({ member, score }) => [member, formatDouble(score)]);
}

function popFromFirst(store: Store, args: Args): EngineReply {
  const { keys, options } = numberedKeys(args);
  const end = options.value().toUpperCase();
  if (end !== "MIN" && end !== "MAX") throw SYNTAX_ERROR;
  const wanted = countOption(options);
  for (const key of keys) {
    const set = store.sortedSet(key);
    if (set) return [key, take(store, key, set, wanted, end)];
  }
  return null;
}

function randomMember(store: Store, args: Args, context: CommandContext): EngineReply {
  const [, key, many, option] = args;
  const withScores = args.length > 3;
  const wanted = args.length > 2 ? pickCount(many) : undefined;
  if (args.length > 4 || (withScores && option.toUpperCase() !== "WITHSCORES")) throw SYNTAX_ERROR;
  if (withScores) checkPairs(wanted!);
  const members = store.sortedSet(key)?.members;
  if (wanted === undefined) return members ? members.keyAt(context.random(members.size)) : null;
  if (!members) return [];
  return pick(members, wanted, context.random).flatMap((position) => {
    const { member, score } = members.valueAt(position);
    return withScores ? [member, formatDouble(score)] : [member];
  });
}

function scan(store: Store, args: Args): EngineReply {
  return scanMembers(
    args,
    () => store.sortedSet(args[1])?.members,
    (member, { score }) => [member, formatDouble(score)],
  );
}
