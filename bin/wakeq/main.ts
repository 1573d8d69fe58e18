import { parseArgs } from "node:util";
import { describe } from "../../lib/errors.ts";
import { printable, printableLines } from "../../local/printable.ts";
import { outliveOutput } from "../outlive-output.ts";
import { SERVE } from "./child.ts";
import { COMMANDS, type Values } from "./commands.ts";
import { helpOf, helpOfAll } from "./help.ts";
import { version } from "./version.ts";

/** How a command that was called in a wrong way ends, as with most tools. */
const MISUSED = 2;

/** Runs one command line, and ends the process with its exit code. */
export async function main(args: readonly string[]): Promise<void> {
  outliveOutput();
  try {
    process.exit(await run(args));
  } catch (error) {
    console.error(`wakeq: ${printableLines(describe(error).message)}`);
    process.exit(1);
  }
}

async function run([name, ...rest]: readonly string[]): Promise<number> {
  if (name === SERVE) return (await import("./serving.ts")).serving(rest);
  if (name === undefined || ["help", "--help", "-h"].includes(name)) return said(helpOfAll());
  if (["--version", "-v"].includes(name)) return said(version());
  if (!Object.hasOwn(COMMANDS, name)) return misused(`there is no command ${JSON.stringify(name)}`, helpOfAll());
  const [own, operands] = COMMANDS[name]!.operands ? splitAtOperands(rest) : [rest, []];
  const values = read(name, own);
  if (typeof values === "string") return misused(values, helpOf(name));
  if (values.help) return said(helpOf(name));
  const command = await COMMANDS[name]!.load();
  return command(values, operands);
}

/** Splits a command's own options from what it runs: that begins with the first word that is no option, or after `--`. */
function splitAtOperands(args: readonly string[]): [own: readonly string[], operands: readonly string[]] {
  const first = args.findIndex((arg) => arg === "--" || !arg.startsWith("-"));
  if (first === -1) return [args, []];
  return [args.slice(0, first), args.slice(args[first] === "--" ? first + 1 : first)];
}

/** Reads the options of a command. Returns what is wrong with them, if something is. */
function read(name: string, args: readonly string[]): Values | string {
  const known = Object.entries(COMMANDS[name]!.options).map(([option, { type }]) => [option, { type }] as const);
  const options = { ...Object.fromEntries(known), help: { type: "boolean", short: "h" } as const };
  try {
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    const [first] = describe(error).message.split(/\. |\n/); // the rest is about positional arguments, which no command has
    return `${name}: ${first![0]!.toLowerCase()}${first!.slice(1)}`;
  }
}

function said(text: string): number {
  console.log(text);
  return 0;
}

function misused(what: string, help: string): number {
  console.error(`wakeq: ${printable(what)}\n\n${help}`);
  return MISUSED;
}
