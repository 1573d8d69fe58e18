import { type Args, count, integerFrom, OptionReader } from "./args.ts";
import type { CommandContext, CommandList } from "./command.ts";
import { pick, pickCount } from "./random.ts";
import { type Bytes, type EngineReply, fail, SYNTAX_ERROR } from "./replies.ts";
import { scanMembers } from "./scan.ts";
import type { Store } from "./store.ts";
import { MemberSet } from "./values.ts";

/** The commands for sets. */
export const setCommands: CommandList = {
  sadd: [-3, "write denyoom fast", add],
  srem: [-3, "write fast", remove],
  smembers: [2, "readonly", (store, [, key]) => [...(store.memberSet(key)?.members.allKeys() ?? [])]],
  sismember: [3, "readonly fast", (store, [, key, member]) => Number(store.memberSet(key)?.has(member) ?? false)],
  smismember: [-3, "readonly fast", areMembers],
  scard: [2, "readonly fast", (store, [, key]) => store.memberSet(key)?.size ?? 0],
  smove: [4, "write fast", move],
  spop: [-2, "write fast", pop],
  srandmember: [-2, "readonly", randomMember],
  sinter: [-2, "readonly", (store, args) => intersection(setsOf(store, args.slice(1)))],
  sunion: [-2, "readonly", (store, args) => union(setsOf(store, args.slice(1)))],
  sdiff: [-2, "readonly", (store, args) => difference(setsOf(store, args.slice(1)))],
  sinterstore: [-3, "write denyoom", (store, args) => keep(store, args, intersection)],
  sunionstore: [-3, "write denyoom", (store, args) => keep(store, args, union)],
  sdiffstore: [-3, "write denyoom", (store, args) => keep(store, args, difference)],
  sintercard: [-3, "readonly", intersectionSize],
  sscan: [-3, "readonly", scan],
};

type Sets = readonly (MemberSet | undefined)[];

function add(store: Store, args: Args): EngineReply {
  const [, key] = args;
  const set = store.memberSetOrNew(key);
  let added = 0;
  for (let at = 2; at < args.length; at++) if (set.add(args[at]!)) added++;
  if (added > 0) store.changed(key, added);
  return added;
}

function remove(store: Store, args: Args): EngineReply {
  const [, key] = args;
  const set = store.memberSet(key);
  let removed = 0;
  for (let at = 2; at < args.length; at++) if (set?.delete(args[at]!)) removed++;
  if (removed > 0) store.changed(key, removed);
  return removed;
}

function areMembers(store: Store, args: Args): EngineReply {
  const set = store.memberSet(args[1]);
  return args.slice(2).map((member) => Number(set?.has(member) ?? false));
}

function move(store: Store, [, from, to, member]: Args): EngineReply {
  const source = store.memberSet(from);
  if (!source) return 0;
  const target = store.memberSet(to);
  if (source === target) return Number(source.has(member));
  if (!source.delete(member)) return 0;
  store.changed(from);
  store.memberSetOrNew(to).add(member);
  store.changed(to);
  return 1;
}

function pop(store: Store, args: Args, context: CommandContext): EngineReply {
  const [, key, many] = args;
  if (args.length > 3) throw SYNTAX_ERROR;
  const wanted = args.length === 3 ? count(many) : undefined;
  const set = store.memberSet(key);
  if (!set) return wanted === undefined ? null : [];
  const taken = pick(set.members, wanted ?? 1, context.random).map((position) => set.members.keyAt(position));
  for (const member of taken) set.delete(member);
  if (taken.length > 0) store.changed(key, taken.length);
  // The log must name what chance took.
  context.logAs(["srem", key, ...taken]);
  return wanted === undefined ? taken[0]! : taken;
}

function randomMember(store: Store, args: Args, context: CommandContext): EngineReply {
  const [, key, many] = args;
  if (args.length > 3) throw SYNTAX_ERROR;
  const wanted = args.length === 3 ? pickCount(many) : undefined;
  const members = store.memberSet(key)?.members;
  if (wanted === undefined) return members ? members.keyAt(context.random(members.size)) : null;
  return members ? pick(members, wanted, context.random).map((position) => members.keyAt(position)) : [];
}

function setsOf(store: Store, keys: readonly Bytes[]): Sets {
  return keys.map((key) => store.memberSet(key));
}

function intersection(sets: Sets): Bytes[] {
  const present = sets.filter((set) => set !== undefined);
  if (present.length < sets.length) return [];
  const [least, ...others] = present.sort((a, b) => a.size - b.size);
  return least!.members.allKeys().filter((member) => others.every((set) => set.has(member)));
}

function union(sets: Sets): Bytes[] {
  return [...new Set(sets.flatMap((set) => set?.members.allKeys() ?? []))];
}

function difference([first, ...others]: Sets): Bytes[] {
  return first ? first.members.allKeys().filter((member) => !others.some((set) => set?.has(member))) : [];
}

function keep(store: Store, args: Args, combine: (sets: Sets) => Bytes[]): EngineReply {
  const [, key] = args;
  const members = combine(setsOf(store, args.slice(2)));
  if (members.length === 0) store.delete(key);
  else store.set(key, MemberSet.from(members));
  return members.length;
}

function intersectionSize(store: Store, args: Args): EngineReply {
  const number = integerFrom(1, args[1], "ERR numkeys should be greater than 0");
  if (number > args.length - 2) fail("ERR Number of keys can't be greater than number of args");
  const options = new OptionReader(args, 2 + number);
  let limit = 0;
  for (let option = options.next(); option !== undefined; option = options.next()) {
    if (option !== "LIMIT" || options.left === 0) throw SYNTAX_ERROR;
    limit = integerFrom(0, options.value(), "ERR LIMIT can't be negative");
  }
  const size = intersection(setsOf(store, args.slice(2, 2 + number))).length;
  return limit > 0 ? Math.min(limit, size) : size;
}

function scan(store: Store, args: Args): EngineReply {
  return scanMembers(
    args,
    () => store.memberSet(args[1])?.members,
    (member) => [member],
  );
}
