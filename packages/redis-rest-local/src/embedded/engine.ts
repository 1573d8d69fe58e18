import { ReplyError } from "../backend.ts";
import type { Args } from "./args.ts";
import { Channels } from "./channels.ts";
import { type CommandContext, type CommandSpec, type CommandTable, hasArity } from "./command.ts";
import { StoreConfig } from "./config.ts";
import { Monitors } from "./monitors.ts";
import type { Random } from "./random.ts";
import { arityError, type Bytes, type EngineReply, OUT_OF_MEMORY } from "./replies.ts";
import { type ScriptCache, ScriptRefusal, type ScriptRun } from "./script-cache.ts";
import { EngineStats } from "./stats.ts";
import { Store } from "./store.ts";

/** The settings of an engine. */
export interface EngineOptions {
  /** Returns the time, in ms since the epoch. */
  readonly now: () => number;
  readonly maxMemory: number;
  readonly commands: CommandTable;
  readonly scripts: ScriptCache;
}

/** Gets write commands that ran together, as the log keeps them. */
export type LogBatch = (now: number, commands: readonly (readonly Bytes[])[]) => void;

/** Runs commands on the store, one after another: checks them, counts them, and hands what they changed to the log. */
export class Engine implements CommandContext {
  readonly store = new Store();
  readonly stats = new EngineStats();
  readonly channels = new Channels();
  readonly monitors = new Monitors();
  readonly config: StoreConfig;
  readonly scripts: ScriptCache;
  readonly random: Random = (limit) => Math.floor(Math.random() * limit);
  readonly startedAt: number;
  readonly commandCount: number;
  /** Gets each batch of changes once they were made. */
  onChanges: LogBatch = () => {};
  /** Why changes cannot be kept at the moment; while it is set, write commands are refused. */
  writeFault: string | undefined;
  private readonly clock: () => number;
  private readonly commands: CommandTable;
  private batch: (readonly Bytes[])[] = [];
  private loggedAs: readonly Bytes[] | undefined;
  private full = false;

  constructor(options: EngineOptions) {
    this.clock = options.now;
    this.commands = options.commands;
    this.commandCount = options.commands.names.length;
    this.config = new StoreConfig(options.maxMemory);
    this.scripts = options.scripts;
    this.startedAt = options.now();
    this.store.onExpired = (key) => {
      this.stats.expiredKeys++;
      this.batch.push(["del", key]);
    };
  }

  /** Runs one command of a client. */
  execute(args: readonly Bytes[]): EngineReply {
    return this.atomically(() => {
      const spec = this.check(args);
      return spec instanceof ReplyError ? spec : this.run(spec, args);
    });
  }

  /** Runs all commands with nothing in between, or none of them; then it returns the error of the first that could not run. */
  transaction(commands: readonly (readonly Bytes[])[]): EngineReply[] | ReplyError {
    return this.atomically(() => {
      this.count("multi");
      const specs = commands.map((args) => this.check(args, true));
      const refusal = specs.find((spec) => spec instanceof ReplyError);
      if (refusal) {
        this.stats.ran("exec", 0, new ReplyError("EXECABORT Transaction discarded because of previous errors."));
        return refusal;
      }
      const replies = specs.map((spec, at) => this.run(spec as CommandSpec, commands[at]!));
      this.count("exec");
      return replies;
    });
  }

  callFromScript(args: readonly Bytes[], run: ScriptRun): EngineReply {
    const spec = this.commands.find(args);
    const refusal = this.refusalInScript(spec, args, run);
    if (refusal) {
      if (spec instanceof ReplyError) this.stats.failed(refusal);
      else this.stats.rejected(spec.name, refusal);
      return refusal;
    }
    const known = spec as CommandSpec;
    if (known.flags.has("write")) run.wrote = true;
    return this.run(known, args, "lua");
  }

  /** Runs a command from the log again. */
  replay(now: number, commands: readonly (readonly Bytes[])[]): void {
    this.store.now = now;
    for (const args of commands) {
      const spec = this.commands.find(args);
      if (spec instanceof ReplyError) throw new Error(spec.message);
      const reply = this.invoke(spec, args);
      if (reply instanceof ReplyError) throw new Error(reply.message);
    }
    this.batch = [];
    this.loggedAs = undefined;
  }

  logAs(command: readonly Bytes[]): void {
    this.loggedAs = command;
  }

  /** Removes expired keys. */
  refresh(): void {
    this.atomically(() => {});
  }

  get isFull(): boolean {
    return this.full;
  }

  /** Runs `act` without expired keys, at one moment of the clock, and logs its changes as one. */
  private atomically<T>(act: () => T): T {
    this.store.microseconds = Math.floor(this.clock() * 1000);
    this.store.now = Math.floor(this.store.microseconds / 1000);
    this.store.removeExpired();
    this.full = this.config.maxMemory > 0 && this.store.usedBytes > this.config.maxMemory;
    const result = act();
    if (this.batch.length > 0) {
      this.onChanges(this.store.now, this.batch);
      this.batch = [];
    }
    return result;
  }

  private check(args: readonly Bytes[], inTransaction = false): CommandSpec | ReplyError {
    const spec = this.commands.find(args);
    if (spec instanceof ReplyError) {
      this.stats.failed(spec);
      return spec;
    }
    const refusal = this.refusal(spec, args, inTransaction);
    if (refusal) this.stats.rejected(spec.name, refusal);
    return refusal ?? spec;
  }

  private refusal(spec: CommandSpec, args: readonly Bytes[], inTransaction: boolean): ReplyError | undefined {
    if (!hasArity(spec, args.length)) return arityError(spec.name);
    if (inTransaction && spec.flags.has("no_multi"))
      return new ReplyError("ERR Command not allowed inside a transaction");
    if (this.full && spec.flags.has("denyoom")) return OUT_OF_MEMORY;
    if (spec.flags.has("write")) return this.refusalOfWrites();
    return undefined;
  }

  private refusalInScript(
    spec: CommandSpec | ReplyError,
    args: readonly Bytes[],
    run: ScriptRun,
  ): ScriptRefusal | undefined {
    if (spec instanceof ReplyError) return new ScriptRefusal("ERR Unknown Redis command called from script");
    if (!hasArity(spec, args.length))
      return new ScriptRefusal("ERR Wrong number of args calling Redis command from script");
    if (spec.flags.has("noscript")) return new ScriptRefusal("ERR This Redis command is not allowed from script");
    if (run.readOnly && (spec.flags.has("write") || spec.flags.has("may_replicate"))) {
      return new ScriptRefusal("ERR Write commands are not allowed from read-only scripts.");
    }
    const fault = spec.flags.has("write") && this.refusalOfWrites();
    if (fault) return new ScriptRefusal(fault.message);
    const denied = this.full && !run.wrote && !run.allowOutOfMemory && spec.flags.has("denyoom");
    return denied ? new ScriptRefusal(OUT_OF_MEMORY.message) : undefined;
  }

  private refusalOfWrites(): ReplyError | undefined {
    if (this.writeFault === undefined) return undefined;
    return new ReplyError(`MISCONF Errors writing to the AOF file: ${this.writeFault}`);
  }

  private run(spec: CommandSpec, args: readonly Bytes[], source?: "lua"): EngineReply {
    if (!spec.flags.has("admin")) this.monitors.feed(this.store.microseconds, args, source);
    const { changes } = this.store;
    const start = performance.now();
    const result = this.invoke(spec, args);
    this.stats.ran(spec.name, (performance.now() - start) * 1000, result);
    if (this.store.changes !== changes && spec.flags.has("write")) this.batch.push(this.loggedAs ?? args);
    this.loggedAs = undefined;
    return result;
  }

  private invoke(spec: CommandSpec, args: readonly Bytes[]): EngineReply {
    try {
      return spec.run(this.store, args as Args, this);
    } catch (error) {
      if (error instanceof ReplyError) return error;
      throw error;
    }
  }

  private count(command: string): void {
    this.monitors.feed(this.store.microseconds, [command.toUpperCase()]);
    this.stats.ran(command, 0, null);
  }
}
