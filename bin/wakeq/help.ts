import { COMMANDS, type Option } from "./commands.ts";

/** Lists the commands. */
export function helpOfAll(): string {
  const lines = Object.entries(COMMANDS).map(([name, { summary }]) => `  ${name.padEnd(8)}${summary}`);
  return [
    "npx wakeq COMMAND [options]",
    "",
    ...lines,
    "",
    "npx wakeq COMMAND --help lists the options of a command; npx wakeq --version prints the version.",
  ].join("\n");
}

/** Lists the options of a command. */
export function helpOf(name: string): string {
  const { summary, options, operands = "[options]" } = COMMANDS[name]!;
  const shown = Object.entries(options).map(([option, given]) => [flagOf(option, given), given.help] as const);
  const width = Math.max(0, ...shown.map(([flag]) => flag.length)) + 2;
  return [
    `npx wakeq ${name} ${operands}`,
    `  ${summary}`,
    ...(shown.length > 0 ? [""] : []),
    ...shown.map(([flag, help]) => `  ${flag.padEnd(width)}${help}`),
  ].join("\n");
}

function flagOf(option: string, { value }: Option): string {
  return value === undefined ? `--${option}` : `--${option} ${value}`;
}
