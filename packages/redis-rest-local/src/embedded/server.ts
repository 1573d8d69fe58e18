import { ReplyError, StatusReply } from "../backend.ts";
import { type Args, exactInteger } from "./args.ts";
import type { CommandContext, CommandList } from "./command.ts";
import { globMatches } from "./glob.ts";
import { infoOf } from "./info.ts";
import { parseInteger } from "./numbers.ts";
import { arityError, type EngineReply, fail, OK, quoted, SYNTAX_ERROR } from "./replies.ts";
import { memoryOf, type Store } from "./store.ts";

/** The commands about the connection and the server. */
export const serverCommands: CommandList = {
  ping: [-1, "fast", ping],
  echo: [2, "fast", (_store, [, message]) => message],
  select: [2, "fast", select],
  time: [1, "fast", time],
  info: [-1, "", info],
  wait: [3, "noscript", wait],
  command: [-1, "", () => []],
  "command|count": [2, "", (_store, _args, context) => context.commandCount],
  "config|get": [-3, "admin noscript", configGet],
  "config|set": [-4, "admin noscript", configSet],
  "config|resetstat": [2, "admin noscript", resetStats],
  "memory|usage": [-3, "readonly", memoryUsage],
};

function ping(_store: Store, args: Args): EngineReply {
  if (args.length > 2) throw arityError("ping");
  return args.length === 2 ? args[1] : new StatusReply("PONG");
}

function select(_store: Store, [, index]: Args): EngineReply {
  const number = exactInteger(index);
  return number === 0n ? OK : new ReplyError("ERR DB index is out of range");
}

function time(store: Store): EngineReply {
  return [String(Math.floor(store.microseconds / 1e6)), String(store.microseconds % 1e6)];
}

function info(_store: Store, args: Args, context: CommandContext): EngineReply {
  return infoOf(context, args.slice(1));
}

/** Answers WAIT with 0: there are no replicas to wait for. */
function wait(_store: Store, [, replicas, timeout]: Args): EngineReply {
  exactInteger(replicas);
  const ms = parseInteger(timeout);
  if (ms === undefined) fail("ERR timeout is not an integer or out of range");
  if (ms < 0n) fail("ERR timeout is negative");
  return 0;
}

function configGet(_store: Store, args: Args, { config }: CommandContext): EngineReply {
  const patterns = args.slice(2).map((pattern) => pattern.toLowerCase());
  const found = Object.entries(config.entries()).filter(([name]) => patterns.some((each) => globMatches(each, name)));
  return found.flat();
}

function configSet(_store: Store, args: Args, { config }: CommandContext): EngineReply {
  if (args.length % 2 === 1) throw arityError("config|set");
  for (let at = 2; at < args.length; at += 2) {
    const name = args[at]!.toLowerCase();
    if (!(name in config.entries())) {
      fail(`ERR Unknown option or number of arguments for CONFIG SET - '${quoted(args[at]!)}'`);
    }
    const wrong = config.set(name, args[at + 1]!);
    if (wrong !== undefined) fail(`ERR CONFIG SET failed (possibly related to argument '${name}') - ${wrong}`);
  }
  return OK;
}

function resetStats(_store: Store, _args: Args, { stats }: CommandContext): EngineReply {
  stats.reset();
  return OK;
}

function memoryUsage(store: Store, args: Args): EngineReply {
  const option = args[3]?.toUpperCase();
  if (args.length > 3 && (option !== "SAMPLES" || args.length !== 5)) throw SYNTAX_ERROR;
  if (args.length === 5 && exactInteger(args[4]) < 0n) throw SYNTAX_ERROR;
  const entry = store.get(args[2]);
  return entry ? memoryOf(args[2], entry.value) : null;
}
