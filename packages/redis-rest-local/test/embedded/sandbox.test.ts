import { expect, test, vi } from "vitest";
import { ReplyError } from "../../src/backend.ts";
import { text } from "./compare.ts";
import { useRealRedis, useStores } from "./support.ts";

const open = useStores();
const real = useRealRedis();

/** Things that a script may not do, or that must not last. In each pair, the second script looks for traces of the first. */
const ESCAPES = [
  ["x = 1", "return x"],
  ["_G.x = 1", "return _G.x"],
  ["rawset(_G, 'x', 1)", "return rawget(_G, 'x')"],
  ["redis.call = nil", "return redis.call('PING')"],
  ["string.upper = nil", "return ('a'):upper()"],
  ["getmetatable('').__index = nil", "return ('a'):upper()"],
  ["math.huge = 1", "return tostring(math.huge)"],
  ["setmetatable(_G, {})", "return y"],
  ["setmetatable(redis, nil)", "return redis.y"],
  ["KEYS = nil ARGV = nil", "return {KEYS[1], ARGV[1]}"],
  ["KEYS[1] = 'changed'", "return KEYS[1]"],
  ["cjson.decode = nil", "return cjson.decode('1')"],
  ["loadstring('x = 1')()", "return x"],
  ["local f = loadstring('return foo') return f()", "return 1"],
  ["coroutine.wrap(function() x = 1 end)()", "return x"],
];

test.each(ESCAPES)("a script cannot change the globals for later scripts: %s", async (first, second) => {
  const store = await open();
  const replies = [];
  for (const backend of [real(), store]) {
    const tried = await backend.send(["EVAL", first, "1", "key", "arg"]);
    const after = await backend.send(["EVAL", second, "1", "key", "arg"]);
    // Redis makes the metatable of strings read-only; here it is hidden. Either way the script fails.
    replies.push([tried instanceof ReplyError, text(after)]);
  }
  expect(replies[1]).toEqual(replies[0]);
});

test.each([
  "os",
  "io",
  "require",
  "dofile",
  "loadfile",
  "print",
  "debug",
  "package",
  "module",
  "getfenv",
  "setfenv",
  "newproxy",
])("scripts have no %s", async (name) => {
  const store = await open();
  const script = `return ${name}`;
  expect(text(await store.send(["EVAL", script, "0"]))).toEqual(text(await real().send(["EVAL", script, "0"])));
  expect(text(await store.send(["EVAL", script, "0"]))).toContain("nonexistent global variable");
});

test("a script finds every global that Redis has, except for two libraries", async () => {
  const store = await open();
  const names = String(
    await real().send([
      "EVAL",
      `local found = {}
       for name, value in pairs(_G) do
         found[#found + 1] = name
         if type(value) == 'table' and name ~= '_G' then
           for field in pairs(value) do found[#found + 1] = name .. '.' .. tostring(field) end
         end
       end
       return table.concat(found, ' ')`,
      "0",
    ]),
  ).split(" ");
  const left = ["", "__redis__err__handler", "struct", "cmsgpack"];
  const wanted = names.filter((name) => !left.includes(name.split(".")[0]!) && !/^(?:KEYS|ARGV)\./.test(name));
  const script = `local found = {} for i, path in ipairs(ARGV) do
    local ok, value = pcall(loadstring('return ' .. path))
    if not ok or value == nil then found[#found + 1] = path end
  end return found`;
  expect(await store.send(["EVAL", script, "0", ...wanted])).toEqual([]);
});

test("a script that never ends is stopped with BUSY, whatever it catches, and the store goes on", async () => {
  const store = await open();
  await store.send(["CONFIG", "SET", "lua-time-limit", "50"]);
  for (const script of [
    "while true do end",
    "while true do pcall(function() while true do end end) end",
    "local function f() return f() end return f()",
    "coroutine.wrap(function() while true do end end)()",
    "while true do redis.call('INCR', 'n') end",
    "while true do pcall(coroutine.wrap(function() while true do end end)) end",
  ]) {
    expect(text(await store.send(["EVAL", script, "0"]))).toMatch(
      /^-BUSY The script was ended because it ran for longer than busy-reply-threshold \(50 ms\); what it wrote stays/,
    );
    expect(await store.send(["EVAL", "return 1", "0"])).toBe(1);
  }
});

test("a script that uses up all memory fails, and the store goes on", async () => {
  const store = await open();
  const greedy =
    "local s, t = ('x'):rep(4000):rep(4000), {} while true do t[#t + 1] = s .. #t .. string.char(#t % 256) end";
  expect(text(await store.send(["EVAL", greedy, "0"]))).toContain("not enough memory");
  expect(await store.send(["EVAL", "return #string.rep('x', 1e6)", "0"])).toBe(1_000_000);
});

test("memory that a script left behind is free for the next script", async () => {
  const store = await open();
  const wasteful =
    "local s, t = ('x'):rep(1000):rep(1000), {} for i = 1, 300 do t[i] = s .. i .. string.char(i % 256) end";
  for (let round = 0; round < 3; round++) {
    expect(await store.send(["EVAL", wasteful, "0"])).toBeNull();
    expect(await store.send(["EVAL", "return #ARGV[1]", "0", Buffer.alloc(30_000_000, "y")])).toBe(30_000_000);
  }
});

test("when Lua itself breaks, the script fails and the next one runs in a fresh Lua", async () => {
  const store = await open();
  expect(await store.send(["EVAL", "return #ARGV[1]", "0", "short"])).toBe(5);
  const write = vi.spyOn(Object.getPrototypeOf(Buffer.alloc(0)), "write").mockImplementationOnce(() => {
    throw new RangeError("broken");
  });
  const failed = await store.send(["EVAL", "return #ARGV[1]", "0", "a text that is not short any more"]);
  write.mockRestore();
  expect(text(failed)).toBe("-ERR Lua failed and was restarted: broken");
  expect(await store.send(["EVAL", "return redis.call('GET', 'k')", "0"])).toBeNull();
});

test("deep recursion fails in the script, and the store goes on", async () => {
  const store = await open();
  for (const script of [
    "local function f() return 1 + f() end return f()",
    "local function f() return pcall(f) end return tostring(f())",
    "local t = {} for i = 1, 1e5 do t = {t} end return t",
    "return string.rep('(', 300) .. tostring(pcall(string.find, string.rep('a', 300), string.rep('(', 100)))",
    "local function f(s) return (s:gsub('.', f)) end return f('a')",
    "local t = setmetatable({}, {}) getmetatable(t).__index = t return t.x",
  ]) {
    await store.send(["EVAL", script, "0"]);
    expect(await store.send(["EVAL", "return redis.call('PING')", "0"])).toMatchObject({ text: "PONG" });
  }
});

test("bytes of any length pass through a script unchanged", async () => {
  const store = await open();
  const bytes = Buffer.from(Array.from({ length: 256 }, (_, at) => at));
  const script = "redis.call('SET', KEYS[1], ARGV[1]) return redis.call('GET', KEYS[1])";
  for (const value of [bytes.subarray(0, 0), bytes.subarray(0, 10), bytes, Buffer.alloc(10_000_000, bytes)]) {
    const returned = (await store.send(["EVAL", script, "1", bytes, value])) as Buffer;
    const stored = (await store.send(["GET", bytes])) as Buffer;
    expect([returned.equals(value), stored.equals(value)]).toEqual([true, true]);
  }
});

test("redis.log writes to the log that the store was given", async () => {
  const messages: string[] = [];
  const store = await open({ log: (message) => messages.push(message) });
  await store.send(["EVAL", "redis.log(redis.LOG_WARNING, 'a', 1)", "0"]);
  expect(messages).toEqual(["a 1"]);
});
