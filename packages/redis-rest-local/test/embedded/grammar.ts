import fc from "fast-check";

/** One argument; a `Buffer` where it may be no UTF-8. */
export type Argument = string | Buffer;
export type Words = Argument[];

const KEYS = ["k1", "k2", "k3", "k4", "k5", "k6"];
export const keyNames: readonly Argument[] = [...KEYS, Buffer.from([0xff, 0x00, 0x6b])];

const SHORT_NAMES = ["a", "b", "c", "d", "e", "f", "10", "-3"];
const INTEGERS = ["0", "1", "-1", "2", "-2", "3", "-3", "5", "7", "10", "-100", "100"];
/** No large negative number but the least: some commands would answer with as many elements. */
const ODD_INTEGERS = ["9223372036854775807", "9223372036854775808", "-9223372036854775808", "x", "", "1.5", "+1", "01"];
const FLOATS = [
  "0",
  "1",
  "-1.5",
  "3.14",
  "0.1",
  "0.2",
  "-0",
  "1e5",
  "123456789.123456789",
  "1e-5",
  "17",
  "3",
  "2.5e-3",
];
const ODD_FLOATS = [
  "inf",
  "-inf",
  "+Infinity",
  "nan",
  "x",
  "",
  "0x10",
  "1e400",
  "1e20",
  ".5",
  "5.",
  " 1",
  "1 ",
  "1e",
  "--1",
];
const PATTERNS = [
  "*",
  "k*",
  "k[12]",
  "?",
  "a*",
  "\\*",
  "[^a]*",
  "k[",
  "[a-c]?",
  "**",
  "",
  "k?",
  "[c-a]",
  "*[0-9]",
  "[\\a]",
];

/** What may stand anywhere: mutations take from here, so nothing in it may make a command dangerous. */
const atom: fc.Arbitrary<Argument> = fc.oneof(
  fc.constantFrom(...keyNames, ...SHORT_NAMES, ...INTEGERS, ...ODD_INTEGERS, ...ODD_FLOATS, ...PATTERNS),
  fc.constantFrom(
    "NX",
    "XX",
    "GT",
    "LT",
    "CH",
    "INCR",
    "EX",
    "PX",
    "GET",
    "LIMIT",
    "WITHSCORES",
    "COUNT",
    "MATCH",
    "REV",
  ),
  fc.constantFrom(
    "(1",
    "(2",
    "[a",
    "(c",
    "-",
    "+",
    "LEFT",
    "RIGHT",
    "MIN",
    "MAX",
    "BYLEX",
    "BYSCORE",
    "BEFORE",
    "KEEPTTL",
  ),
);

const key: fc.Arbitrary<Argument> = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom(...KEYS.slice(0, 4)) },
  { weight: 3, arbitrary: fc.constantFrom(...keyNames) },
);
const member: fc.Arbitrary<Argument> = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...SHORT_NAMES) },
  { weight: 1, arbitrary: fc.constantFrom("", "é", "z".repeat(70), Buffer.from([0x00, 0x80, 0xff])) },
);
const value: fc.Arbitrary<Argument> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...SHORT_NAMES, ...INTEGERS, "abc", "hello world") },
  { weight: 2, arbitrary: fc.constantFrom(...FLOATS, ...ODD_FLOATS, ...ODD_INTEGERS) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 12 }).map((bytes) => Buffer.from(bytes)) },
);
const integer = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom(...INTEGERS) },
  { weight: 1, arbitrary: fc.constantFrom(...ODD_INTEGERS) },
);
/** At most 10 either way, so that nothing is filled with zeros for long. */
const count = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom("0", "1", "2", "3", "10", "-1", "-2", "-5") },
  { weight: 1, arbitrary: fc.constantFrom(...ODD_INTEGERS) },
);
const float = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...FLOATS) },
  { weight: 1, arbitrary: fc.constantFrom(...ODD_FLOATS) },
);
const pattern = fc.constantFrom(...PATTERNS);
const scoreBound = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom("-inf", "+inf", "0", "1", "3", "(1", "(0.1", "(3", "17", "(-inf", "1e5") },
  { weight: 1, arbitrary: fc.constantFrom("(", "", "x", "nan", "(x", " 1", "1\0x", "0x1") },
);
const lexBound = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom("-", "+", "[a", "(a", "[c", "(d", "[f", "(", "[") },
  { weight: 1, arbitrary: fc.constantFrom("a", "", "-x", "+x") },
);
/** Far from each other and from now, so that the moments at which two servers run a command do not show. */
const relativeSeconds = time(["100", "5000", "900000"], ["0", "-5", "9223372036854775807", "9223372036854775"]);
const relativeMs = time(["200000", "7000000", "800000000"], ["0", "-5", "9223372036854775807"]);
const absoluteSeconds = time(["4102444800", "4202444800", "5000000000"], ["1", "0", "-1", "9223372036854775807"]);
const absoluteMs = time(["4102444800000", "4202444800000", "5000000000123"], ["1", "0", "-1"]);

function time(future: string[], odd: string[]): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...future) },
    { weight: 2, arbitrary: fc.constantFrom(...odd) },
    { weight: 1, arbitrary: fc.constantFrom("x", "", "1.5", "9223372036854775808") },
  );
}

type Part = Argument | fc.Arbitrary<Argument> | fc.Arbitrary<Words>;

/** The parts one after another. */
function all(...parts: Part[]): fc.Arbitrary<Words> {
  const arbitraries = parts.map(
    (part) => (isArgument(part) ? fc.constant(part) : part) as fc.Arbitrary<Argument | Words>,
  );
  return fc.tuple(...arbitraries).map((found) => found.flat());
}

function isArgument(part: Part): part is Argument {
  return typeof part === "string" || Buffer.isBuffer(part);
}

function many(part: Part, minLength: number, maxLength: number): fc.Arbitrary<Words> {
  return fc.array(all(part), { minLength, maxLength, size: "max" }).map((found) => found.flat());
}

/** Any number of the options, each at most once, in any order. */
function options(...parts: Part[]): fc.Arbitrary<Words> {
  const arbitraries = parts.map((part) => all(part));
  return fc
    .shuffledSubarray(
      arbitraries.map((_, at) => at),
      { maxLength: Math.min(3, parts.length) },
    )
    .chain((chosen) => fc.tuple(...chosen.map((at) => arbitraries[at]!)).map((found) => found.flat()));
}

function either(...parts: Part[]): fc.Arbitrary<Words> {
  return fc.oneof(...parts.map((part) => all(part)));
}

const expiry = either(
  all("EX", relativeSeconds),
  all("PX", relativeMs),
  all("EXAT", absoluteSeconds),
  all("PXAT", absoluteMs),
);
const condition = options("NX", "XX");
/** GT and LT compare instants, so they are for absolute times only. */
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
/** Everything in one step, since the order of a scan is free. */
const scanOptions = all(fc.constantFrom("0", "0", "0", "x"), "COUNT", "10000", options(all("MATCH", pattern)));
const flushMode = options("ASYNC", "SYNC");

type Grammar = Readonly<Record<string, fc.Arbitrary<Words>>>;

/** How each command's arguments look when they are (mostly) right. */
const strings: Grammar = {
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
};

const lists: Grammar = {
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

const hashes: Grammar = {
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

const sets: Grammar = {
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

const sortedSets: Grammar = {
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

const keyspace: Grammar = {
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

const expiries: Grammar = {
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

const others: Grammar = {
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

export const grammar: Grammar = {
  ...strings,
  ...lists,
  ...hashes,
  ...sets,
  ...sortedSets,
  ...keyspace,
  ...expiries,
  ...others,
};

/** Not compared here: they have tests of their own, or nothing that could be compared. */
export const elsewhere: readonly string[] = [
  ...["eval", "eval_ro", "evalsha", "evalsha_ro", "script|load"],
  ...["subscribe", "psubscribe", "monitor", "info", "config|get", "config|set", "config|resetstat"],
  ...["command", "command|count", "select"],
];

/** Rare, since they make all that came before count for nothing. */
const RARE = ["flushall", "flushdb"];

/** Any command with its arguments, now and then with something wrong. */
export const command = commandFrom(grammar);

/** Commands about one type and those about keys, so that a sequence of them goes deep. */
export const families: readonly fc.Arbitrary<Words>[] = [
  strings,
  lists,
  hashes,
  sets,
  { ...sets, ...sortedSets },
].flatMap((family) => [commandFrom(family), commandFrom({ ...family, ...keyspace, ...expiries })]);

function commandFrom(commands: Grammar): fc.Arbitrary<Words> {
  const name = fc.oneof(
    { weight: 300, arbitrary: fc.constantFrom(...Object.keys(commands).filter((each) => !RARE.includes(each))) },
    { weight: 1, arbitrary: fc.constantFrom(...RARE) },
  );
  return fc.oneof(
    { weight: 9, arbitrary: name.chain(commandOf) },
    { weight: 1, arbitrary: name.chain((chosen) => commandOf(chosen).chain(mutated)) },
  );
}

function commandOf(chosen: string): fc.Arbitrary<Words> {
  return all(...chosen.split("|").map((word) => fc.constantFrom(word, word.toUpperCase())), grammar[chosen]!);
}

const NOT_MUTATED = ["wait", "script", "flushall", "flushdb"];

function mutated(words: Words): fc.Arbitrary<Words> {
  if (NOT_MUTATED.includes(String(words[0]).toLowerCase())) return fc.constant(words);
  const place = fc.nat({ max: words.length - 1 });
  return fc.oneof(
    fc.tuple(place, atom).map(([at, other]) => words.with(at, other)),
    place.map((at) => (words.length > 1 ? words.toSpliced(at, 1) : words)),
    fc.tuple(place, atom).map(([at, other]) => words.toSpliced(at + 1, 0, other)),
    fc.array(atom, { maxLength: 3 }).map((more) => [...words, ...more]),
  );
}
