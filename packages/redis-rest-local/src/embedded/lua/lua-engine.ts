import { type Bytes, type EngineReply, fail, quoted } from "../replies.ts";
import { pushArray, pushError, ReplyReader } from "./convert.ts";
import { LUA_TABLE, Lua } from "./lua.ts";
import { addRedisApi, type ScriptHost } from "./redis-api.ts";
import { openSandbox, type Sandbox } from "./sandbox.ts";
import type { LuaState } from "./wasm.ts";

const CHUNK_NAME = "@user_script";
const HOOK_COUNT = 8;
const CHECK_EVERY = 1_000;
const COLLECT = 2;
const COUNT_KIB = 3;
const MUCH_MEMORY_KIB = 128 * 1024;
const ERROR_SHOWN = 100;

/** Runs scripts as Redis does, in one Lua 5.1 that they share. */
export class LuaEngine {
  private readonly lua = new Lua();
  private readonly sandbox: Sandbox;
  private readonly reader: ReplyReader;
  private readonly hook: number;
  private host: ScriptHost | undefined;
  private deadline = 0;

  constructor(log: (level: number, message: Bytes) => void) {
    this.sandbox = openSandbox(this.lua);
    addRedisApi(this.lua, this.sandbox, { host: () => this.host, log });
    this.sandbox.close();
    this.reader = new ReplyReader(this.lua);
    this.hook = this.lua.hook((state) => this.checkTime(state));
  }

  /** Compiles a script. Returns what `run` takes. @throws ReplyError if the text does not compile */
  compile(body: Bytes): number {
    const { main } = this.lua;
    const error = this.lua.load(main, body, CHUNK_NAME);
    if (error !== undefined) fail(`ERR Error compiling script (new function): ${quoted(error)}`);
    return this.lua.keep(main);
  }

  release(reference: number): void {
    this.lua.release(reference);
  }

  run(
    script: { sha: string; reference: number },
    keys: readonly Bytes[],
    args: readonly Bytes[],
    host: ScriptHost,
  ): EngineReply {
    const { api, main } = this.lua;
    const { base, errorHandler } = this.sandbox;
    pushArray(this.lua, main, keys);
    this.lua.setField(main, base, "KEYS");
    pushArray(this.lua, main, args);
    this.lua.setField(main, base, "ARGV");
    const top = api.lua_gettop(main);
    this.lua.pushKept(main, script.reference);
    this.begin(host);
    const status = api.lua_pcall(main, 0, 1, errorHandler);
    this.end();
    const result = status === 0 ? this.reader.read(main) : this.errorOf(script.sha);
    api.lua_settop(main, top);
    // Lua 5.1 does not collect garbage when memory runs out, and outside of a script that would end it.
    if (api.lua_gc(main, COUNT_KIB, 0) > MUCH_MEMORY_KIB) api.lua_gc(main, COLLECT, 0);
    return result;
  }

  private begin(host: ScriptHost): void {
    this.host = host;
    if (host.limitMs === 0) return;
    this.deadline = performance.now() + host.limitMs;
    this.lua.api.lua_sethook(this.lua.main, this.hook, HOOK_COUNT, CHECK_EVERY);
  }

  private end(): void {
    this.host = undefined;
    this.lua.api.lua_sethook(this.lua.main, 0, 0, 0);
  }

  private checkTime(state: LuaState): void {
    if (performance.now() < this.deadline) return;
    // From now on the hook runs at every instruction, so that no pcall keeps the script alive.
    for (const each of [state, this.lua.main]) this.lua.api.lua_sethook(each, this.hook, HOOK_COUNT, 1);
    const limit = `busy-reply-threshold (${this.host?.limitMs} ms)`;
    pushError(
      this.lua,
      state,
      `BUSY The script was ended because it ran for longer than ${limit}; what it wrote stays`,
      false,
    );
    this.lua.raise(state);
  }

  private errorOf(sha: string): EngineReply {
    const { api, main } = this.lua;
    if (api.lua_type(main, -1) !== LUA_TABLE) {
      const message = this.lua.text(main, -1) ?? "execution failure";
      api.lua_gc(main, COLLECT, 0);
      return this.reader.error(`ERR Error running script ${sha}, ${message.slice(0, ERROR_SHOWN)}`, false);
    }
    const { message, source, line, counted } = this.reader.errorInfo(main);
    const place = source !== undefined && line !== undefined ? ` script: ${sha}, on ${source}:${line}.` : "";
    return this.reader.error(`${message ?? "ERR unknown error"}${place}`, counted);
  }
}
