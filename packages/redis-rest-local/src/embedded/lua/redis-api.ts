import { createHash } from "node:crypto";
import { ReplyError } from "../../backend.ts";
import { formatDouble } from "../numbers.ts";
import type { Bytes, EngineReply } from "../replies.ts";
import { pushError, pushReply } from "./convert.ts";
import { LUA_NUMBER, LUA_STRING, type Lua, type LuaFunction } from "./lua.ts";
import type { Sandbox } from "./sandbox.ts";
import type { LuaState } from "./wasm.ts";

const NUMBERS: Readonly<Record<string, number>> = {
  LOG_DEBUG: 0,
  LOG_VERBOSE: 1,
  LOG_NOTICE: 2,
  LOG_WARNING: 3,
  REPL_NONE: 0,
  REPL_AOF: 1,
  REPL_SLAVE: 2,
  REPL_REPLICA: 2,
  REPL_ALL: 3,
  REDIS_VERSION_NUM: 0x07000f,
};

/** What a script needs while it runs. */
export interface ScriptHost {
  /** Runs a command; an error is a reply. */
  readonly call: (command: readonly Bytes[]) => EngineReply;
  /** How long the script may run (ms of real time); 0 is without limit. */
  readonly limitMs: number;
}

/** The services of the engine that the table `redis` uses. */
export interface RedisApi {
  /** Returns the services of the running script; undefined while none runs. */
  readonly host: () => ScriptHost | undefined;
  readonly log: (level: number, message: Bytes) => void;
}

/** Gives scripts the table `redis`. */
export function addRedisApi(lua: Lua, sandbox: Sandbox, { host, log }: RedisApi): void {
  const { api, main } = lua;
  const functions: Record<string, LuaFunction> = {
    call: (state) => call(lua, state, host(), true),
    pcall: (state) => call(lua, state, host(), false),
    sha1hex: (state) => sha1Hex(lua, state),
    error_reply: (state) => errorReply(lua, state),
    status_reply: (state) => statusReply(lua, state),
    log: (state) => logMessage(lua, state, log),
    setresp: (state) => setProtocol(lua, state),
    set_repl: () => 0,
    breakpoint: (state) => pushFlag(lua, state, 0),
    debug: () => 0,
    replicate_commands: (state) => pushFlag(lua, state, 1),
    acl_check_cmd: (state) => pushFlag(lua, state, 1),
  };
  api.lua_createtable(main, 0, 32);
  for (const [name, fn] of Object.entries(functions)) {
    lua.pushFunction(main, fn);
    lua.setField(main, -2, name);
  }
  for (const [name, value] of Object.entries(NUMBERS)) {
    api.lua_pushnumber(main, value);
    lua.setField(main, -2, name);
  }
  lua.push(main, "7.0.15");
  lua.setField(main, -2, "REDIS_VERSION");
  sandbox.addLibrary("redis");
}

function call(lua: Lua, state: LuaState, host: ScriptHost | undefined, raises: boolean): number {
  if (!host) return refuse(lua, state, "redis.call/pcall can only be called inside a script invocation", true);
  const command = argumentsOf(lua, state);
  if (typeof command === "string") return refuse(lua, state, command, raises);
  const reply = host.call(command);
  pushReply(lua, state, reply);
  return raises && reply instanceof ReplyError ? lua.raise(state) : 1;
}

/** Takes the arguments from the stack. Returns a text if something is wrong with them. */
function argumentsOf(lua: Lua, state: LuaState): Bytes[] | string {
  const { api } = lua;
  const count = api.lua_gettop(state);
  if (count === 0) return "Please specify at least one argument for this redis lib call";
  const command: Bytes[] = new Array(count);
  for (let at = 0; at < count; at++) {
    const isNumber = api.lua_type(state, at + 1) === LUA_NUMBER;
    const text = isNumber ? formatDouble(api.lua_tonumber(state, at + 1)) : lua.text(state, at + 1);
    if (text === undefined) return "Lua redis lib command arguments must be strings or integers";
    command[at] = text;
  }
  api.lua_settop(state, 0);
  return command;
}

function refuse(lua: Lua, state: LuaState, message: string, raises: boolean): number {
  pushError(lua, state, `ERR ${message}`, false);
  return raises ? lua.raise(state) : 1;
}

function sha1Hex(lua: Lua, state: LuaState): number {
  if (lua.api.lua_gettop(state) !== 1) return refuse(lua, state, "wrong number of arguments", true);
  const text = lua.text(state, 1) ?? "";
  lua.push(state, createHash("sha1").update(text, "latin1").digest("hex"));
  return 1;
}

function errorReply(lua: Lua, state: LuaState): number {
  const text = onlyText(lua, state);
  if (text === undefined) return refuse(lua, state, "wrong number or type of arguments", false);
  const message = (text.startsWith("-") ? text.slice(1) : text).split("\0", 1)[0]!;
  const space = message.indexOf(" ");
  const code = space < 0 ? "ERR" : message.slice(0, space);
  const rest = (space < 0 ? message : message.slice(space + 1)).replace(/^[\r\n]+|[\r\n]+$/g, "");
  pushError(lua, state, `${code} ${rest}`, false);
  return 1;
}

function statusReply(lua: Lua, state: LuaState): number {
  const text = onlyText(lua, state);
  if (text === undefined) return refuse(lua, state, "wrong number or type of arguments", false);
  lua.api.lua_createtable(state, 0, 1);
  lua.push(state, text);
  lua.setField(state, -2, "ok");
  return 1;
}

function onlyText(lua: Lua, state: LuaState): Bytes | undefined {
  const isOnly = lua.api.lua_gettop(state) === 1 && lua.api.lua_type(state, 1) === LUA_STRING;
  return isOnly ? lua.text(state, 1) : undefined;
}

function logMessage(lua: Lua, state: LuaState, log: (level: number, message: Bytes) => void): number {
  const { api } = lua;
  const count = api.lua_gettop(state);
  if (count < 2) return refuse(lua, state, "redis.log() requires two arguments or more.", true);
  const level = api.lua_tonumber(state, 1);
  if (api.lua_isnumber(state, 1) === 0) {
    return refuse(lua, state, "First argument must be a number (log level).", true);
  }
  if (level < 0 || level > 3) return refuse(lua, state, "Invalid debug level.", true);
  const texts = Array.from({ length: count - 1 }, (_, at) => lua.text(state, at + 2));
  log(Math.trunc(level), texts.filter((text) => text !== undefined).join(" "));
  return 0;
}

/** Answers `redis.setresp`: the embedded store has no RESP3. */
function setProtocol(lua: Lua, state: LuaState): number {
  const { api } = lua;
  if (api.lua_gettop(state) !== 1) return refuse(lua, state, "redis.setresp() requires one argument.", true);
  const version = api.lua_tonumber(state, 1);
  if (version === 2) return 0;
  const message = version === 3 ? "RESP3 is not there in the embedded store." : "RESP version must be 2 or 3.";
  return refuse(lua, state, message, true);
}

function pushFlag(lua: Lua, state: LuaState, value: 0 | 1): number {
  lua.api.lua_pushboolean(state, value);
  return 1;
}
