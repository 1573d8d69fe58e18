import { formatGeneral } from "../numbers.ts";
import type { Bytes } from "../replies.ts";
import type { JsonConfig } from "./json-config.ts";
import { LUA_BOOLEAN, LUA_LIGHT_USERDATA, LUA_NIL, LUA_NUMBER, LUA_STRING, LUA_TABLE, type Lua } from "./lua.ts";
import type { LuaState } from "./wasm.ts";

const TYPE_NAMES = ["nil", "boolean", "userdata", "number", "string", "table", "function", "userdata", "thread"];
/** The number of digits of Lua's own conversion to text. */
const NATIVE_PRECISION = 14;

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '\\"',
  "\\": "\\\\",
  "/": "\\/",
  "\b": "\\b",
  "\t": "\\t",
  "\n": "\\n",
  "\f": "\\f",
  "\r": "\\r",
};

/**
 * Writes the value on top of the stack as JSON, with the quirks of lua-cjson: a table is an array if all its keys are positive
 * integers, so an empty one is `{}`; numbers have 14 digits; `/` is escaped; bytes that are not UTF-8 pass through.
 * Raises a Lua error for values that JSON cannot hold.
 */
export function encodeJson(lua: Lua, state: LuaState, config: JsonConfig): Bytes {
  const parts: string[] = [];
  new JsonEncoder(lua, state, config, parts).value(0);
  return parts.join("");
}

class JsonEncoder {
  private readonly lua: Lua;
  private readonly state: LuaState;
  private readonly config: JsonConfig;
  private readonly parts: string[];

  constructor(lua: Lua, state: LuaState, config: JsonConfig, parts: string[]) {
    this.lua = lua;
    this.state = state;
    this.config = config;
    this.parts = parts;
  }

  value(depth: number): void {
    const { api } = this.lua;
    const type = api.lua_type(this.state, -1);
    if (type === LUA_STRING) this.parts.push(quote(this.lua.text(this.state, -1)!));
    else if (type === LUA_NUMBER) this.parts.push(this.number());
    else if (type === LUA_BOOLEAN) this.parts.push(api.lua_toboolean(this.state, -1) === 1 ? "true" : "false");
    else if (type === LUA_TABLE) this.table(depth + 1);
    else if (type === LUA_NIL || (type === LUA_LIGHT_USERDATA && api.lua_touserdata(this.state, -1) === 0)) {
      this.parts.push("null");
    } else this.refuse("type not supported");
  }

  private table(depth: number): void {
    const { api } = this.lua;
    if (depth > this.config.encodeMaxDepth || api.lua_checkstack(this.state, 3) === 0) {
      this.lua.fail(this.state, `Cannot serialise, excessive depth (${depth})`);
    }
    const length = this.arrayLength();
    if (length > 0) this.array(length, depth);
    else this.object(depth);
  }

  /** Returns the length of an array; 0 or less for a table that is not one. */
  private arrayLength(): number {
    const { api } = this.lua;
    let [max, items] = [0, 0];
    api.lua_pushnil(this.state);
    while (api.lua_next(this.state, -2) !== 0) {
      api.lua_settop(this.state, -2);
      const key = api.lua_type(this.state, -1) === LUA_NUMBER ? api.lua_tonumber(this.state, -1) : 0;
      if (key < 1 || !Number.isInteger(key)) {
        api.lua_settop(this.state, -2);
        return -1;
      }
      max = Math.max(max, key);
      items++;
    }
    const { sparseRatio, sparseSafe, sparseConvert } = this.config;
    if (sparseRatio === 0 || max <= items * sparseRatio || max <= sparseSafe) return max;
    return sparseConvert ? -1 : this.refuse("excessively sparse array");
  }

  private array(length: number, depth: number): void {
    const { api } = this.lua;
    for (let at = 1; at <= length; at++) {
      this.parts.push(at === 1 ? "[" : ",");
      api.lua_rawgeti(this.state, -1, at);
      this.value(depth);
      api.lua_settop(this.state, -2);
    }
    this.parts.push("]");
  }

  private object(depth: number): void {
    const { api } = this.lua;
    let separator = "{";
    api.lua_pushnil(this.state);
    while (api.lua_next(this.state, -2) !== 0) {
      this.parts.push(separator, this.key(), ":");
      separator = ",";
      this.value(depth);
      api.lua_settop(this.state, -2);
    }
    this.parts.push(separator === "{" ? "{}" : "}");
  }

  /** Writes the key below the value on top. */
  private key(): string {
    const { api } = this.lua;
    const type = api.lua_type(this.state, -2);
    if (type === LUA_STRING) return quote(this.lua.text(this.state, -2)!);
    api.lua_pushvalue(this.state, -2);
    if (type !== LUA_NUMBER) this.refuse("table key must be a number or string");
    const text = this.number();
    api.lua_settop(this.state, -2);
    return `"${text}"`;
  }

  private number(): string {
    const { api } = this.lua;
    const value = api.lua_tonumber(this.state, -1);
    const { encodeInvalidNumbers, numberPrecision } = this.config;
    if (!Number.isFinite(value) && encodeInvalidNumbers !== "as they are") {
      return encodeInvalidNumbers === "null" ? "null" : this.refuse("must not be NaN or Inf");
    }
    if (numberPrecision !== NATIVE_PRECISION) return formatGeneral(value, numberPrecision);
    api.lua_pushnumber(this.state, value);
    const text = this.lua.text(this.state, -1)!;
    api.lua_settop(this.state, -2);
    return text;
  }

  private refuse(reason: string): never {
    const type = TYPE_NAMES[this.lua.api.lua_type(this.state, -1)];
    return this.lua.fail(this.state, `Cannot serialise ${type}: ${reason}`);
  }
}

function quote(text: Bytes): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it escapes control characters.
  const escaped = text.replace(/["\\/\0-\x1f\x7f]/g, (byte) => {
    return ESCAPES[byte] ?? `\\u${byte.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
  return `"${escaped}"`;
}
