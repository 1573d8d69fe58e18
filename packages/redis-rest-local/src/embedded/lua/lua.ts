import type { Bytes } from "../replies.ts";
import { addFunction, addHook, instantiate, isLongJump, type LuaApi, type LuaState, type Pointer } from "./wasm.ts";

/** The numbers of Lua's types, as lua.h has them. */
export const LUA_NIL = 0;
export const LUA_BOOLEAN = 1;
export const LUA_LIGHT_USERDATA = 2;
export const LUA_NUMBER = 3;
export const LUA_STRING = 4;
export const LUA_TABLE = 5;

const REGISTRY = -10_000;
/** The pseudo-index of the table of globals, as lua.h has it. */
export const GLOBALS = -10_002;
const FIRST_UPVALUE = GLOBALS - 1;

const INITIAL_SCRATCH_BYTES = 64 * 1024;
/** The length up to which texts are copied byte by byte, which is faster than a call into Node. */
const SHORT = 24;

/** A function that Lua calls. Its arguments are on the stack of `state`; it returns how many results it left there. */
export type LuaFunction = (state: LuaState) => number;

/** A Lua state with exact bytes in and out: the C interface, with helpers around it. */
export class Lua {
  readonly api: LuaApi;
  /** The main state. */
  readonly main: LuaState;
  private readonly functions: LuaFunction[] = [];
  private readonly names = new Map<string, Pointer>();
  private readonly dispatcher: number;
  private readonly lengthAt: Pointer;
  private heap = Buffer.alloc(0);
  private words = new Uint32Array();
  private scratch: Pointer;
  private scratchBytes = INITIAL_SCRATCH_BYTES;

  constructor() {
    this.api = instantiate((buffer) => {
      this.heap = Buffer.from(buffer);
      this.words = new Uint32Array(buffer);
    });
    this.main = this.api.luaL_newstate();
    this.dispatcher = addFunction(this.api, (state) => this.dispatch(state));
    this.lengthAt = this.api.malloc(8);
    this.scratch = this.api.malloc(this.scratchBytes);
  }

  close(): void {
    this.api.lua_close(this.main);
  }

  /** Pushes a function that is written in TypeScript. Its errors become Lua errors. */
  pushFunction(state: LuaState, fn: LuaFunction): void {
    this.api.lua_pushnumber(state, this.functions.push(fn) - 1);
    this.api.lua_pushcclosure(state, this.dispatcher, 1);
  }

  /** Adds a hook. Returns its index for `lua_sethook`. */
  hook(fn: (state: LuaState) => void): number {
    return addHook(this.api, fn);
  }

  push(state: LuaState, text: Bytes): void {
    this.api.lua_pushlstring(state, this.write(text), text.length);
  }

  /** Returns the text at an index; undefined if it is neither a text nor a number. A number there becomes a text. */
  text(state: LuaState, index: number): Bytes | undefined {
    const at = this.api.lua_tolstring(state, index, this.lengthAt);
    return at === 0 ? undefined : this.read(at, this.words[this.lengthAt >> 2]!);
  }

  /** Pops the value on top and sets `table[name]` to it. */
  setField(state: LuaState, table: number, name: string): void {
    this.api.lua_setfield(state, table, this.name(name));
  }

  getField(state: LuaState, table: number, name: string): void {
    this.api.lua_getfield(state, table, this.name(name));
  }

  /** Pops the value on top of the stack and keeps it for `pushKept`. */
  keep(state: LuaState): number {
    return this.api.luaL_ref(state, REGISTRY);
  }

  pushKept(state: LuaState, reference: number): void {
    this.api.lua_rawgeti(state, REGISTRY, reference);
  }

  release(reference: number): void {
    this.api.luaL_unref(this.main, REGISTRY, reference);
  }

  /** Compiles a text and leaves the function on the stack. Returns the error's text if it does not compile. */
  load(state: LuaState, text: Bytes, chunkName: string): Bytes | undefined {
    const name = this.name(chunkName);
    const failed = this.api.luaL_loadbuffer(state, this.write(text), text.length, name) !== 0;
    if (!failed) return undefined;
    const error = this.text(state, -1);
    this.api.lua_settop(state, -2);
    return error ?? "";
  }

  /** Raises an error with the place where it happened, like `luaL_error`. */
  fail(state: LuaState, message: Bytes): never {
    this.api.luaL_where(state, 1);
    this.push(state, message);
    this.api.lua_concat(state, 2);
    return this.raise(state);
  }

  /** Raises an error about an argument, like `luaL_argerror`. */
  refuseArgument(state: LuaState, argument: number, message: string): never {
    this.api.luaL_argerror(state, argument, this.name(message));
    throw new Error("luaL_argerror returned");
  }

  /** Raises the value on top of the stack as an error. */
  raise(state: LuaState): never {
    this.api.lua_error(state);
    throw new Error("lua_error returned");
  }

  private dispatch(state: LuaState): number {
    const fn = this.functions[this.api.lua_tonumber(state, FIRST_UPVALUE)]!;
    try {
      return fn(state);
    } catch (error) {
      if (isLongJump(error)) throw error;
      this.push(state, `internal error: ${error instanceof Error ? error.message : String(error)}`);
      return this.raise(state);
    }
  }

  private read(at: Pointer, length: number): Bytes {
    if (length >= SHORT) return this.heap.toString("latin1", at, at + length);
    let text = "";
    for (let index = at; index < at + length; index++) text += String.fromCharCode(this.heap[index]!);
    return text;
  }

  /** Copies a text into Lua's memory. Returns its address, which is valid until the next call. */
  private write(text: Bytes): Pointer {
    if (text.length > this.scratchBytes) this.enlarge(text.length);
    const { heap, scratch } = this;
    if (text.length >= SHORT) heap.write(text, scratch, "latin1");
    else for (let at = 0; at < text.length; at++) heap[scratch + at] = text.charCodeAt(at);
    return scratch;
  }

  private enlarge(bytes: number): void {
    const scratch = this.api.malloc(2 * bytes);
    if (scratch === 0) throw new Error("not enough memory");
    this.api.free(this.scratch);
    this.scratch = scratch;
    this.scratchBytes = 2 * bytes;
  }

  /** Copies a name with a zero byte at its end, and keeps it: names from our own code are few. */
  private name(name: string): Pointer {
    let at = this.names.get(name);
    if (at === undefined) {
      at = this.api.malloc(name.length + 1);
      this.heap.write(`${name}\0`, at, "latin1");
      this.names.set(name, at);
    }
    return at;
  }
}
