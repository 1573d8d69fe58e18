import type { Args } from "./args.ts";
import type { Engine } from "./engine.ts";
import type { Result } from "./replies.ts";
import type { Store } from "./store.ts";

/**
 * A flag, named as COMMAND INFO does. `write` commands are kept in the log and, like `may_replicate` ones, refused in
 * read-only scripts. `denyoom` commands are refused when memory is full, `noscript` ones inside scripts, `no_multi` ones
 * inside transactions. `admin` and `skip_monitor` commands are not shown to MONITOR.
 */
export type Flag =
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

/** Runs a command whose arity is right. It throws or returns a `ReplyError` before it changes anything in the store. */
export type Handler = (store: Store, args: Args, engine: Engine) => Result;

/** A command of the store. */
export interface Spec {
  /** The name in lower case; that of a subcommand is `config|get`. */
  readonly name: string;
  /** The number of arguments, with the name; if negative, the least number. */
  readonly arity: number;
  readonly flags: ReadonlySet<Flag>;
  readonly run: Handler;
}

/** Commands by name, as each noun's file lists them: arity, flags, what runs it. */
export type CommandList = Readonly<Record<string, readonly [arity: number, flags: string, run: Handler]>>;

/** Turns a list of commands into specs. */
export function specsOf(list: CommandList): Spec[] {
  return Object.entries(list).map(([name, [arity, flags, run]]) => ({
    name,
    arity,
    flags: new Set(flags.split(" ") as Flag[]),
    run,
  }));
}

/** Returns whether a command may have this many arguments. */
export function hasArity(spec: Spec, length: number): boolean {
  return spec.arity < 0 ? length >= -spec.arity : length === spec.arity;
}
