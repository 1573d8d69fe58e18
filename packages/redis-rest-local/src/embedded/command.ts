import type { Args } from "./args.ts";
import type { Engine } from "./engine.ts";
import type { Result } from "./replies.ts";
import type { Store } from "./store.ts";

/**
 * As COMMAND INFO names them. `write` commands are refused in read-only scripts (`may_replicate` ones, too) and kept in the log, `denyoom` ones are
 * refused when memory is full, `noscript` ones inside scripts, `no_multi` ones inside transactions; `admin` and
 * `skip_monitor` ones are not shown to MONITOR.
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

/** Runs a command whose arity is right. Throws a `ReplyError` or returns one; before any change to the store. */
export type Handler = (store: Store, args: Args, engine: Engine) => Result;

export interface Spec {
  /** In lower case; a subcommand as `config|get`. */
  readonly name: string;
  /** How many arguments with the name; at least that many when negative. */
  readonly arity: number;
  readonly flags: ReadonlySet<Flag>;
  readonly run: Handler;
}

/** Commands by name, as each noun's file lists them: arity, flags, what runs it. */
export type CommandList = Readonly<Record<string, readonly [arity: number, flags: string, run: Handler]>>;

export function specsOf(list: CommandList): Spec[] {
  return Object.entries(list).map(([name, [arity, flags, run]]) => ({
    name,
    arity,
    flags: new Set(flags.split(" ") as Flag[]),
    run,
  }));
}

export function hasArity(spec: Spec, length: number): boolean {
  return spec.arity < 0 ? length >= -spec.arity : length === spec.arity;
}
