import { wasmFile } from "./wasm-file.ts";

/** An address in the memory of the WebAssembly module. */
export type Pointer = number;
/** A Lua state or a coroutine of it. */
export type LuaState = Pointer;

/** The C interface of Lua 5.1, as the module exports it. Texts are addresses of bytes. */
export interface LuaApi {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  readonly __indirect_function_table: { get(index: number): (...args: number[]) => number } & {
    grow(by: number): number;
    set(index: number, fn: unknown): void;
  };
  __wasm_call_ctors(): void;
  emscripten_stack_init(): void;
  stackSave(): Pointer;
  stackRestore(stack: Pointer): void;
  setThrew(threw: number, value: number): void;
  malloc(bytes: number): Pointer;
  free(pointer: Pointer): void;

  luaL_newstate(): LuaState;
  luaL_argerror(state: LuaState, argument: number, message: Pointer): number;
  luaL_checknumber(state: LuaState, argument: number): number;
  luaL_checktype(state: LuaState, argument: number, type: number): void;
  luaL_loadbuffer(state: LuaState, text: Pointer, bytes: number, name: Pointer): number;
  luaL_ref(state: LuaState, table: number): number;
  luaL_unref(state: LuaState, table: number, reference: number): void;
  luaL_where(state: LuaState, level: number): void;
  luaopen_base(state: LuaState): number;
  luaopen_table(state: LuaState): number;
  luaopen_string(state: LuaState): number;
  luaopen_math(state: LuaState): number;
  luaopen_debug(state: LuaState): number;
  lua_close(state: LuaState): void;
  lua_call(state: LuaState, args: number, results: number): void;
  lua_checkstack(state: LuaState, slots: number): number;
  lua_concat(state: LuaState, count: number): void;
  lua_createtable(state: LuaState, items: number, fields: number): void;
  lua_error(state: LuaState): number;
  lua_gc(state: LuaState, what: number, data: number): number;
  lua_getfield(state: LuaState, index: number, name: Pointer): void;
  lua_getmetatable(state: LuaState, index: number): number;
  lua_gettable(state: LuaState, index: number): void;
  lua_gettop(state: LuaState): number;
  lua_insert(state: LuaState, index: number): void;
  lua_isnumber(state: LuaState, index: number): number;
  lua_next(state: LuaState, index: number): number;
  lua_objlen(state: LuaState, index: number): number;
  lua_pcall(state: LuaState, args: number, results: number, handler: number): number;
  lua_pushboolean(state: LuaState, value: number): void;
  lua_pushcclosure(state: LuaState, fn: number, upvalues: number): void;
  lua_pushlightuserdata(state: LuaState, value: Pointer): void;
  lua_pushlstring(state: LuaState, text: Pointer, bytes: number): void;
  lua_pushnil(state: LuaState): void;
  lua_pushnumber(state: LuaState, value: number): void;
  lua_pushvalue(state: LuaState, index: number): void;
  lua_rawget(state: LuaState, index: number): void;
  lua_rawgeti(state: LuaState, index: number, item: number): void;
  lua_rawset(state: LuaState, index: number): void;
  lua_rawseti(state: LuaState, index: number, item: number): void;
  lua_remove(state: LuaState, index: number): void;
  lua_replace(state: LuaState, index: number): void;
  lua_setfenv(state: LuaState, index: number): number;
  lua_setfield(state: LuaState, index: number, name: Pointer): void;
  lua_sethook(state: LuaState, hook: number, mask: number, count: number): number;
  lua_setmetatable(state: LuaState, index: number): number;
  lua_settop(state: LuaState, index: number): void;
  lua_toboolean(state: LuaState, index: number): number;
  lua_tolstring(state: LuaState, index: number, length: Pointer): Pointer;
  lua_tonumber(state: LuaState, index: number): number;
  lua_topointer(state: LuaState, index: number): Pointer;
  lua_touserdata(state: LuaState, index: number): Pointer;
  lua_type(state: LuaState, index: number): number;
}

/** The parts of `WebAssembly` that are used, because its types are in the browser's library. */
interface WebAssemblyHost {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object, imports: object) => { readonly exports: unknown };
}

const { Module, Instance } = (globalThis as unknown as { WebAssembly: WebAssemblyHost }).WebAssembly;

const PAGE_BYTES = 65_536;
/** The most memory that Lua may take; beyond it a script gets "not enough memory". */
const MAX_MEMORY_BYTES = 512 * 1024 * 1024;
const NOT_SUPPORTED = 52;

let compiled: object | undefined;

/**
 * Makes a fresh Lua 5.1 from the package `wasmoon-lua5.1`. It uses only the package's WebAssembly file: its own bindings turn
 * texts into UTF-8 and values into proxies, while Redis needs exact bytes, and speed.
 *
 * `onMemory` gets the memory's buffer now and whenever it changes.
 */
export function instantiate(onMemory: (buffer: ArrayBuffer) => void): LuaApi {
  compiled ??= new Module(wasmFile());
  const api = new Instance(
    compiled,
    importsOf(() => api, onMemory),
  ).exports as LuaApi;
  onMemory(api.memory.buffer);
  api.emscripten_stack_init();
  api.__wasm_call_ctors();
  return api;
}

/** Returns what the module imports: memory and long jumps, and nothing of the system. */
function importsOf(api: () => LuaApi, onMemory: (buffer: ArrayBuffer) => void): object {
  const system: Record<string, (...args: number[]) => number | undefined> = {
    invoke_vii: (index, a, b) => invoke(api(), index!, a!, b!),
    _emscripten_throw_longjmp() {
      throw LONG_JUMP;
    },
    emscripten_memcpy_js(to, from, bytes) {
      new Uint8Array(api().memory.buffer).copyWithin(to!, from!, from! + bytes!);
      return undefined;
    },
    emscripten_resize_heap: (bytes) => grow(api(), bytes! >>> 0, onMemory),
    environ_sizes_get(count, size) {
      const words = new Uint32Array(api().memory.buffer);
      words[count! >> 2] = 0;
      words[size! >> 2] = 0;
      return 0;
    },
    environ_get: () => 0,
  };
  const env = new Proxy(system, { get: (known, name: string) => known[name] ?? (() => NOT_SUPPORTED) });
  return { env, wasi_snapshot_preview1: env };
}

/** The value that a long jump throws. It is a number, because that is how the module tells it from a fault. */
const LONG_JUMP = Number.POSITIVE_INFINITY;

/** Calls a function that may end by a long jump: the other half of `setjmp`. */
function invoke(api: LuaApi, index: number, a: number, b: number): undefined {
  const stack = api.stackSave();
  try {
    api.__indirect_function_table.get(index)(a, b);
  } catch (error) {
    if (error !== LONG_JUMP) throw error;
    api.stackRestore(stack);
    api.setThrew(1, 0);
  }
}

/** Returns whether an error is a long jump of Lua. */
export function isLongJump(error: unknown): boolean {
  return error === LONG_JUMP;
}

function grow(api: LuaApi, bytes: number, onMemory: (buffer: ArrayBuffer) => void): number {
  const present = api.memory.buffer.byteLength;
  if (bytes > MAX_MEMORY_BYTES) return 0;
  const wanted = Math.min(MAX_MEMORY_BYTES, Math.max(bytes, present * 1.5));
  api.memory.grow(Math.ceil((wanted - present) / PAGE_BYTES));
  onMemory(api.memory.buffer);
  return 1;
}

/** Adds a function that Lua can call: (state) → number of results. Returns its index. */
export function addFunction(api: LuaApi, fn: (state: LuaState) => number): number {
  return addToTable(api, ONE_ARGUMENT, fn);
}

/** Adds a function that Lua can call as a hook: (state, activation record). Returns its index. */
export function addHook(api: LuaApi, fn: (state: LuaState) => void): number {
  return addToTable(api, HOOK, fn);
}

/** Adds a function to the table, which takes only functions of a module: a tiny module exports what it imports. */
function addToTable(api: LuaApi, type: readonly number[], fn: (state: LuaState) => unknown): number {
  const header = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
  const types = [0x01, type.length + 1, 0x01, ...type];
  const imported = [0x02, 0x07, 0x01, 0x01, 0x65, 0x01, 0x66, 0x00, 0x00];
  const exported = [0x07, 0x05, 0x01, 0x01, 0x66, 0x00, 0x00];
  const module = new Module(Uint8Array.from([...header, ...types, ...imported, ...exported]));
  const passed = new Instance(module, { e: { f: fn } }).exports as { f: unknown };
  const index = api.__indirect_function_table.grow(1);
  api.__indirect_function_table.set(index, passed.f);
  return index;
}

const ONE_ARGUMENT = [0x60, 0x01, 0x7f, 0x01, 0x7f];
const HOOK = [0x60, 0x02, 0x7f, 0x7f, 0x00];
