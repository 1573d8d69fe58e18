import type { Lua } from "./lua.ts";
import type { LuaState } from "./wasm.ts";

type BitOperation = (a: number, b: number) => number;

const FOLDED: Readonly<Record<string, BitOperation>> = {
  band: (a, b) => a & b,
  bor: (a, b) => a | b,
  bxor: (a, b) => a ^ b,
};

const SHIFTS: Readonly<Record<string, BitOperation>> = {
  lshift: (a, n) => a << n,
  rshift: (a, n) => (a >>> n) | 0,
  arshift: (a, n) => a >> n,
  rol: (a, n) => (a << n) | (a >>> ((32 - n) & 31)),
  ror: (a, n) => (a << ((32 - n) & 31)) | (a >>> n),
};

const UNARY: Readonly<Record<string, (a: number) => number>> = {
  tobit: (a) => a,
  bnot: (a) => ~a,
  bswap: (a) => (a << 24) | ((a & 0xff00) << 8) | ((a >>> 8) & 0xff00) | (a >>> 24),
};

/** Pushes the library `bit` (LuaBitOp): arithmetic on 32-bit integers. */
export function addBitLibrary(lua: Lua): void {
  const { api, main } = lua;
  const argument = (state: LuaState, index: number) => toBits(lua, state, index);
  const add = (name: string, compute: (state: LuaState) => number) => {
    lua.pushFunction(main, (state) => {
      api.lua_pushnumber(state, compute(state));
      return 1;
    });
    lua.setField(main, -2, name);
  };

  api.lua_createtable(main, 0, 12);
  for (const [name, compute] of Object.entries(UNARY)) add(name, (state) => compute(argument(state, 1)));
  for (const [name, compute] of Object.entries(SHIFTS)) {
    add(name, (state) => compute(argument(state, 1), argument(state, 2) & 31));
  }
  for (const [name, compute] of Object.entries(FOLDED)) {
    add(name, (state) => {
      let result = argument(state, 1);
      for (let index = api.lua_gettop(state); index > 1; index--) result = compute(result, argument(state, index));
      return result;
    });
  }
  lua.pushFunction(main, (state) => {
    const value = argument(state, 1);
    const digits = api.lua_type(state, 2) >= 0 ? argument(state, 2) : 8;
    lua.push(state, toHexadecimal(value, digits));
    return 1;
  });
  lua.setField(main, -2, "tohex");
}

const double = new Float64Array(1);
const halves = new Int32Array(double.buffer);
/** The number 1.5 · 2^52: added to a number it leaves the nearest integer in the lower bits of the sum. */
const ROUNDER = 6_755_399_441_055_744;

/** Returns the lowest 32 bits of the nearest integer. Numbers beyond 2^51 give other bits, as in LuaBitOp. */
function toBits(lua: Lua, state: LuaState, index: number): number {
  double[0] = lua.api.luaL_checknumber(state, index) + ROUNDER;
  return halves[0]!;
}

/** Writes a number in hexadecimal; a negative number of digits gives capitals. */
function toHexadecimal(value: number, digits: number): string {
  const number = Math.min(8, Math.abs(digits));
  const text = (value >>> 0)
    .toString(16)
    .padStart(8, "0")
    .slice(8 - number);
  return digits < 0 ? text.toUpperCase() : text;
}
