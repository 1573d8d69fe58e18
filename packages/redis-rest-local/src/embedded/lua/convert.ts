import { ReplyError, StatusReply } from "../../backend.ts";
import { formatDouble, narrow } from "../numbers.ts";
import { type Bytes, type EngineReply, quoted } from "../replies.ts";
import { CountedError } from "../stats.ts";
import { LUA_BOOLEAN, LUA_NUMBER, LUA_STRING, LUA_TABLE, type Lua } from "./lua.ts";
import type { LuaState } from "./wasm.ts";

const INT64_MIN = -(2n ** 63n);
/** The deepest nesting of tables. Redis stops at a few thousand, when Lua's stack is full. */
const MAX_DEPTH = 1_000;
const NO_MORE_STACK = "ERR reached lua stack limit";

/** Pushes a table of texts. */
export function pushArray(lua: Lua, state: LuaState, items: readonly Bytes[]): void {
  lua.api.lua_createtable(state, items.length, 0);
  for (let at = 0; at < items.length; at++) {
    lua.push(state, items[at]!);
    lua.api.lua_rawseti(state, -2, at + 1);
  }
}

/** Pushes a reply as scripts see it: nil is false, a status `{ok=…}`, an error `{err=…}`. */
export function pushReply(lua: Lua, state: LuaState, reply: EngineReply): void {
  const { api } = lua;
  if (typeof reply === "string") lua.push(state, reply);
  else if (typeof reply === "number" || typeof reply === "bigint") api.lua_pushnumber(state, Number(reply));
  else if (reply === null) api.lua_pushboolean(state, 0);
  else if (reply instanceof ReplyError) pushError(lua, state, reply.message, true);
  else if (reply instanceof StatusReply) {
    api.lua_createtable(state, 0, 1);
    lua.push(state, reply.text);
    lua.setField(state, -2, "ok");
  } else {
    api.lua_checkstack(state, 4);
    api.lua_createtable(state, reply.length, 0);
    for (let at = 0; at < reply.length; at++) {
      pushReply(lua, state, reply[at]!);
      api.lua_rawseti(state, -2, at + 1);
    }
  }
}

/** Pushes an error table. The message begins with its code; `counted` keeps it from being counted twice. */
export function pushError(lua: Lua, state: LuaState, message: Bytes, counted: boolean): void {
  lua.api.lua_createtable(state, 0, 2);
  lua.push(state, message);
  lua.setField(state, -2, "err");
  if (!counted) return;
  lua.api.lua_pushboolean(state, 1);
  lua.setField(state, -2, "ignore_error_stats_update");
}

interface ErrorInfo {
  readonly message: Bytes | undefined;
  readonly source: Bytes | undefined;
  readonly line: Bytes | undefined;
  readonly counted: boolean;
}

/** A reader of what a script returned: numbers are cut, true is 1, false nil, and an array ends at its first nil. */
export class ReplyReader {
  private readonly lua: Lua;
  private depth = 0;
  /** The places on the stack of the field names that make a table something other than an array. */
  private readonly fields: Readonly<
    Record<"err" | "ok" | "double" | "map" | "set" | "big_number" | "verbatim", number>
  >;

  /** Makes a reader, and leaves some texts on the main state's stack for good. */
  constructor(lua: Lua) {
    this.lua = lua;
    const keep = (name: string) => {
      lua.push(lua.main, name);
      return lua.api.lua_gettop(lua.main);
    };
    this.fields = {
      err: keep("err"),
      ok: keep("ok"),
      double: keep("double"),
      map: keep("map"),
      set: keep("set"),
      big_number: keep("big_number"),
      verbatim: keep("verbatim_string"),
    };
  }

  /** Reads the value on top of the stack, which stays there. */
  read(state: LuaState): EngineReply {
    const { api } = this.lua;
    switch (api.lua_type(state, -1)) {
      case LUA_STRING:
        return this.lua.text(state, -1)!;
      case LUA_NUMBER:
        return toInteger(api.lua_tonumber(state, -1));
      case LUA_BOOLEAN:
        return api.lua_toboolean(state, -1) === 1 ? 1 : null;
      case LUA_TABLE:
        return this.readTable(state);
      default:
        return null;
    }
  }

  /** Reads the fields of an error table. */
  errorInfo(state: LuaState): ErrorInfo {
    const { api } = this.lua;
    const field = (name: string) => {
      this.lua.getField(state, -1, name);
      const text = this.lua.text(state, -1)?.split("\0", 1)[0];
      api.lua_settop(state, -2);
      return text;
    };
    this.lua.getField(state, -1, "ignore_error_stats_update");
    const counted = api.lua_toboolean(state, -1) === 1;
    api.lua_settop(state, -2);
    return { message: field("err"), source: field("source"), line: field("line"), counted };
  }

  /** Makes an error reply, on one line and up to the first NUL. */
  error(message: Bytes, counted: boolean): ReplyError {
    const text = quoted(message.replace(/[\r\n]+$/, ""));
    return counted ? new CountedError(text) : new ReplyError(text);
  }

  private readTable(state: LuaState): EngineReply {
    const { api } = this.lua;
    if (this.depth === MAX_DEPTH || api.lua_checkstack(state, 4) === 0) return new ReplyError(NO_MORE_STACK);
    this.depth++;
    const top = api.lua_gettop(state);
    const special = this.readSpecial(state);
    api.lua_settop(state, top);
    const result = special === undefined ? this.readArray(state) : special;
    this.depth--;
    return result;
  }

  private readSpecial(state: LuaState): EngineReply | undefined {
    const { api } = this.lua;
    const { fields } = this;
    if (this.has(state, fields.err, LUA_STRING)) {
      api.lua_settop(state, -2);
      const { message, counted } = this.errorInfo(state);
      return this.error(message ?? "", counted);
    }
    if (this.has(state, fields.ok, LUA_STRING)) return new StatusReply(quoted(this.lua.text(state, -1)!));
    if (this.has(state, fields.double, LUA_NUMBER)) return formatDouble(api.lua_tonumber(state, -1));
    if (this.has(state, fields.big_number, LUA_STRING)) return this.lua.text(state, -1)!.replace(/[\r\n]/g, " ");
    if (this.has(state, fields.verbatim, LUA_TABLE)) return this.readVerbatim(state);
    if (this.has(state, fields.map, LUA_TABLE)) return this.readPairs(state, true);
    if (this.has(state, fields.set, LUA_TABLE)) return this.readPairs(state, false);
    return undefined;
  }

  /** Returns whether the table on top has this field with a value of that type, and pushes it if so. */
  private has(state: LuaState, field: number, type: number): boolean {
    const { api } = this.lua;
    api.lua_pushvalue(state, field);
    api.lua_rawget(state, -2);
    if (api.lua_type(state, -1) === type) return true;
    api.lua_settop(state, -2);
    return false;
  }

  private readVerbatim(state: LuaState): EngineReply | undefined {
    this.lua.getField(state, -1, "string");
    return this.lua.text(state, -1);
  }

  private readPairs(state: LuaState, withValues: boolean): EngineReply[] {
    const { api } = this.lua;
    const items: EngineReply[] = [];
    api.lua_pushnil(state);
    while (api.lua_next(state, -2) !== 0) {
      api.lua_pushvalue(state, -2);
      items.push(this.read(state));
      api.lua_settop(state, -2);
      if (withValues) items.push(this.read(state));
      api.lua_settop(state, -2);
    }
    return items;
  }

  private readArray(state: LuaState): EngineReply[] {
    const { api } = this.lua;
    const items: EngineReply[] = [];
    for (let at = 1; ; at++) {
      api.lua_rawgeti(state, -1, at);
      const end = api.lua_type(state, -1) === 0;
      if (!end) items.push(this.read(state));
      api.lua_settop(state, -2);
      if (end) return items;
    }
  }
}

/** Converts to a 64-bit integer as C does: a number that does not fit becomes the least integer. */
function toInteger(value: number): number | bigint {
  const cut = Math.trunc(value);
  if (Number.isSafeInteger(cut)) return cut === 0 ? 0 : cut;
  return Number.isFinite(cut) && Math.abs(cut) < 2 ** 63 ? narrow(BigInt(cut)) : INT64_MIN;
}
