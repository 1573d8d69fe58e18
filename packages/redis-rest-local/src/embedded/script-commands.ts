import { type Args, exactInteger } from "./args.ts";
import type { CommandContext, CommandList } from "./command.ts";
import { type EngineReply, fail, OK } from "./replies.ts";
import type { Store } from "./store.ts";

const NO_SCRIPT = "NOSCRIPT No matching script. Please use EVAL.";

/** The commands that run, load and forget Lua scripts. */
export const scriptCommands: CommandList = {
  eval: [-3, "noscript skip_monitor", (_store, args, context) => run(args, context, "text", false)],
  eval_ro: [-3, "noscript skip_monitor readonly", (_store, args, context) => run(args, context, "text", true)],
  evalsha: [-3, "noscript skip_monitor", (_store, args, context) => run(args, context, "sha", false)],
  evalsha_ro: [-3, "noscript skip_monitor readonly", (_store, args, context) => run(args, context, "sha", true)],
  "script|load": [3, "noscript", (_store, args, { scripts }) => scripts.load(args[2]).sha],
  "script|exists": [-3, "noscript", exists],
  "script|flush": [-2, "noscript", flush],
  "script|kill": [2, "noscript", () => fail("NOTBUSY No scripts in execution right now.")],
};

function run(args: Args, context: CommandContext, by: "text" | "sha", readOnly: boolean): EngineReply {
  const { scripts } = context;
  if (by === "sha" && args[1].length !== 40) fail(NO_SCRIPT);
  const number = exactInteger(args[2]);
  if (number > args.length - 3) fail("ERR Number of keys can't be greater than number of args");
  if (number < 0n) fail("ERR Number of keys can't be negative");
  const script = by === "text" ? scripts.load(args[1]) : scripts.find(args[1]);
  if (!script) fail(NO_SCRIPT);
  const end = 3 + Number(number);
  return scripts.run(context, script, { keys: args.slice(3, end), args: args.slice(end), readOnly });
}

function exists(_store: Store, args: Args, { scripts }: CommandContext): EngineReply {
  return args.slice(2).map((sha) => Number(scripts.has(sha)));
}

function flush(_store: Store, args: Args, { scripts }: CommandContext): EngineReply {
  const mode = args[2]?.toUpperCase();
  if (args.length > 3 || (args.length === 3 && mode !== "SYNC" && mode !== "ASYNC")) {
    fail("ERR SCRIPT FLUSH only support SYNC|ASYNC option");
  }
  scripts.flush();
  return OK;
}
