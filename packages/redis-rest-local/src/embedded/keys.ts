import { StatusReply } from "../backend.ts";
import { type Args, integer, OptionReader } from "./args.ts";
import type { CommandContext, CommandList } from "./command.ts";
import { Deque } from "./deque.ts";
import { globMatches } from "./glob.ts";
import { type Bytes, type EngineReply, fail, NO_SUCH_KEY, OK, SYNTAX_ERROR } from "./replies.ts";
import { cursorOf, scanOptions, scanStep } from "./scan.ts";
import { SortedSet } from "./sorted-set.ts";
import type { Store } from "./store.ts";
import { Hash, kindOf, MemberSet, type Value } from "./values.ts";

/** The commands for keys of any kind. */
export const keyCommands: CommandList = {
  del: [-2, "write", (store, args) => countKeys(args, (key) => store.delete(key))],
  unlink: [-2, "write fast", (store, args) => countKeys(args, (key) => store.delete(key))],
  exists: [-2, "readonly fast", (store, args) => countKeys(args, (key) => store.has(key))],
  touch: [-2, "readonly fast", (store, args) => countKeys(args, (key) => store.has(key))],
  type: [2, "readonly fast", type],
  keys: [2, "readonly", keys],
  scan: [-2, "readonly", scan],
  randomkey: [1, "readonly", randomKey],
  rename: [3, "write", rename],
  renamenx: [3, "write fast", renameIfFree],
  copy: [-3, "write denyoom", copy],
  dbsize: [1, "readonly fast", (store) => store.size],
  flushdb: [-1, "write", flush],
  flushall: [-1, "write", flush],
};

function countKeys(args: Args, counts: (key: Bytes) => boolean): number {
  let found = 0;
  for (let at = 1; at < args.length; at++) if (counts(args[at]!)) found++;
  return found;
}

function type(store: Store, [, key]: Args): EngineReply {
  const entry = store.get(key);
  return new StatusReply(entry ? kindOf(entry.value) : "none");
}

function keys(store: Store, [, pattern]: Args): EngineReply {
  return store.allKeys().filter((key) => globMatches(pattern, key));
}

function scan(store: Store, args: Args): EngineReply {
  const options = scanOptions(cursorOf(args[1]), new OptionReader(args, 2), true);
  const found: Bytes[] = [];
  const next = scanStep(store.positions, options.cursor, options.count, (key, { value }) => {
    if (options.matches(key) && (options.type === undefined || options.type === kindOf(value))) found.push(key);
  });
  return [String(next), found];
}

function randomKey(store: Store, _args: Args, context: CommandContext): EngineReply {
  return store.size === 0 ? null : store.positions.keyAt(context.random(store.size));
}

function rename(store: Store, [, from, to]: Args): EngineReply {
  const entry = store.get(from);
  if (!entry) throw NO_SUCH_KEY;
  if (from === to) return OK;
  store.delete(from);
  store.set(to, entry.value, entry.expireAt);
  return OK;
}

function renameIfFree(store: Store, args: Args): EngineReply {
  const [, from, to] = args;
  if (!store.has(from)) throw NO_SUCH_KEY;
  if (store.has(to)) return 0;
  rename(store, args);
  return 1;
}

function copy(store: Store, args: Args): EngineReply {
  const [, from, to] = args;
  let replace = false;
  const options = new OptionReader(args, 3);
  for (let option = options.next(); option !== undefined; option = options.next()) {
    if (option === "REPLACE") replace = true;
    else if (option === "DB" && options.left > 0) {
      if (integer(options.value()) !== 0) fail("ERR DB index is out of range");
    } else throw SYNTAX_ERROR;
  }
  if (from === to) fail("ERR source and destination objects are the same");
  const entry = store.get(from);
  if (!entry || (store.has(to) && !replace)) return 0;
  store.set(to, copyOf(entry.value), entry.expireAt);
  return 1;
}

function copyOf(value: Value): Value {
  if (typeof value === "string") return value;
  if (value instanceof Deque) return Deque.from(value.slice(0, value.length));
  if (value instanceof MemberSet) return MemberSet.from(value.members.allKeys());
  if (value instanceof Hash) {
    const hash = new Hash();
    for (const field of value.fields.allKeys()) hash.set(field, value.fields.get(field)!);
    return hash;
  }
  const copied = new SortedSet();
  for (const { member, score } of value.members.allValues()) copied.set(member, score);
  return copied;
}

function flush(store: Store, args: Args): EngineReply {
  const mode = args[1]?.toUpperCase();
  if (args.length > 2 || (args.length === 2 && mode !== "SYNC" && mode !== "ASYNC")) throw SYNTAX_ERROR;
  store.clear();
  return OK;
}
