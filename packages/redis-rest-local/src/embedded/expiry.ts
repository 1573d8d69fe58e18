import { type Args, exactInteger, OptionReader } from "./args.ts";
import type { CommandList } from "./command.ts";
import { type EngineReply, fail, quoted } from "./replies.ts";
import { NEVER, type Store } from "./store.ts";

const INT64_MAX = 2n ** 63n - 1n;
const INT64_MIN = -(2n ** 63n);

/** The commands that set, show and remove a key's expiry. */
export const expiryCommands: CommandList = {
  expire: [-3, "write fast", (store, args) => expire(store, args, "expire", "EX")],
  pexpire: [-3, "write fast", (store, args) => expire(store, args, "pexpire", "PX")],
  expireat: [-3, "write fast", (store, args) => expire(store, args, "expireat", "EXAT")],
  pexpireat: [-3, "write fast", (store, args) => expire(store, args, "pexpireat", "PXAT")],
  ttl: [2, "readonly fast", (store, [, key]) => expiryOf(store, key, (at) => seconds(Math.max(0, at - store.now)))],
  pttl: [2, "readonly fast", (store, [, key]) => expiryOf(store, key, (at) => Math.max(0, at - store.now))],
  expiretime: [2, "readonly fast", (store, [, key]) => expiryOf(store, key, seconds)],
  pexpiretime: [2, "readonly fast", (store, [, key]) => expiryOf(store, key, (at) => at)],
  persist: [2, "write fast", persist],
};

/**
 * Returns the instant (ms since the epoch) that EX, PX, EXAT or PXAT with its value stand for, in SET and GETEX.
 *
 * @throws ReplyError for a time that is not an integer, not after 0, or too far away
 */
export function expiryTime(option: string, time: string, now: number, command: string): number {
  const value = exactInteger(time);
  const inSeconds = !option.startsWith("P");
  if (value <= 0n || (inSeconds && value > INT64_MAX / 1000n)) throwInvalid(command);
  const at = (inSeconds ? value * 1000n : value) + BigInt(option.endsWith("AT") ? 0 : now);
  if (at > INT64_MAX) throwInvalid(command);
  return Number(at);
}

function throwInvalid(command: string): never {
  fail(`ERR invalid expire time in '${command}' command`);
}

function expire(store: Store, args: Args, command: string, option: string): EngineReply {
  const [, key, time] = args;
  const conditions = conditionsOf(args);
  const value = exactInteger(time);
  const inSeconds = !option.startsWith("P");
  if (inSeconds && (value > INT64_MAX / 1000n || value < INT64_MIN / 1000n)) throwInvalid(command);
  const base = BigInt(option.endsWith("AT") ? 0 : store.now);
  const ms = inSeconds ? value * 1000n : value;
  if (ms > INT64_MAX - base) throwInvalid(command);

  const at = Number(ms + base);
  const entry = store.get(key);
  if (!entry || !allows(conditions, entry.expireAt, at)) return 0;
  if (at <= store.now) store.delete(key);
  else store.expireAt(key, at);
  return 1;
}

function conditionsOf(args: Args): ReadonlySet<string> {
  const conditions = new Set<string>();
  const options = new OptionReader(args, 3);
  for (let option = options.next(); option !== undefined; option = options.next()) {
    if (!["NX", "XX", "GT", "LT"].includes(option)) fail(`ERR Unsupported option ${quoted(options.raw)}`);
    conditions.add(option);
  }
  if (conditions.has("NX") && conditions.size > 1) {
    fail("ERR NX and XX, GT or LT options at the same time are not compatible");
  }
  if (conditions.has("GT") && conditions.has("LT")) {
    fail("ERR GT and LT options at the same time are not compatible");
  }
  return conditions;
}

/** Returns whether NX, XX, GT or LT allow the new expiry. A key without one counts as expiring later than any other. */
function allows(conditions: ReadonlySet<string>, present: number, wanted: number): boolean {
  if (conditions.has("NX") && present !== NEVER) return false;
  if (conditions.has("XX") && present === NEVER) return false;
  if (conditions.has("GT") && wanted <= present) return false;
  return !conditions.has("LT") || wanted < present;
}

function expiryOf(store: Store, key: string, shown: (at: number) => number): EngineReply {
  const entry = store.get(key);
  if (!entry) return -2;
  return entry.expireAt === NEVER ? -1 : shown(entry.expireAt);
}

/** Rounds to the nearest second. */
function seconds(ms: number): number {
  return Math.floor((ms + 500) / 1000);
}

function persist(store: Store, [, key]: Args): EngineReply {
  const entry = store.get(key);
  if (!entry || entry.expireAt === NEVER) return 0;
  store.expireAt(key, NEVER);
  return 1;
}
