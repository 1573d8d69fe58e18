import { type Args, exactInteger } from "./args.ts";
import type { CommandContext, CommandList } from "./command.ts";
import { addFloats, isInfinite, isLongDouble } from "./long-double.ts";
import { fitsInt64, narrow, parseInteger } from "./numbers.ts";
import { checkPairs, pick, pickCount } from "./random.ts";
import { arityError, type Bytes, type EngineReply, fail, NOT_A_FLOAT, OK, SYNTAX_ERROR } from "./replies.ts";
import { scanMembers } from "./scan.ts";
import type { Store } from "./store.ts";

/** The commands for hashes. */
export const hashCommands: CommandList = {
  hset: [-4, "write denyoom fast", (store, args) => setFields(store, args, "hset")],
  hmset: [-4, "write denyoom fast", setMany],
  hsetnx: [4, "write denyoom fast", setIfAbsent],
  hget: [3, "readonly fast", (store, [, key, field]) => store.hash(key)?.fields.get(field) ?? null],
  hmget: [-3, "readonly fast", getMany],
  hgetall: [2, "readonly", (store, [, key]) => flat(store, key)],
  hkeys: [2, "readonly", (store, [, key]) => [...(store.hash(key)?.fields.allKeys() ?? [])]],
  hvals: [2, "readonly", (store, [, key]) => [...(store.hash(key)?.fields.allValues() ?? [])]],
  hlen: [2, "readonly fast", (store, [, key]) => store.hash(key)?.size ?? 0],
  hexists: [3, "readonly fast", (store, [, key, field]) => Number(store.hash(key)?.fields.has(field) ?? false)],
  hstrlen: [3, "readonly fast", (store, [, key, field]) => store.hash(key)?.fields.get(field)?.length ?? 0],
  hdel: [-3, "write fast", remove],
  hincrby: [4, "write denyoom fast", increment],
  hincrbyfloat: [4, "write denyoom fast", incrementByFloat],
  hrandfield: [-2, "readonly", randomField],
  hscan: [-3, "readonly", scan],
};

function setFields(store: Store, args: Args, command: string): number {
  if (args.length % 2 === 1) throw arityError(command);
  const [, key] = args;
  const hash = store.hashOrNew(key);
  let created = 0;
  for (let at = 2; at < args.length; at += 2) if (hash.set(args[at]!, args[at + 1]!)) created++;
  store.changed(key, (args.length - 2) / 2);
  return created;
}

function setMany(store: Store, args: Args): EngineReply {
  setFields(store, args, "hmset");
  return OK;
}

function setIfAbsent(store: Store, [, key, field, value]: Args): EngineReply {
  if (store.hash(key)?.fields.has(field)) return 0;
  store.hashOrNew(key).set(field, value);
  store.changed(key);
  return 1;
}

function getMany(store: Store, args: Args): EngineReply {
  const hash = store.hash(args[1]);
  return args.slice(2).map((field) => hash?.fields.get(field) ?? null);
}

function flat(store: Store, key: Bytes): Bytes[] {
  const fields = store.hash(key)?.fields;
  return fields ? fields.allKeys().flatMap((field, position) => [field, fields.valueAt(position)]) : [];
}

function remove(store: Store, args: Args): EngineReply {
  const [, key] = args;
  const hash = store.hash(key);
  let removed = 0;
  for (let at = 2; at < args.length; at++) if (hash?.delete(args[at]!)) removed++;
  if (removed > 0) store.changed(key, removed);
  return removed;
}

function increment(store: Store, [, key, field, by]: Args): EngineReply {
  const amount = exactInteger(by);
  const present = parseInteger(store.hash(key)?.fields.get(field) ?? "0");
  if (present === undefined) fail("ERR hash value is not an integer");
  const sum = present + amount;
  if (!fitsInt64(sum)) fail("ERR increment or decrement would overflow");
  store.hashOrNew(key).set(field, String(sum));
  store.changed(key);
  return narrow(sum);
}

function incrementByFloat(store: Store, [, key, field, by]: Args): EngineReply {
  if (!isLongDouble(by)) throw NOT_A_FLOAT;
  if (isInfinite(by)) fail("ERR value is NaN or Infinity");
  const present = store.hash(key)?.fields.get(field) ?? "0";
  if (!isLongDouble(present)) fail("ERR hash value is not a float");
  const sum = addFloats(present, by);
  if (sum === undefined) fail("ERR increment would produce NaN or Infinity");
  store.hashOrNew(key).set(field, sum);
  store.changed(key);
  return sum;
}

function randomField(store: Store, args: Args, context: CommandContext): EngineReply {
  const [, key, many, option] = args;
  const withValues = args.length > 3;
  const count = args.length > 2 ? pickCount(many) : undefined;
  if (args.length > 4 || (withValues && option.toUpperCase() !== "WITHVALUES")) throw SYNTAX_ERROR;
  if (withValues) checkPairs(count!);
  const fields = store.hash(key)?.fields;
  if (count === undefined) return fields ? fields.keyAt(context.random(fields.size)) : null;
  if (!fields) return [];
  return pick(fields, count, context.random).flatMap((position) =>
    withValues ? [fields.keyAt(position), fields.valueAt(position)] : [fields.keyAt(position)],
  );
}

function scan(store: Store, args: Args): EngineReply {
  return scanMembers(
    args,
    () => store.hash(args[1])?.fields,
    (field, value) => [field, value],
  );
}
