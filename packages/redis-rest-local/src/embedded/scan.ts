import { type Args, integer, OptionReader } from "./args.ts";
import type { DenseMap } from "./dense-map.ts";
import { globMatches } from "./glob.ts";
import { scanInteger } from "./numbers.ts";
import { type Bytes, type EngineReply, fail, SYNTAX_ERROR } from "./replies.ts";

const DEFAULT_COUNT = 10;
/** The size below which a collection is returned whole, as Redis does with its compact encodings. */
const SMALL = 128;

/** The options of SCAN, HSCAN, SSCAN and ZSCAN. */
export interface ScanOptions {
  readonly cursor: number;
  readonly count: number;
  readonly matches: (name: Bytes) => boolean;
  /** The type to look for, in lower case; only SCAN has it. */
  readonly type: string | undefined;
}

/** Reads the options after the cursor. Only SCAN takes TYPE. */
export function scanOptions(cursor: number, options: OptionReader, takesType: boolean): ScanOptions {
  let count = DEFAULT_COUNT;
  let type: string | undefined;
  let matches = (_name: Bytes) => true;
  for (let option = options.next(); option !== undefined; option = options.next()) {
    if (option === "COUNT" && options.left > 0) {
      count = integer(options.value());
      if (count < 1) throw SYNTAX_ERROR;
    } else if (option === "MATCH" && options.left > 0) {
      const pattern = options.value();
      matches = (name) => globMatches(pattern, name);
    } else if (option === "TYPE" && takesType && options.left > 0) type = options.value().toLowerCase();
    else throw SYNTAX_ERROR;
  }
  return { cursor, count, matches, type };
}

/** Reads a cursor: 0, or one that SCAN returned. */
export function cursorOf(text: Bytes): number {
  const value = scanInteger(text);
  if (value === undefined) fail("ERR invalid cursor");
  return value;
}

/**
 * Runs HSCAN, SSCAN and ZSCAN: one step over the fields or members of a key. `shown` returns what the reply has for each of
 * them. `find` looks the key up, before the options are read.
 */
export function scanMembers<V>(
  args: Args,
  find: () => DenseMap<V> | undefined,
  shown: (name: Bytes, value: V) => Bytes[],
): EngineReply {
  const cursor = cursorOf(args[2]);
  const map = find();
  if (!map) return ["0", []];
  const options = scanOptions(cursor, new OptionReader(args, 3), false);
  const count = map.size <= SMALL ? SMALL : options.count;
  const found: EngineReply[] = [];
  const next = scanStep(map, cursor, count, (name, value) => {
    if (options.matches(name)) found.push(...shown(name, value));
  });
  return [String(next), found];
}

/** Visits `count` entries from the cursor on. Returns the next cursor. `DenseMap` says why nothing is missed. */
export function scanStep<V>(
  map: DenseMap<V>,
  cursor: number,
  count: number,
  visit: (name: Bytes, value: V) => void,
): number {
  const from = cursor === 0 ? map.size : Math.min(cursor, map.size);
  const to = Math.max(0, from - count);
  for (let at = from - 1; at >= to; at--) visit(map.keyAt(at), map.valueAt(at));
  return to;
}
