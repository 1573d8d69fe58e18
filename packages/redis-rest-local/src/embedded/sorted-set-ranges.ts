import { type Args, integer, OptionReader, slice } from "./args.ts";
import type { CommandList } from "./command.ts";
import { formatDouble, scanFloat } from "./numbers.ts";
import { type Bytes, type EngineReply, fail, SYNTAX_ERROR, WRONG_TYPE } from "./replies.ts";
import { type ScoredMember, SortedSet } from "./sorted-set.ts";
import type { Store } from "./store.ts";

/** The commands for ranges of a sorted set, by rank, score or name. */
export const rangeCommands: CommandList = {
  zrange: [-4, "readonly", (store, args) => range(store, args, {})],
  zrevrange: [-4, "readonly", (store, args) => range(store, args, { by: "rank", reverse: true })],
  zrangebyscore: [-4, "readonly", (store, args) => range(store, args, { by: "score", reverse: false })],
  zrevrangebyscore: [-4, "readonly", (store, args) => range(store, args, { by: "score", reverse: true })],
  zrangebylex: [-4, "readonly", (store, args) => range(store, args, { by: "lex", reverse: false })],
  zrevrangebylex: [-4, "readonly", (store, args) => range(store, args, { by: "lex", reverse: true })],
  zrangestore: [-5, "write denyoom", rangeStore],
  zcount: [4, "readonly fast", (store, [, key, min, max]) => countIn(store, key, scoreInterval(min, max))],
  zlexcount: [4, "readonly fast", (store, [, key, min, max]) => countIn(store, key, lexInterval(min, max))],
  zremrangebyrank: [4, "write", removeByRank],
  zremrangebyscore: [4, "write", (store, [, key, min, max]) => removeIn(store, key, scoreInterval(min, max))],
  zremrangebylex: [4, "write", (store, [, key, min, max]) => removeIn(store, key, lexInterval(min, max))],
};

type RangeBy = "rank" | "score" | "lex";

interface RangeQuery {
  readonly by: RangeBy;
  readonly reverse: boolean;
  readonly withScores: boolean;
  readonly offset: number;
  readonly limit: number;
}

/** The ranks from … to - 1 of a sorted set. */
type Ranks = readonly [from: number, to: number];
type RankInterval = (set: SortedSet, reverse: boolean) => Ranks;

const NONE: Ranks = [0, 0];
/** The size up to which Redis walks a sorted set from end to end, which shows if scores differ in a range by name. */
const SMALL = 128;

function range(store: Store, args: Args, fixed: { by?: RangeBy; reverse?: boolean }): EngineReply {
  const query = queryOf(args, 4, fixed, true);
  return select(store, args[1], args[2], args[3], query).flatMap(({ member, score }) =>
    query.withScores ? [member, formatDouble(score)] : [member],
  );
}

function rangeStore(store: Store, args: Args): EngineReply {
  const [, to, from, min, max] = args;
  const found = select(store, from, min, max, queryOf(args, 5, {}, false));
  if (found.length === 0) {
    store.delete(to);
    return 0;
  }
  const set = new SortedSet();
  for (const { member, score } of found) set.set(member, score);
  store.set(to, set);
  return found.length;
}

function queryOf(
  args: Args,
  from: number,
  fixed: { by?: RangeBy; reverse?: boolean },
  takesScores: boolean,
): RangeQuery {
  let { by, reverse } = fixed;
  let [withScores, offset, limit] = [false, 0, -1];
  const options = new OptionReader(args, from);
  for (let option = options.next(); option !== undefined; option = options.next()) {
    if (option === "WITHSCORES" && takesScores) withScores = true;
    else if (option === "LIMIT" && options.left > 1) {
      offset = integer(options.value());
      limit = integer(options.value());
    } else if (option === "REV" && reverse === undefined) reverse = true;
    else if (option === "BYLEX" && by === undefined) by = "lex";
    else if (option === "BYSCORE" && by === undefined) by = "score";
    else throw SYNTAX_ERROR;
  }
  if (limit !== -1 && (by ?? "rank") === "rank") {
    fail("ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX");
  }
  if (withScores && by === "lex") fail("ERR syntax error, WITHSCORES not supported in combination with BYLEX");
  return { by: by ?? "rank", reverse: reverse ?? false, withScores, offset, limit };
}

function select(store: Store, key: Bytes, first: Bytes, second: Bytes, query: RangeQuery): ScoredMember[] {
  const interval = intervalOf(query, first, second);
  const value = store.get(key)?.value;
  if (value === undefined) return [];
  if (!(value instanceof SortedSet)) throw WRONG_TYPE;
  const [from, to] = limited(interval(value, query.reverse), query);
  const found = value.slice(from, to);
  return query.reverse ? found.reverse() : found;
}

function intervalOf({ by, reverse }: RangeQuery, first: Bytes, second: Bytes): RankInterval {
  if (by === "rank") return rankInterval(integer(first), integer(second));
  const [min, max] = reverse ? [second, first] : [first, second];
  return by === "score" ? scoreInterval(min, max) : lexInterval(min, max);
}

function limited([from, to]: Ranks, { offset, limit, reverse, by }: RangeQuery): Ranks {
  if (by === "rank") return [from, to];
  if (offset < 0 || offset >= to - from) return NONE;
  const number = Math.min(to - from - offset, limit < 0 ? Number.POSITIVE_INFINITY : limit);
  return reverse ? [to - offset - number, to - offset] : [from + offset, from + offset + number];
}

function rankInterval(start: number, stop: number): RankInterval {
  return (set, reverse) => {
    const [from, to] = slice(start, stop, set.size);
    return reverse ? [set.size - to, set.size - from] : [from, to];
  };
}

interface ScoreBound {
  readonly value: number;
  readonly exclusive: boolean;
}

function scoreInterval(min: Bytes, max: Bytes): RankInterval {
  const [low, high] = [scoreBound(min), scoreBound(max)];
  return (set) => {
    if (low.value > high.value || (low.value === high.value && (low.exclusive || high.exclusive))) return NONE;
    const from = set.countWhile(({ score }) => (low.exclusive ? score <= low.value : score < low.value));
    const to = set.countWhile(({ score }) => (high.exclusive ? score < high.value : score <= high.value));
    return [from, to];
  };
}

function scoreBound(text: Bytes): ScoreBound {
  const exclusive = text.startsWith("(");
  const end = text.indexOf("\0");
  const number = text.slice(exclusive ? 1 : 0, end < 0 ? text.length : end);
  const { value, length } = scanFloat(number);
  if (length !== number.length || Number.isNaN(value)) fail("ERR min or max is not a float");
  return { value, exclusive };
}

/** A bound of a range by name: -1 and 1 stand for before and after all names. */
interface LexBound {
  readonly member: Bytes | -1 | 1;
  readonly exclusive: boolean;
}

function lexInterval(min: Bytes, max: Bytes): RankInterval {
  const [low, high] = [lexBound(min), lexBound(max)];
  const reachesLow = ({ member }: ScoredMember) => isAfter(member, low, 1);
  const reachesHigh = ({ member }: ScoredMember) => isAfter(member, high, -1);
  const order = compareBounds(low, high);
  const empty = order > 0 || (order === 0 && (low.exclusive || high.exclusive));
  return (set, reverse) => {
    if (empty || set.size === 0) return NONE;
    if (set.size > SMALL) {
      return [set.countWhile((entry) => !reachesLow(entry)), set.countWhile((entry) => reachesHigh(entry))];
    }
    return walk(set.slice(0, set.size), reachesLow, reachesHigh, reverse);
  };
}

/** Returns whether the name is on the inner side of a lower (1) or an upper (-1) bound. */
function isAfter(member: Bytes, bound: LexBound, side: 1 | -1): boolean {
  if (typeof bound.member === "number") return bound.member !== side;
  const order = member < bound.member ? -1 : member > bound.member ? 1 : 0;
  return order === 0 ? !bound.exclusive : order === side;
}

function compareBounds(a: LexBound, b: LexBound): number {
  const [rankA, rankB] = [a, b].map(({ member }) => (typeof member === "number" ? member : 0));
  if (rankA !== rankB || rankA !== 0) return rankA! - rankB!;
  return a.member < b.member ? -1 : a.member > b.member ? 1 : 0;
}

function walk(
  entries: ScoredMember[],
  low: (entry: ScoredMember) => boolean,
  high: (entry: ScoredMember) => boolean,
  reverse: boolean,
): Ranks {
  if (!low(entries.at(-1)!) || !high(entries[0]!)) return NONE;
  if (reverse) {
    const last = entries.findLastIndex(high);
    let first = last;
    while (first >= 0 && low(entries[first]!)) first--;
    return [first + 1, last + 1];
  }
  const first = entries.findIndex(low);
  let end = first;
  while (end < entries.length && high(entries[end]!)) end++;
  return [first, end];
}

function lexBound(text: Bytes): LexBound {
  if (text === "-") return { member: -1, exclusive: true };
  if (text === "+") return { member: 1, exclusive: true };
  if (!/^[([]/.test(text)) fail("ERR min or max not valid string range item");
  return { member: text.slice(1), exclusive: text.startsWith("(") };
}

function countIn(store: Store, key: Bytes, interval: RankInterval): EngineReply {
  const set = store.sortedSet(key);
  if (!set) return 0;
  const [from, to] = interval(set, false);
  return Math.max(0, to - from);
}

function removeIn(store: Store, key: Bytes, interval: RankInterval): EngineReply {
  const set = store.sortedSet(key);
  return set ? removeRanks(store, key, set, interval(set, false)) : 0;
}

function removeByRank(store: Store, [, key, start, stop]: Args): EngineReply {
  const interval = rankInterval(integer(start), integer(stop));
  return removeIn(store, key, interval);
}

function removeRanks(store: Store, key: Bytes, set: SortedSet, [from, to]: Ranks): number {
  const removed = set.slice(from, to);
  for (const { member } of removed) set.delete(member);
  if (removed.length > 0) store.changed(key, removed.length);
  return removed.length;
}
