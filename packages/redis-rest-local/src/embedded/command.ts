import type { ReplyError } from "../backend.ts";
import type { Args } from "./args.ts";
import type { Channels } from "./channels.ts";
import type { Random } from "./random.ts";
import type { Bytes, EngineReply } from "./replies.ts";
import type { ScriptCache, ScriptCaller } from "./script-cache.ts";
import type { EngineStats } from "./stats.ts";
import type { Store } from "./store.ts";

/**
 * A flag, named as COMMAND INFO does. `write` commands are kept in the log and, like `may_replicate` ones, refused in
 * read-only scripts. `denyoom` commands are refused when memory is full, `noscript` ones inside scripts, `no_multi` ones
 * inside transactions. `admin` and `skip_monitor` commands are not shown to MONITOR.
 */
type CommandFlag =
  | "write"
  | "readonly"
  | "denyoom"
  | "admin"
  | "noscript"
  | "no_multi"
  | "skip_monitor"
  | "allow_busy"
  | "may_replicate"
  | "pubsub"
  | "fast";

/** What a command may use besides the keys and its arguments: what the engine that runs it holds. */
export interface CommandContext extends ScriptCaller {
  readonly store: Store;
  readonly stats: EngineStats;
  readonly channels: Channels;
  readonly scripts: ScriptCache;
  readonly random: Random;
  /** When the store was opened, in ms since the epoch. */
  readonly startedAt: number;
  /** How many commands and subcommands there are. */
  readonly commandCount: number;
  /** Lets the log keep this command in place of the one that is running. */
  logAs(command: readonly Bytes[]): void;
}

/** Runs a command whose arity is right. Throws a `ReplyError` or returns one; before any change to the store. */
type CommandFunction = (store: Store, args: Args, context: CommandContext) => EngineReply;

/** A command of the store. */
export interface CommandSpec {
  /** The name in lower case; that of a subcommand is `config|get`. */
  readonly name: string;
  /** The number of arguments, with the name; if negative, the least number. */
  readonly arity: number;
  readonly flags: ReadonlySet<CommandFlag>;
  readonly run: CommandFunction;
}

/** The commands that an engine runs. */
export interface CommandTable {
  /** Every command and subcommand, in lower case. */
  readonly names: readonly string[];
  /** Finds the command, or the subcommand, that the arguments name. */
  find(args: readonly Bytes[]): CommandSpec | ReplyError;
}

/** Commands by name, as each noun's file lists them: arity, flags, what runs it. */
export type CommandList = Readonly<Record<string, readonly [arity: number, flags: string, run: CommandFunction]>>;

/** Turns a list of commands into specs. */
export function specsOf(list: CommandList): CommandSpec[] {
  return Object.entries(list).map(([name, [arity, flags, run]]) => ({
    name,
    arity,
    flags: new Set(flags.split(" ") as CommandFlag[]),
    run,
  }));
}

/** Returns whether a command may have this many arguments. */
export function hasArity(spec: CommandSpec, length: number): boolean {
  return spec.arity < 0 ? length >= -spec.arity : length === spec.arity;
}
