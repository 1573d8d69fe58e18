import type { JsonConfig } from "./json-config.ts";
import { decodeJson } from "./json-decode.ts";
import { encodeJson } from "./json-encode.ts";
import { GLOBALS, LUA_BOOLEAN, LUA_STRING, type Lua } from "./lua.ts";
import type { LuaState } from "./wasm.ts";

const MAX_INT = 2 ** 31 - 1;

/** Push the library `cjson` (lua-cjson 2.1.0, as Redis has it). */
export function addJsonLibrary(lua: Lua): void {
  const { api, main: state } = lua;
  const config: JsonConfig = {
    encodeMaxDepth: 1000,
    decodeMaxDepth: 1000,
    numberPrecision: 14,
    encodeInvalidNumbers: "error",
    decodeInvalidNumbers: true,
    sparseConvert: false,
    sparseRatio: 2,
    sparseSafe: 10,
  };
  api.lua_createtable(state, 0, 16);
  for (const [name, fn] of Object.entries(functionsOf(lua, config))) {
    lua.pushFunction(state, fn);
    lua.setField(state, -2, name);
  }
  api.lua_pushlightuserdata(state, 0);
  lua.setField(state, -2, "null");
  // In Redis, cjson.new gives a library with settings of its own; here all libraries share them.
  lua.pushFunction(state, (caller) => {
    lua.getField(caller, GLOBALS, "cjson");
    return 1;
  });
  lua.setField(state, -2, "new");
  lua.push(state, "cjson");
  lua.setField(state, -2, "_NAME");
  lua.push(state, "2.1.0");
  lua.setField(state, -2, "_VERSION");
}

function functionsOf(lua: Lua, config: JsonConfig): Record<string, (state: LuaState) => number> {
  return {
    encode(state) {
      if (lua.api.lua_gettop(state) !== 1) lua.refuseArgument(state, 1, "expected 1 argument");
      lua.push(state, encodeJson(lua, state, config));
      return 1;
    },
    decode(state) {
      if (lua.api.lua_gettop(state) !== 1) lua.refuseArgument(state, 1, "expected 1 argument");
      decodeJson(lua, state, config);
      return 1;
    },
    encode_max_depth: (state) => integerOption(lua, state, config, "encodeMaxDepth", MAX_INT),
    decode_max_depth: (state) => integerOption(lua, state, config, "decodeMaxDepth", MAX_INT),
    encode_number_precision: (state) => integerOption(lua, state, config, "numberPrecision", 14),
    encode_keep_buffer: (state) => keepBuffer(lua, state),
    encode_invalid_numbers: (state) => encodeInvalidNumbers(lua, state, config),
    decode_invalid_numbers: (state) => decodeInvalidNumbers(lua, state, config),
    encode_sparse_array: (state) => sparseArray(lua, state, config),
  };
}

type IntegerName = "encodeMaxDepth" | "decodeMaxDepth" | "numberPrecision" | "sparseRatio" | "sparseSafe";

function integerOption(lua: Lua, state: LuaState, config: JsonConfig, name: IntegerName, most: number): number {
  checkCount(lua, state, 1);
  return setInteger(lua, state, config, name, 1, 1, most);
}

function checkCount(lua: Lua, state: LuaState, most: number): void {
  if (lua.api.lua_gettop(state) > most) lua.refuseArgument(state, most + 1, "found too many arguments");
  lua.api.lua_settop(state, most);
}

/** Changes a setting, unless the argument is nil, and pushes its present value. */
function setInteger(
  lua: Lua,
  state: LuaState,
  config: JsonConfig,
  name: IntegerName,
  at: number,
  least: number,
  most: number,
): number {
  if (lua.api.lua_type(state, at) > 0) {
    const value = Math.trunc(lua.api.luaL_checknumber(state, at));
    if (value < least || value > most) {
      lua.refuseArgument(state, at, `expected integer between ${least} and ${most}`);
    }
    config[name] = value;
  }
  lua.api.lua_pushnumber(state, config[name]);
  return 1;
}

function keepBuffer(lua: Lua, state: LuaState): number {
  checkCount(lua, state, 1);
  lua.api.lua_pushboolean(state, 1);
  return 1;
}

function encodeInvalidNumbers(lua: Lua, state: LuaState, config: JsonConfig): number {
  const { api } = lua;
  checkCount(lua, state, 1);
  if (api.lua_type(state, 1) === LUA_STRING) {
    const word = lua.text(state, 1);
    if (word !== "null" && word !== "on" && word !== "off") lua.refuseArgument(state, 1, "invalid option");
    config.encodeInvalidNumbers = word === "null" ? "null" : word === "on" ? "as they are" : "error";
  } else if (api.lua_type(state, 1) === LUA_BOOLEAN) {
    config.encodeInvalidNumbers = api.lua_toboolean(state, 1) === 1 ? "as they are" : "error";
  }
  if (config.encodeInvalidNumbers === "null") lua.push(state, "null");
  else api.lua_pushboolean(state, Number(config.encodeInvalidNumbers === "as they are"));
  return 1;
}

function decodeInvalidNumbers(lua: Lua, state: LuaState, config: JsonConfig): number {
  const { api } = lua;
  checkCount(lua, state, 1);
  if (api.lua_type(state, 1) > 0) config.decodeInvalidNumbers = api.lua_toboolean(state, 1) === 1;
  api.lua_pushboolean(state, Number(config.decodeInvalidNumbers));
  return 1;
}

function sparseArray(lua: Lua, state: LuaState, config: JsonConfig): number {
  const { api } = lua;
  checkCount(lua, state, 3);
  if (api.lua_type(state, 1) > 0) config.sparseConvert = api.lua_toboolean(state, 1) === 1;
  api.lua_pushboolean(state, Number(config.sparseConvert));
  setInteger(lua, state, config, "sparseRatio", 2, 0, MAX_INT);
  setInteger(lua, state, config, "sparseSafe", 3, 0, MAX_INT);
  return 3;
}
