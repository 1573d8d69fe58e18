import fc from "fast-check";
import { all, either, many, options } from "./grammar-parts.ts";
import {
  absoluteMs,
  absoluteSeconds,
  count,
  float,
  integer,
  key,
  lexBound,
  member,
  pattern,
  relativeMs,
  relativeSeconds,
  scoreBound,
  value,
  type Words,
} from "./grammar-words.ts";

const expiry = either(
  all("EX", relativeSeconds),
  all("PX", relativeMs),
  all("EXAT", absoluteSeconds),
  all("PXAT", absoluteMs),
);
const condition = options("NX", "XX");
/** GT and LT compare times, so only commands with absolute times have them. */
const conditions = options("NX", "XX", "GT", "LT");
const keysWithCount = fc.oneof(
  ...[1, 2, 3].map((number) => all(String(number), many(key, number, number))),
  all(count, many(key, 0, 3)),
);
const pairs = many(all(key, value), 1, 3);
const scored = many(all(float, member), 1, 4);
const end = fc.constantFrom("LEFT", "RIGHT", "left", "x");
const rankRange = all(integer, integer, options("REV", "WITHSCORES"));
const scoreRange = all(scoreBound, scoreBound, "BYSCORE", options("REV", "WITHSCORES", all("LIMIT", integer, integer)));
const lexRange = all(lexBound, lexBound, "BYLEX", options("REV", all("LIMIT", integer, integer)));
const scoreOptions = options("WITHSCORES", all("LIMIT", integer, integer));
const lexOptions = options(all("LIMIT", integer, integer));
const weights = all("WEIGHTS", many(float, 1, 3));
const aggregate = all("AGGREGATE", fc.constantFrom("SUM", "MIN", "MAX", "AVG"));
/** A scan may have any order, so it takes everything in one step. */
const scanOptions = all(fc.constantFrom("0", "0", "0", "x"), "COUNT", "10000", options(all("MATCH", pattern)));
const flushMode = options("ASYNC", "SYNC");

const bitOffset = fc.constantFrom(
  "0",
  "1",
  "7",
  "8",
  "13",
  "#0",
  "#1",
  "#2",
  "#5",
  "-1",
  "#-1",
  "4294967296",
  "#x",
  "",
);
const bitWidth = fc.constantFrom("u8", "u32", "i8", "u1", "i64", "u63", "i5", "u13", "u64", "i65", "U8", "i0", "8");
const bitValue = fc.constantFrom("0", "1", "-1", "5", "127", "200", "-300", "70000", "4294967295", "x");
const bitRead = all(fc.constantFrom("GET", "get"), bitWidth, bitOffset);
const bitOperation = fc.oneof(
  { weight: 2, arbitrary: bitRead },
  { weight: 4, arbitrary: all(fc.constantFrom("SET", "INCRBY", "incrby"), bitWidth, bitOffset, bitValue) },
  { weight: 1, arbitrary: all("OVERFLOW", fc.constantFrom("WRAP", "SAT", "FAIL", "sat", "x")) },
);

export type Grammar = Readonly<Record<string, fc.Arbitrary<Words>>>;

/** The arguments of each command, most of them right. */
export const strings: Grammar = {
  get: all(key),
  set: all(key, value, options(expiry, "NX", "XX", "GET", "KEEPTTL")),
  setnx: all(key, value),
  setex: all(key, relativeSeconds, value),
  psetex: all(key, relativeMs, value),
  getset: all(key, value),
  getdel: all(key),
  getex: all(key, options(expiry, "PERSIST")),
  mget: many(key, 1, 4),
  mset: pairs,
  msetnx: pairs,
  append: all(key, value),
  strlen: all(key),
  getrange: all(key, integer, integer),
  substr: all(key, integer, integer),
  setrange: all(key, fc.constantFrom("0", "1", "5", "20", "-1", "536870912", "x"), value),
  incr: all(key),
  decr: all(key),
  incrby: all(key, integer),
  decrby: all(key, integer),
  incrbyfloat: all(key, float),
  bitfield: all(key, many(bitOperation, 0, 4)),
  bitfield_ro: all(key, many(fc.oneof({ weight: 4, arbitrary: bitRead }, bitOperation), 0, 3)),
};

export const lists: Grammar = {
  lpush: all(key, many(value, 1, 5)),
  rpush: all(key, many(value, 1, 5)),
  lpushx: all(key, many(value, 1, 3)),
  rpushx: all(key, many(value, 1, 3)),
  lpop: all(key, options(count)),
  rpop: all(key, options(count)),
  lmpop: all(keysWithCount, end, options(all("COUNT", count))),
  llen: all(key),
  lrange: all(key, integer, integer),
  lindex: all(key, integer),
  lset: all(key, integer, value),
  linsert: all(key, fc.constantFrom("BEFORE", "AFTER", "x"), value, value),
  lrem: all(key, integer, value),
  ltrim: all(key, integer, integer),
  lpos: all(key, value, options(all("RANK", integer), all("COUNT", count), all("MAXLEN", integer))),
  lmove: all(key, key, end, end),
  rpoplpush: all(key, key),
};

export const hashes: Grammar = {
  hset: all(key, many(all(member, value), 1, 4)),
  hmset: all(key, many(all(member, value), 1, 4)),
  hsetnx: all(key, member, value),
  hget: all(key, member),
  hmget: all(key, many(member, 1, 4)),
  hgetall: all(key),
  hkeys: all(key),
  hvals: all(key),
  hlen: all(key),
  hexists: all(key, member),
  hstrlen: all(key, member),
  hdel: all(key, many(member, 1, 3)),
  hincrby: all(key, member, integer),
  hincrbyfloat: all(key, member, float),
  hrandfield: all(key, options(all(count, options("WITHVALUES")))),
  hscan: all(key, scanOptions),
};

export const sets: Grammar = {
  sadd: all(key, many(member, 1, 5)),
  srem: all(key, many(member, 1, 3)),
  smembers: all(key),
  sismember: all(key, member),
  smismember: all(key, many(member, 1, 4)),
  scard: all(key),
  smove: all(key, key, member),
  spop: all(key, options(count)),
  srandmember: all(key, options(count)),
  sinter: many(key, 1, 3),
  sunion: many(key, 1, 3),
  sdiff: many(key, 1, 3),
  sinterstore: all(key, many(key, 1, 3)),
  sunionstore: all(key, many(key, 1, 3)),
  sdiffstore: all(key, many(key, 1, 3)),
  sintercard: all(keysWithCount, options(all("LIMIT", count))),
  sscan: all(key, scanOptions),
};

export const sortedSets: Grammar = {
  zadd: all(key, options("NX", "XX", "GT", "LT", "CH", "INCR"), scored),
  zincrby: all(key, float, member),
  zrem: all(key, many(member, 1, 3)),
  zscore: all(key, member),
  zmscore: all(key, many(member, 1, 4)),
  zcard: all(key),
  zrank: all(key, member),
  zrevrank: all(key, member),
  zcount: all(key, scoreBound, scoreBound),
  zlexcount: all(key, lexBound, lexBound),
  zrange: all(key, either(rankRange, scoreRange, lexRange)),
  zrevrange: all(key, integer, integer, options("WITHSCORES")),
  zrangebyscore: all(key, scoreBound, scoreBound, scoreOptions),
  zrevrangebyscore: all(key, scoreBound, scoreBound, scoreOptions),
  zrangebylex: all(key, lexBound, lexBound, lexOptions),
  zrevrangebylex: all(key, lexBound, lexBound, lexOptions),
  zrangestore: all(key, key, either(all(integer, integer, options("REV")), scoreRange, lexRange)),
  zremrangebyrank: all(key, integer, integer),
  zremrangebyscore: all(key, scoreBound, scoreBound),
  zremrangebylex: all(key, lexBound, lexBound),
  zpopmin: all(key, options(count)),
  zpopmax: all(key, options(count)),
  zmpop: all(keysWithCount, fc.constantFrom("MIN", "MAX", "x"), options(all("COUNT", count))),
  zrandmember: all(key, options(all(count, options("WITHSCORES")))),
  zunion: all(keysWithCount, options(weights, aggregate, "WITHSCORES")),
  zinter: all(keysWithCount, options(weights, aggregate, "WITHSCORES")),
  zdiff: all(keysWithCount, options("WITHSCORES")),
  zunionstore: all(key, keysWithCount, options(weights, aggregate)),
  zinterstore: all(key, keysWithCount, options(weights, aggregate)),
  zdiffstore: all(key, keysWithCount),
  zintercard: all(keysWithCount, options(all("LIMIT", count))),
  zscan: all(key, scanOptions),
};

export const keyspace: Grammar = {
  del: many(key, 1, 3),
  unlink: many(key, 1, 3),
  exists: many(key, 1, 3),
  touch: many(key, 1, 3),
  type: all(key),
  keys: all(pattern),
  scan: all(scanOptions, options(all("TYPE", fc.constantFrom("string", "list", "zset", "HASH", "x")))),
  randomkey: all(),
  rename: all(key, key),
  renamenx: all(key, key),
  copy: all(key, key, options("REPLACE")),
  dbsize: all(),
  flushdb: flushMode,
  flushall: flushMode,
};

export const expiries: Grammar = {
  expire: all(key, relativeSeconds, condition),
  pexpire: all(key, relativeMs, condition),
  expireat: all(key, absoluteSeconds, conditions),
  pexpireat: all(key, absoluteMs, conditions),
  ttl: all(key),
  pttl: all(key),
  expiretime: all(key),
  pexpiretime: all(key),
  persist: all(key),
};

export const others: Grammar = {
  publish: all(fc.constantFrom("c1", "c2"), value),
  "pubsub|channels": options(pattern),
  "pubsub|numsub": many(fc.constantFrom("c1", "c2"), 0, 2),
  "pubsub|numpat": all(),
  ping: options(value),
  echo: all(value),
  time: all(),
  wait: all("0", fc.constantFrom("0", "1", "-1", "x")),
  "memory|usage": all(key),
  "script|kill": all(),
  "script|flush": flushMode,
  "script|exists": many(fc.constantFrom("e0e1f9fabfc9d4800c877a703b823ac0578ff8db", "x"), 1, 2),
};
