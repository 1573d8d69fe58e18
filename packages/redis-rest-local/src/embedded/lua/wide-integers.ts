import { LUA_STRING, type Lua } from "./lua.ts";
import type { LuaState } from "./wasm.ts";

const INT64_MIN = -(2n ** 63n);
const UINT64_MAX = 2n ** 64n - 1n;
const SHORT = 100;
const MAX_SIGNS = 5;
const SPECIFICATION = /^([-+ #0]*)([0-9]{0,2})(?:(\.)([0-9]{0,2}))?(.?)/s;
const DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz";

interface FormatSpecification {
  readonly text: string;
  readonly flags: string;
  readonly width: number;
  /** The precision; undefined if there is none. */
  readonly precision: number | undefined;
  readonly conversion: string;
}

/**
 * Sets `string.format` in the table on top. It and `tonumber` work on C's `long` in Lua's own libraries, which has 32 bits
 * in WebAssembly and 64 in Redis. An instant in ms has 41.
 */
export function pushFormat(lua: Lua): void {
  const { api, main } = lua;
  lua.getField(main, -1, "format");
  const native = lua.keep(main);
  lua.pushFunction(main, (state) => {
    const format = checkText(lua, state, 1);
    const count = api.lua_gettop(state);
    let result = "";
    let argument = 1;
    for (let at = 0; at < format.length; ) {
      const percent = format.indexOf("%", at);
      result += format.slice(at, percent < 0 ? format.length : percent);
      if (percent < 0) break;
      if (format[percent + 1] === "%") {
        result += "%";
        at = percent + 2;
        continue;
      }
      argument++;
      if (argument > count) lua.refuseArgument(state, argument, "no value");
      const specification = specificationAt(lua, state, format, percent + 1);
      result += formatted(lua, state, argument, specification, native);
      at = percent + 1 + specification.text.length;
    }
    lua.push(state, result);
    return 1;
  });
}

/** Pushes `tonumber`, with 64 bits. */
export function pushToNumber(lua: Lua): void {
  const { api, main } = lua;
  lua.pushFunction(main, (state) => {
    if (api.lua_type(state, 1) < 0) lua.refuseArgument(state, 1, "value expected");
    const base = api.lua_type(state, 2) > 0 ? Math.trunc(api.luaL_checknumber(state, 2)) : 10;
    const value = base === 10 ? decimal(lua, state) : fromBase(lua, state, base);
    if (value === undefined) api.lua_pushnil(state);
    else api.lua_pushnumber(state, value);
    return 1;
  });
}

function decimal(lua: Lua, state: LuaState): number | undefined {
  return lua.api.lua_isnumber(state, 1) === 1 ? lua.api.lua_tonumber(state, 1) : undefined;
}

/** Reads an integer as C's `strtoul` does, with 64 bits and from the whole text. */
function fromBase(lua: Lua, state: LuaState, base: number): number | undefined {
  const text = checkText(lua, state, 1).split("\0", 1)[0]!;
  if (base < 2 || base > 36) lua.refuseArgument(state, 2, "base out of range");
  const prefix = base === 16 ? "(?:0x)?" : "";
  const match = new RegExp(`^[ \\t-\\r]*([-+]?)${prefix}([${DIGITS.slice(0, base)}]+)[ \\t-\\r]*$`, "i").exec(text);
  if (!match) return undefined;
  let value = 0n;
  for (const digit of match[2]!.toLowerCase()) value = value * BigInt(base) + BigInt(DIGITS.indexOf(digit));
  if (value > UINT64_MAX) return Number(UINT64_MAX);
  return Number(match[1] === "-" ? BigInt.asUintN(64, -value) : value);
}

function checkText(lua: Lua, state: LuaState, index: number): string {
  const text = lua.text(state, index);
  if (text === undefined) lua.api.luaL_checktype(state, index, LUA_STRING);
  return text ?? "";
}

function specificationAt(lua: Lua, state: LuaState, format: string, at: number): FormatSpecification {
  const [text, flags = "", width, dot, precision, conversion = ""] = SPECIFICATION.exec(format.slice(at, at + 64))!;
  if (flags.length > MAX_SIGNS) lua.fail(state, "invalid format (repeated flags)");
  if (/[0-9]/.test(conversion)) lua.fail(state, "invalid format (width or precision too long)");
  return {
    text,
    flags,
    width: Number(width),
    precision: dot === undefined ? undefined : Number(precision),
    conversion,
  };
}

function formatted(
  lua: Lua,
  state: LuaState,
  argument: number,
  specification: FormatSpecification,
  native: number,
): string {
  const { conversion, text } = specification;
  if (text === "s") {
    const value = checkText(lua, state, argument);
    // C's sprintf ends at a NUL; longer texts do not pass through it.
    return value.length < SHORT ? value.split("\0", 1)[0]! : value;
  }
  if ("di".includes(conversion) && conversion !== "") {
    return formatInteger(toInt64(lua.api.luaL_checknumber(state, argument)), 10, specification);
  }
  if ("ouxX".includes(conversion) && conversion !== "") {
    const value = BigInt.asUintN(64, toInt64(lua.api.luaL_checknumber(state, argument)));
    return formatInteger(value, conversion === "o" ? 8 : conversion === "u" ? 10 : 16, specification);
  }
  if ("sq".includes(conversion) && conversion !== "") checkText(lua, state, argument);
  else if ("ceEfgG".includes(conversion) && conversion !== "") lua.api.luaL_checknumber(state, argument);
  else lua.fail(state, `invalid option '%${conversion}' to 'format'`);
  return byNative(lua, state, argument, text, native);
}

/** Converts a number to an `int` as C does. */
export function toInt32(value: number): number {
  return Number(BigInt.asIntN(32, toInt64(value)));
}

/** Converts a number to 64 bits; one that does not fit becomes the least integer, as on x86. */
function toInt64(value: number): bigint {
  if (!Number.isFinite(value)) return INT64_MIN;
  const cut = BigInt(Math.trunc(value));
  return cut >= INT64_MIN && cut <= UINT64_MAX ? cut : INT64_MIN;
}

function formatInteger(
  value: bigint,
  base: number,
  { flags, width, precision, conversion }: FormatSpecification,
): string {
  const magnitude = value < 0n ? -value : value;
  let digits = precision === 0 && value === 0n ? "" : magnitude.toString(base);
  if (precision !== undefined) digits = digits.padStart(precision, "0");
  let sign = value < 0n ? "-" : "";
  if ("di".includes(conversion) && sign === "") sign = flags.includes("+") ? "+" : flags.includes(" ") ? " " : "";
  if (flags.includes("#") && base === 16 && value !== 0n) sign = "0x";
  if (flags.includes("#") && base === 8 && !digits.startsWith("0")) digits = `0${digits}`;
  const zeros = flags.includes("0") && !flags.includes("-") && precision === undefined;
  if (zeros) digits = digits.padStart(width - sign.length, "0");
  const text = flags.includes("-") ? (sign + digits).padEnd(width) : (sign + digits).padStart(width);
  return conversion === "X" ? text.toUpperCase() : text;
}

function byNative(lua: Lua, state: LuaState, argument: number, text: string, native: number): string {
  lua.pushKept(state, native);
  lua.push(state, `%${text}`);
  lua.api.lua_pushvalue(state, argument);
  lua.api.lua_call(state, 2, 1);
  const result = lua.text(state, -1)!;
  lua.api.lua_settop(state, -2);
  return result;
}
