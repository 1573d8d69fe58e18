import { type Args, count, integer, integerFrom, OptionReader, slice } from "./args.ts";
import type { CommandList } from "./command.ts";
import type { Deque } from "./deque.ts";
import { arityError, type Bytes, type EngineReply, fail, NO_SUCH_KEY, OK, SYNTAX_ERROR } from "./replies.ts";
import type { Store } from "./store.ts";

type ListEnd = "LEFT" | "RIGHT";

/** The commands for lists. */
export const listCommands: CommandList = {
  lpush: [-3, "write denyoom fast", (store, args) => push(store, args, "LEFT")],
  rpush: [-3, "write denyoom fast", (store, args) => push(store, args, "RIGHT")],
  lpushx: [-3, "write denyoom fast", (store, args) => pushIfThere(store, args, "LEFT")],
  rpushx: [-3, "write denyoom fast", (store, args) => pushIfThere(store, args, "RIGHT")],
  lpop: [-2, "write fast", (store, args) => pop(store, args, "LEFT")],
  rpop: [-2, "write fast", (store, args) => pop(store, args, "RIGHT")],
  lmpop: [-4, "write", popFromFirst],
  llen: [2, "readonly fast", (store, [, key]) => store.list(key)?.length ?? 0],
  lrange: [4, "readonly", range],
  lindex: [3, "readonly", at],
  lset: [4, "write denyoom", set],
  linsert: [5, "write denyoom", insert],
  lrem: [4, "write", remove],
  ltrim: [4, "write", trim],
  lpos: [-3, "readonly", positions],
  lmove: [5, "write denyoom", (store, [, from, to, a, b]) => move(store, from, to, endOf(a), endOf(b))],
  rpoplpush: [3, "write denyoom", (store, [, from, to]) => move(store, from, to, "RIGHT", "LEFT")],
};

function push(store: Store, args: Args, end: ListEnd): number {
  const [, key] = args;
  const list = store.listOrNew(key);
  for (let at = 2; at < args.length; at++) pushTo(list, args[at]!, end);
  store.changed(key, args.length - 2);
  return list.length;
}

function pushIfThere(store: Store, args: Args, end: ListEnd): number {
  return store.list(args[1]) ? push(store, args, end) : 0;
}

function pushTo(list: Deque, item: Bytes, end: ListEnd): void {
  if (end === "LEFT") list.pushFront(item);
  else list.pushBack(item);
}

function popFrom(list: Deque, end: ListEnd): Bytes | undefined {
  return end === "LEFT" ? list.popFront() : list.popBack();
}

function pop(store: Store, args: Args, end: ListEnd): EngineReply {
  const [name, key, many] = args;
  if (args.length > 3) throw arityError(name.toLowerCase());
  const wanted = args.length === 3 ? count(many) : undefined;
  const list = store.list(key);
  if (!list) return null;
  if (wanted !== undefined) return popMany(store, key, list, wanted, end);
  const item = popFrom(list, end)!;
  store.changed(key);
  return item;
}

function popMany(store: Store, key: Bytes, list: Deque, wanted: number, end: ListEnd): Bytes[] {
  const items: Bytes[] = [];
  while (items.length < wanted && list.length > 0) items.push(popFrom(list, end)!);
  if (items.length > 0) store.changed(key);
  return items;
}

function popFromFirst(store: Store, args: Args): EngineReply {
  const { keys, options } = numberedKeys(args);
  const end = endOf(options.value());
  const wanted = countOption(options);
  for (const key of keys) {
    const list = store.list(key);
    if (list) return [key, popMany(store, key, list, wanted, end)];
  }
  return null;
}

/** Reads `numkeys key …` and the options after it, of which there must be one, for LMPOP and ZMPOP. */
export function numberedKeys(args: Args): { keys: readonly Bytes[]; options: OptionReader } {
  const number = integerFrom(1, args[1], "ERR numkeys should be greater than 0");
  if (number + 2 >= args.length) throw SYNTAX_ERROR;
  return { keys: args.slice(2, 2 + number), options: new OptionReader(args, 2 + number) };
}

/** Reads `[COUNT n]`, after which nothing may follow; 1 if absent. */
export function countOption(options: OptionReader): number {
  let wanted: number | undefined;
  for (let option = options.next(); option !== undefined; option = options.next()) {
    if (option !== "COUNT" || wanted !== undefined || options.left === 0) throw SYNTAX_ERROR;
    wanted = integerFrom(1, options.value(), "ERR count should be greater than 0");
  }
  return wanted ?? 1;
}

function endOf(word: Bytes): ListEnd {
  const end = word.toUpperCase();
  if (end !== "LEFT" && end !== "RIGHT") throw SYNTAX_ERROR;
  return end;
}

function range(store: Store, [, key, start, stop]: Args): EngineReply {
  const [from, to] = [integer(start), integer(stop)];
  const list = store.list(key);
  return list ? list.slice(...slice(from, to, list.length)) : [];
}

function at(store: Store, [, key, index]: Args): EngineReply {
  const list = store.list(key);
  if (!list) return null;
  return list.at(fromStart(integer(index), list)) ?? null;
}

function fromStart(index: number, list: Deque): number {
  return index < 0 ? index + list.length : index;
}

function set(store: Store, [, key, index, value]: Args): EngineReply {
  const list = store.list(key);
  if (!list) throw NO_SUCH_KEY;
  const position = fromStart(integer(index), list);
  if (list.at(position) === undefined) fail("ERR index out of range");
  list.set(position, value);
  store.changed(key);
  return OK;
}

function insert(store: Store, [, key, where, pivot, value]: Args): EngineReply {
  const side = where.toUpperCase();
  if (side !== "BEFORE" && side !== "AFTER") throw SYNTAX_ERROR;
  const list = store.list(key);
  if (!list) return 0;
  const items = list.slice(0, list.length);
  const found = items.indexOf(pivot);
  if (found < 0) return -1;
  items.splice(side === "BEFORE" ? found : found + 1, 0, value);
  list.replaceAll(items);
  store.changed(key);
  return list.length;
}

function remove(store: Store, [, key, many, value]: Args): EngineReply {
  const wanted = integer(many);
  const list = store.list(key);
  if (!list) return 0;
  const items = list.slice(0, list.length);
  if (wanted < 0) items.reverse();
  let left = wanted === 0 ? items.length : Math.abs(wanted);
  const kept = items.filter((item) => item !== value || left-- <= 0);
  const removed = items.length - kept.length;
  if (removed === 0) return 0;
  list.replaceAll(wanted < 0 ? kept.reverse() : kept);
  store.changed(key, removed);
  return removed;
}

function trim(store: Store, [, key, start, stop]: Args): EngineReply {
  const [first, last] = [integer(start), integer(stop)];
  const list = store.list(key);
  if (!list) return OK;
  const [from, to] = slice(first, last, list.length);
  for (let left = list.length - to; left > 0; left--) list.popBack();
  for (let left = from; left > 0; left--) list.popFront();
  store.changed(key);
  return OK;
}

function positions(store: Store, args: Args): EngineReply {
  const [, key, wanted] = args;
  const { rank, limit, most } = positionOptions(args);
  const list = store.list(key);
  const found: number[] = [];
  let skip = Math.abs(rank) - 1;
  const steps = list ? Math.min(list.length, most || list.length) : 0;
  for (let step = 0; step < steps; step++) {
    const index = rank > 0 ? step : list!.length - 1 - step;
    if (list!.at(index) !== wanted || skip-- > 0) continue;
    if (limit === undefined) return index;
    found.push(index);
    if (found.length === limit) break;
  }
  return limit === undefined ? null : found;
}

function positionOptions(args: Args): { rank: number; limit: number | undefined; most: number } {
  let [rank, most] = [1, 0];
  let limit: number | undefined;
  const options = new OptionReader(args, 3);
  for (let option = options.next(); option !== undefined; option = options.next()) {
    if (option === "RANK" && options.left > 0) rank = rankOf(options.value());
    else if (option === "COUNT" && options.left > 0) {
      limit = integerFrom(0, options.value(), "ERR COUNT can't be negative");
    } else if (option === "MAXLEN" && options.left > 0) {
      most = integerFrom(0, options.value(), "ERR MAXLEN can't be negative");
    } else throw SYNTAX_ERROR;
  }
  return { rank, limit, most };
}

function rankOf(text: Bytes): number {
  const rank = integer(text);
  // In Redis 7.0 the absolute value overflows, and counts as less than 1.
  if (text === "-9223372036854775808") return -1;
  if (rank !== 0) return rank;
  return fail(
    "ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... " +
      "or use negative to start from the end of the list",
  );
}

function move(store: Store, from: Bytes, to: Bytes, takeFrom: ListEnd, putAt: ListEnd): EngineReply {
  const source = store.list(from);
  if (!source) return null;
  const target = store.listOrNew(to);
  const item = popFrom(source, takeFrom)!;
  pushTo(target, item, putAt);
  store.changed(to);
  if (from !== to) store.changed(from);
  return item;
}
