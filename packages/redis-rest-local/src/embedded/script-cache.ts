import { createHash } from "node:crypto";
import { ReplyError } from "../backend.ts";
import type { StoreConfig } from "./config.ts";
import type { LuaEngine } from "./lua/lua-engine.ts";
import { type Bytes, type EngineReply, fail, OUT_OF_MEMORY, quoted } from "./replies.ts";

/** The error of a command in a script that could not even be run. */
export class ScriptRefusal extends ReplyError {}

/** A compiled script. */
export interface CompiledScript {
  readonly sha: string;
  /** The compiled function, as the Lua engine knows it. */
  readonly reference: number;
  /** The flags of the `#!lua` line; undefined without one: then the rules of Redis 6 hold. */
  readonly flags: ReadonlySet<string> | undefined;
}

/** A script that is running. */
export interface ScriptRun {
  readonly readOnly: boolean;
  readonly allowOutOfMemory: boolean;
  /** Whether it called a command that may write. */
  wrote: boolean;
}

/** A call of EVAL or EVALSHA. */
export interface EvalCall {
  readonly keys: readonly Bytes[];
  readonly args: readonly Bytes[];
  readonly readOnly: boolean;
}

/** What runs the commands that a script calls. */
export interface ScriptCaller {
  readonly config: StoreConfig;
  /** Whether memory was full when the command of the client began. */
  readonly isFull: boolean;
  /** Runs a command that a script calls. The error of a command that could not even be run is a `ScriptRefusal`. */
  callFromScript(args: readonly Bytes[], run: ScriptRun): EngineReply;
}

const FLAGS = ["no-writes", "allow-oom", "allow-stale", "no-cluster"];

/** The scripts that the store has seen, each compiled once. */
export class ScriptCache {
  private readonly startLua: () => LuaEngine;
  private lua: LuaEngine;
  private readonly byText = new Map<Bytes, CompiledScript>();
  private readonly bySha = new Map<string, CompiledScript>();

  constructor(startLua: () => LuaEngine) {
    this.startLua = startLua;
    this.lua = startLua();
  }

  /** Compiles a script. @throws ReplyError if it does not compile */
  load(text: Bytes): CompiledScript {
    const known = this.byText.get(text);
    if (known) return known;
    const sha = createHash("sha1").update(text, "latin1").digest("hex");
    const { flags, body } = parseShebang(text);
    const script: CompiledScript = { sha, reference: this.lua.compile(body), flags };
    this.byText.set(text, script);
    this.bySha.set(sha, script);
    return script;
  }

  find(sha: Bytes): CompiledScript | undefined {
    return this.bySha.get(sha.toLowerCase());
  }

  /** Returns whether a script is known. Unlike EVALSHA, SCRIPT EXISTS accepts only lower case. */
  has(sha: Bytes): boolean {
    return this.bySha.has(sha);
  }

  flush(): void {
    for (const { reference } of this.bySha.values()) this.lua.release(reference);
    this.byText.clear();
    this.bySha.clear();
  }

  run(caller: ScriptCaller, script: CompiledScript, { keys, args, readOnly }: EvalCall): EngineReply {
    const { flags } = script;
    if (flags && !flags.has("allow-oom") && !flags.has("no-writes") && caller.isFull) throw OUT_OF_MEMORY;
    if (flags && !flags.has("no-writes") && readOnly) {
      fail("ERR Can not execute a script with write flag using *_ro command.");
    }
    const run: ScriptRun = {
      readOnly: readOnly || (flags?.has("no-writes") ?? false),
      allowOutOfMemory: flags?.has("allow-oom") ?? false,
      wrote: false,
    };
    try {
      return this.lua.run(script, keys, args, {
        call: (command) => caller.callFromScript(command, run),
        limitMs: caller.config.scriptLimitMs,
      });
    } catch (error) {
      return this.restart(error as Error);
    }
  }

  /** Restarts Lua after a failure of its own: nothing in it can be trusted any more. */
  private restart(error: Error): ReplyError {
    this.byText.clear();
    this.bySha.clear();
    this.lua = this.startLua();
    return new ReplyError(`ERR Lua failed and was restarted: ${quoted(error.message)}`);
  }
}

/** Reads `#!lua flags=a,b` in the first line. The line break stays, so that line numbers are right. */
function parseShebang(text: Bytes): { flags: ReadonlySet<string> | undefined; body: Bytes } {
  if (!text.startsWith("#!")) return { flags: undefined, body: text };
  const end = text.indexOf("\n");
  if (end < 0) fail("ERR Invalid script shebang");
  const [engine = "", ...options] = text.slice(0, end).split(" ");
  if (engine !== "#!lua") fail(`ERR Unexpected engine in script shebang: ${quoted(engine)}`);
  const flags = new Set<string>();
  for (const option of options) {
    if (!option.startsWith("flags=")) fail(`ERR Unknown lua shebang option: ${quoted(option)}`);
    for (const flag of option.slice("flags=".length).split(",")) {
      if (!FLAGS.includes(flag)) fail(`ERR Unexpected flag in script shebang: ${quoted(flag)}`);
      flags.add(flag);
    }
  }
  return { flags, body: text.slice(end) };
}
