import { addBitLibrary } from "./bit.ts";
import { addJsonLibrary } from "./cjson.ts";
import { Lrand48 } from "./lrand48.ts";
import { GLOBALS, LUA_TABLE, type Lua, type LuaFunction } from "./lua.ts";
import type { LuaState, Pointer } from "./wasm.ts";
import { pushFormat, pushToNumber, toInt32 } from "./wide-integers.ts";

/** The functions of Lua's base library that scripts may use, as in Redis 7.0. */
const FUNCTIONS = [
  ...["assert", "collectgarbage", "error", "gcinfo", "getmetatable", "ipairs", "load", "loadstring", "next", "pairs"],
  ...["rawequal", "rawget", "select", "tostring", "type", "unpack", "xpcall"],
];
const LIBRARIES = ["string", "math", "table", "coroutine"];
const RAND_MAX = 2 ** 31 - 1;

const ERROR_HANDLER = `
local getinfo = debug.getinfo
return function(err)
  local info = getinfo(2, "nSl")
  if info and info.what == "C" then info = getinfo(3, "nSl") end
  if type(err) ~= "table" then err = { err = "ERR " .. tostring(err) } end
  if info then
    err.source = info.source
    err.line = info.currentline
  end
  return err
end`;

/** The globals of scripts. The indexes are on the main state's stack, where the values stay for good. */
export interface Sandbox {
  /** The table that holds the globals. */
  readonly base: number;
  /** The function that adds the place to an error. */
  readonly errorHandler: number;
  /** Makes the table on top of the stack a library with this name, which scripts can read and not change. */
  addLibrary(name: string): void;
  /** Lets scripts see the globals from now on, and nothing else. */
  close(): void;
}

/**
 * Prepares the globals of scripts: only what Redis gives them, and read-only. Redis marks tables as read-only inside Lua;
 * here, a script gets an empty table in front of each, which passes reads on and refuses writes. (So `pairs(redis)` and
 * `pairs(_G)` find nothing.)
 */
export function openSandbox(lua: Lua): Sandbox {
  const { api, main } = lua;
  for (const open of ["luaopen_base", "luaopen_table", "luaopen_string", "luaopen_math", "luaopen_debug"] as const) {
    api[open](main);
    api.lua_settop(main, 0);
  }
  lua.load(main, ERROR_HANDLER, "=handler");
  api.lua_call(main, 0, 1);
  const errorHandler = api.lua_gettop(main);

  const guards = new Set<Pointer>();
  api.lua_createtable(main, 0, 64);
  const base = api.lua_gettop(main);
  for (const name of [...FUNCTIONS, "_VERSION"]) {
    lua.getField(main, GLOBALS, name);
    lua.setField(main, base, name);
  }
  for (const [name, fn] of Object.entries(guardedFunctions(lua, guards))) {
    lua.pushFunction(main, fn);
    lua.setField(main, base, name);
  }

  pushToNumber(lua);
  lua.setField(main, base, "tonumber");

  const addLibrary = (name: string) => {
    pushGuard(lua, guards);
    lua.setField(main, base, name);
  };
  for (const name of LIBRARIES) {
    lua.getField(main, GLOBALS, name);
    if (name === "math") replaceRandom(lua);
    if (name === "string") {
      pushFormat(lua);
      lua.setField(main, -2, "format");
    }
    addLibrary(name);
  }
  addBitLibrary(lua);
  addLibrary("bit");
  addJsonLibrary(lua);
  addLibrary("cjson");
  guardTextMethods(lua, base);
  nameNullPointer(lua);
  return { base, errorHandler, addLibrary, close: () => close(lua, base, guards) };
}

/** Replaces the table on top by an empty one in front of it. */
function pushGuard(lua: Lua, guards: Set<Pointer>): void {
  const { api, main } = lua;
  api.lua_createtable(main, 0, 0);
  api.lua_createtable(main, 0, 3);
  api.lua_pushvalue(main, -3);
  lua.setField(main, -2, "__index");
  lua.pushFunction(main, (state) => lua.fail(state, "Attempt to modify a readonly table"));
  lua.setField(main, -2, "__newindex");
  api.lua_pushboolean(main, 0);
  lua.setField(main, -2, "__metatable");
  api.lua_setmetatable(main, -2);
  api.lua_remove(main, -2);
  guards.add(api.lua_topointer(main, -1));
}

/** Returns safe versions of the functions with which a script could get past the guards, and Redis' own `pcall`. */
function guardedFunctions(lua: Lua, guards: ReadonlySet<Pointer>): Record<string, LuaFunction> {
  const { api } = lua;
  const checkTable = (state: LuaState) => {
    api.luaL_checktype(state, 1, LUA_TABLE);
    if (!guards.has(api.lua_topointer(state, 1))) return;
    lua.push(state, "Attempt to modify a readonly table");
    lua.raise(state);
  };
  return {
    pcall: (state) => protectedCall(lua, state),
    rawset(state) {
      checkTable(state);
      api.lua_settop(state, 3);
      api.lua_rawset(state, 1);
      return 1;
    },
    setmetatable(state) {
      checkTable(state);
      const type = api.lua_type(state, 2);
      if (type !== 0 && type !== LUA_TABLE) lua.refuseArgument(state, 2, "nil or table expected");
      lua.getField(state, 1, "__metatable");
      api.lua_settop(state, 2);
      api.lua_setmetatable(state, 1);
      return 1;
    },
  };
}

/** Calls a function as Lua's `pcall` does, but turns an error table of Redis into its message. */
function protectedCall(lua: Lua, state: LuaState): number {
  const { api } = lua;
  const args = api.lua_gettop(state);
  if (args === 0) lua.refuseArgument(state, 1, "value expected");
  api.lua_pushboolean(state, 1);
  api.lua_insert(state, 1);
  if (api.lua_pcall(state, args - 1, -1, 0) !== 0) {
    api.lua_remove(state, 1);
    if (api.lua_type(state, -1) === LUA_TABLE) {
      lua.getField(state, -1, "err");
      if (lua.text(state, -1) !== undefined) api.lua_replace(state, -2);
    }
    api.lua_pushboolean(state, 0);
    api.lua_insert(state, 1);
  }
  return api.lua_gettop(state);
}

/** Sets Redis' generator in the table on top: it gives the same numbers everywhere for the same seed. */
function replaceRandom(lua: Lua): void {
  const { api, main } = lua;
  const generator = new Lrand48();
  const integer = (state: LuaState, index: number) => toInt32(api.luaL_checknumber(state, index));
  lua.pushFunction(main, (state) => {
    const part = (generator.next() % RAND_MAX) / RAND_MAX;
    const count = api.lua_gettop(state);
    if (count > 2) lua.fail(state, "wrong number of arguments");
    const low = count === 2 ? integer(state, 1) : 1;
    const high = count === 0 ? 0 : integer(state, count);
    if (count > 0 && low > high) lua.refuseArgument(state, count, "interval is empty");
    api.lua_pushnumber(state, count === 0 ? part : Math.floor(part * (high - low + 1)) + low);
    return 1;
  });
  lua.setField(main, -2, "random");
  lua.pushFunction(main, (state) => {
    generator.seed(integer(state, 1));
    return 0;
  });
  lua.setField(main, -2, "randomseed");
}

/** Guards the table in which `("x"):upper()` finds its method, since scripts can reach it. */
function guardTextMethods(lua: Lua, base: number): void {
  const { api, main } = lua;
  lua.push(main, "");
  api.lua_getmetatable(main, -1);
  lua.getField(main, base, "string");
  lua.setField(main, -2, "__index");
  api.lua_pushboolean(main, 0);
  lua.setField(main, -2, "__metatable");
  api.lua_settop(main, -3);
}

/** Gives `tostring(cjson.null)` one text: C libraries print it differently. */
function nameNullPointer(lua: Lua): void {
  const { api, main } = lua;
  api.lua_pushlightuserdata(main, 0);
  api.lua_createtable(main, 0, 2);
  lua.pushFunction(main, (state) => {
    lua.push(state, "userdata: (nil)");
    return 1;
  });
  lua.setField(main, -2, "__tostring");
  api.lua_pushboolean(main, 0);
  lua.setField(main, -2, "__metatable");
  api.lua_setmetatable(main, -2);
  api.lua_settop(main, -2);
}

function close(lua: Lua, base: number, guards: Set<Pointer>): void {
  const { api, main } = lua;
  api.lua_createtable(main, 0, 1);
  lua.pushFunction(main, (state) => {
    const name = lua.text(state, 2) ?? "";
    return lua.fail(state, `Script attempted to access nonexistent global variable '${name}'`);
  });
  lua.setField(main, -2, "__index");
  api.lua_setmetatable(main, base);
  api.lua_pushvalue(main, base);
  pushGuard(lua, guards);
  api.lua_pushvalue(main, -1);
  lua.setField(main, base, "_G");
  api.lua_replace(main, GLOBALS);
}
