import { Deque } from "./deque.ts";
import type { LoggedChanges } from "./log-format.ts";
import { formatDouble } from "./numbers.ts";
import type { Bytes } from "./replies.ts";
import { NEVER, type Store } from "./store.ts";
import { Hash, MemberSet, type Value } from "./values.ts";

/** The most arguments of one command, so that none grows without limit. */
const ARGUMENTS_EACH = 1_000;

/** Returns commands that rebuild the store, a batch for each key. */
export function* snapshotOf(store: Store): Generator<LoggedChanges> {
  const { now } = store;
  for (const key of store.allKeys()) {
    const entry = store.get(key);
    if (!entry) continue;
    const commands = [...commandsFor(key, entry.value)];
    if (entry.expireAt !== NEVER) commands.push(["pexpireat", key, String(entry.expireAt)]);
    yield { now, commands };
  }
}

function commandsFor(key: Bytes, value: Value): Iterable<Bytes[]> {
  if (typeof value === "string") return [["set", key, value]];
  if (value instanceof Deque) return inParts(["rpush", key], value.slice(0, value.length));
  if (value instanceof MemberSet) return inParts(["sadd", key], value.members.allKeys());
  if (value instanceof Hash) {
    const { fields } = value;
    return inParts(
      ["hset", key],
      fields.allKeys().flatMap((field, position) => [field, fields.valueAt(position)]),
    );
  }
  const scored = value.members.allValues();
  return inParts(
    ["zadd", key],
    scored.flatMap(({ score, member }) => [formatDouble(score), member]),
  );
}

/** Splits a command. `ARGUMENTS_EACH` is even, so that pairs stay together. */
function* inParts(head: readonly Bytes[], all: readonly Bytes[]): Generator<Bytes[]> {
  for (let at = 0; at < all.length; at += ARGUMENTS_EACH) yield [...head, ...all.slice(at, at + ARGUMENTS_EACH)];
}
