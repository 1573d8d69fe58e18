import { ReplyError } from "../backend.ts";
import { bitFieldCommands } from "./bit-fields.ts";
import { type CommandSpec, type CommandTable, specsOf } from "./command.ts";
import { expiryCommands } from "./expiry.ts";
import { hashCommands } from "./hashes.ts";
import { keyCommands } from "./keys.ts";
import { listCommands } from "./lists.ts";
import { pubSubCommands } from "./pub-sub.ts";
import { type Bytes, quoted } from "./replies.ts";
import { scriptCommands } from "./script-commands.ts";
import { serverCommands } from "./server.ts";
import { setCommands } from "./sets.ts";
import { combinationCommands } from "./sorted-set-combinations.ts";
import { rangeCommands } from "./sorted-set-ranges.ts";
import { sortedSetCommands } from "./sorted-sets.ts";
import { stringCommands } from "./strings.ts";

const TEXT_SHOWN = 128;

const lists = [
  stringCommands,
  bitFieldCommands,
  listCommands,
  hashCommands,
  setCommands,
  sortedSetCommands,
  rangeCommands,
  combinationCommands,
  keyCommands,
  expiryCommands,
  pubSubCommands,
  scriptCommands,
  serverCommands,
];

const specs = new Map<string, CommandSpec>();
for (const spec of lists.flatMap(specsOf)) specs.set(spec.name, spec);

/** Commands that consist of subcommands, for example `config`. */
const containers = new Set([...specs.keys()].filter((name) => name.includes("|")).map((name) => name.split("|")[0]!));

/** The commands of the embedded store. */
export const commands: CommandTable = { names: [...specs.keys()], find };

function find(args: readonly Bytes[]): CommandSpec | ReplyError {
  const name = (args[0] ?? "").toLowerCase();
  if (!containers.has(name)) return specs.get(name) ?? unknownCommand(args);
  const subcommand = args[1];
  if (subcommand === undefined) return specs.get(name) ?? incomplete(name);
  return specs.get(`${name}|${subcommand.toLowerCase()}`) ?? unknownSubcommand(name, subcommand);
}

/** Makes the entry of a command that needs a subcommand: its arity is never right. */
function incomplete(name: string): CommandSpec {
  return { name, arity: -2, flags: new Set(), run: () => null };
}

function unknownCommand(args: readonly Bytes[]): ReplyError {
  let shown = "";
  for (const argument of args.slice(1)) {
    if (shown.length >= TEXT_SHOWN) break;
    shown += `'${quoted(argument, TEXT_SHOWN - shown.length)}' `;
  }
  const name = quoted(args[0] ?? "", TEXT_SHOWN);
  return new ReplyError(`ERR unknown command '${name}', with args beginning with: ${shown}`);
}

function unknownSubcommand(name: string, subcommand: Bytes): ReplyError {
  return new ReplyError(`ERR unknown subcommand '${quoted(subcommand, TEXT_SHOWN)}'. Try ${name.toUpperCase()} HELP.`);
}
