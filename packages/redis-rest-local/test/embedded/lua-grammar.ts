import fc from "fast-check";
import { command, type Words } from "./grammar.ts";

/** Commands whose reply has no fixed order or content: once a script has used the reply, it cannot be compared. */
const FREE =
  /^(?:smembers|sinter|sunion|sdiff|keys|hkeys|hvals|hgetall|scan|sscan|hscan|zscan|spop|srandmember|randomkey|hrandfield|zrandmember|time|memory|t?ttl|p?ttl|p?expiretime|dbsize|info)$/i;

const orderedCommand = command.filter((words) => !FREE.test(String(words[0])));

const numbers = ["0", "1", "-1", "2.9", "-2.9", "1e15", "2^53", "-2^53", "1e100", "0.1", "1/3", "100", "1/0", "1e-7"];
const texts = [
  '""',
  '"a"',
  '"x y"',
  "'it''s'",
  '"\\000\\255\\r\\n"',
  '"1"',
  '"-ERR x"',
  '"é/\\\\"',
  '"\\127\\1"',
  "[[long]]",
];

/** A Lua expression that has the same value wherever it is computed. */
const expression: fc.Arbitrary<string> = fc.letrec<{ value: string; table: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    { weight: 3, arbitrary: fc.constantFrom(...numbers) },
    { weight: 3, arbitrary: fc.constantFrom(...texts) },
    {
      weight: 1,
      arbitrary: fc.constantFrom("nil", "true", "false", "cjson.null", "print", "type", "KEYS[1]", "#ARGV"),
    },
    { weight: 4, arbitrary: tie("table") },
  ),
  table: fc.oneof(
    fc.array(tie("value"), { maxLength: 5 }).map((items) => `{${items.join(",")}}`),
    fc
      .array(
        fc.tuple(fc.constantFrom("a", "b", "ok", "err", "[1]", "[2]", "[5]", "[20]", "[1.5]", "x_y"), tie("value")),
        {
          maxLength: 4,
        },
      )
      .map((fields) => `{${fields.map(([name, value]) => `${name}=${value}`).join(",")}}`),
    fc.constantFrom(
      "redis.error_reply('MY err')",
      "redis.error_reply('one')",
      "redis.status_reply('GOOD')",
      "{double=1.5}",
    ),
  ),
})).value;

const JSON_TEXTS = [
  ...[
    '{"a":1,"b":[1,2,{"c":null}]}',
    "[]",
    "{}",
    "[1,2.5,-3e2,1E400]",
    '"\\u00e9\\ud83d\\ude00\\n\\/"',
    "null",
    " true ",
    "12345678901234567890",
  ],
  ...[
    "",
    "[1,]",
    '{"a"}',
    '{"a":1,}',
    "nul",
    "[1 2]",
    '"abc',
    '"\\x"',
    '"\\ud83d"',
    "{1:2}",
    "-",
    "-x",
    "[1",
    "01",
    "+1",
    "0x1f",
    "inf",
    "NaN",
    "nan",
  ],
  ...[
    "\\0",
    "a",
    "[[[[[[1]]]]]]",
    "1.",
    ".5",
    "1e5x",
    '{"a":1}x',
    "[1]]",
    '"\\u00"',
    '"\\ud83d\\u0041"',
    "tru",
    "[nan,-inf]",
  ],
];

/** Redis 7.0.15 crashes when a table without `err` is raised. */
function isRaisable(text: string): boolean {
  return !/^(?:\{|redis\.status)/.test(text);
}

const returned = expression.map((text) => `return ${text}`);
const encoded = expression.map((text) => `return cjson.encode(${text})`);
const decoded = fc
  .constantFrom(...JSON_TEXTS)
  .map((text) => `return cjson.encode({cjson.decode('${text.replace(/\\/g, "\\\\")}')})`);
const failing = fc.oneof(
  expression.filter(isRaisable).map((text) => `error(${text})`),
  expression.filter(isRaisable).map((text) => `local ok, e = pcall(error, ${text}) return {tostring(ok), e}`),
  expression.map((text) => `local x = ${text}\nreturn x.y.z`),
  expression.map((text) => `local x = ${text}\nreturn x + 1`),
  expression.map((text) => `return nothing[${text}]`),
);
const computed = fc
  .tuple(expression, expression)
  .chain(([a, b]) =>
    fc.constantFrom(
      `return tostring(${a}):gsub(': .*', '')`,
      `return {pcall(function() return (${a}) .. (${b}) end)}`,
      `return {pcall(function() return (${a}) < (${b}) end)}`,
      `return {type(${a}), type(${b}), ${a} == ${b}}`,
      `return {pcall(string.format, '%s %d %5.2f %q', ${a}, ${b}, 1, 'x')}`,
      `return {pcall(string.format, '%05d|%-8x|%+d|%#o|%X|%c|%g|%.3s|%10s|%%|%5.2e|%u', ${b}, 255, 7, 8, 2^40, 65, ${a}, 'abcdef', 'x', 1, -1)}`,
      `return {pcall(string.format, ${a}, ${b})}`,
      `return {pcall(string.format, '%y'), pcall(string.format, '%123d', 1), pcall(string.format, '%'), pcall(string.format, '%d')}`,
      `return {pcall(redis.sha1hex, ${a})}`,
      `return {pcall(redis.status_reply, ${a})}`,
      `return redis.error_reply(${a})`,
      `return {pcall(bit.band, ${a}, ${b})}`,
      `return {pcall(bit.tohex, ${a}, ${b})}`,
      `return {pcall(bit.rol, ${a}, ${b}), bit.bswap(255), bit.bnot(1), bit.arshift(-8, 1), bit.tobit(2^33 + 7)}`,
      `return {pcall(tonumber, ${a}, 16), pcall(tonumber, ${b}), pcall(tonumber, ${b}, 37), tonumber('ffffffffff', 16), pcall(tonumber)}`,
      `return {pcall(setmetatable, ${a}, ${b}) and 1 or 0}`,
      `math.randomseed(7) return {math.random(), math.random(100), math.random(5, 10), tostring(pcall(math.random, ${a}))}`,
      `return {pcall(rawset, _G, 'x', ${a})}`,
      `redis.x = ${a}`,
      `string.x = ${a}`,
      `newglobal = ${a}`,
      `local t = {} for k in string.gmatch('a,b,c', '[^,]+') do t[#t + 1] = k end return {#t, ${a}}`,
      `local c = coroutine.wrap(function(x) local y = coroutine.yield(x) return y end) return {c(1), c(2)}`,
    ),
  );
const FIXED = [
  ...[
    "",
    "return",
    "return 1 2",
    "x x",
    "end",
    "return KEYS",
    "return {KEYS[1], ARGV[1], #KEYS, #ARGV}",
    "while",
    "return '",
  ],
  ...[
    "#!lua\nreturn 1",
    "#!lua flags=no-writes\nreturn redis.call('set', KEYS[1], 1)",
    "#!lua flags=nope\nreturn 1",
    "#!js\nreturn 1",
  ],
  ...[
    "#!lua",
    "#!lua name=x\nreturn 1",
    "#!lua flags=no-writes,allow-oom\nreturn foo",
    "return redis.call()",
    "return redis.call('nope')",
  ],
  ...[
    "return redis.call('get')",
    "return redis.pcall('get')",
    "return redis.call({})",
    "return redis.call('eval', 'return 1', 0)",
  ],
  ...[
    "return redis.pcall('config', 'get', 'x')",
    "return redis.log(1)",
    "return redis.log('x', 'y')",
    "redis.log(9, 'y')",
    "return redis.sha1hex()",
  ],
  ...[
    "return redis.setresp(2)",
    "return redis.setresp(4)",
    "return redis.setresp()",
    "return loadstring('return 1')()",
    "return os.time()",
  ],
  ...[
    "return dofile('x')",
    "return require('x')",
    "return debug.traceback()",
    "return type(print)",
    "return setfenv",
    "return _VERSION",
  ],
  ...[
    "return redis.LOG_WARNING",
    "return redis.REDIS_VERSION_NUM",
    "return cjson.encode({[1]=1,[20]=2})",
    "return cjson.encode(print)",
  ],
  ...[
    "return cjson.encode()",
    "return cjson.decode()",
    "return cjson.encode({[{}]=1})",
    "return cjson.encode(0/0)",
    "return {1, {2, {3, {4}}}}",
  ],
  ...["local function f() return f() + 1 end return f()", "return select('#', pcall(error))", "return unpack({1,2})"],
];

const script: fc.Arbitrary<string> = fc.oneof(
  { weight: 2, arbitrary: returned },
  { weight: 2, arbitrary: encoded },
  { weight: 1, arbitrary: decoded },
  { weight: 1, arbitrary: failing },
  { weight: 2, arbitrary: computed },
  { weight: 2, arbitrary: fc.constantFrom(...FIXED) },
);

const CALLERS = [
  "return redis.call(unpack(ARGV))",
  "return redis.pcall(unpack(ARGV))",
  "local r = redis.call(unpack(ARGV)) return {type(r), r}",
  "local ok, r = pcall(redis.call, unpack(ARGV)) return {tostring(ok), type(r), r}",
  "local r = redis.pcall(unpack(ARGV)) if type(r) == 'table' then return {r.ok or '-', r.err or '-', #r} end return tostring(r)",
  "redis.call(unpack(ARGV)) return redis.call('get', KEYS[1])",
  "#!lua flags=no-writes\nreturn redis.call(unpack(ARGV))",
  "local t = {} for i = 1, 3 do t[i] = redis.pcall(unpack(ARGV)) end return t",
];

const keys = fc.constantFrom<string[]>([], ["k1"], ["k1", "k2"]);

/** EVAL and its variants: scripts that compute, and scripts that run a command. */
export const evaluation: fc.Arbitrary<Words> = fc.oneof(
  { weight: 3, arbitrary: fc.tuple(fc.constantFrom("eval", "EVAL", "eval_ro"), script, keys).map(evalOf(["x", "7"])) },
  {
    weight: 4,
    arbitrary: fc
      .tuple(fc.constantFrom("eval", "eval_ro"), fc.constantFrom(...CALLERS), keys, orderedCommand)
      .map(([name, text, names, words]) => evalOf(words)([name, text, names])),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Words>(
      ["eval", "return 1"],
      ["eval", "return 1", "x"],
      ["eval", "return 1", "-1"],
      ["eval", "return 1", "1"],
      ["evalsha", "e0e1f9fabfc9d4800c877a703b823ac0578ff8db", "0"],
      ["evalsha", "E0E1F9FABFC9D4800C877A703B823AC0578FF8DB", "0"],
      ["evalsha_ro", "e0e1f9fabfc9d4800c877a703b823ac0578ff8db", "0"],
      ["evalsha", "x", "0"],
      ["evalsha", "e0e1f9fabfc9d4800c877a703b823ac0578ff8db", "x"],
      ["script", "load", "return 1"],
      ["script", "load", "return return"],
      ["script", "nope"],
      ["script"],
      ["config", "nope"],
      ["config", "get"],
      ["pubsub"],
    ),
  },
);

function evalOf(args: Words): (parts: [string, string, string[]]) => Words {
  return ([name, text, names]) => [name, text, String(names.length), ...names, ...args];
}
