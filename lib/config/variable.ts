import { ConfigError } from "../errors.ts";

/** How one variable of the environment is read. `read` throws `Expected` at a text that it cannot read. */
export interface Variable<Value> {
  read(text: string): Value;
  /** Gives the value where the variable is not set. Throws `Expected` where it must be set. */
  absent(): Value;
}

/** Says what was expected, as in "expected a whole number from 1 to 500". */
export class Expected extends Error {}

/** Variables as a process has them. */
export type Environment = Record<string, string | undefined>;

/**
 * Reads variables. An empty one counts as not set. By hand and not with zod: this runs at every cold start, and schemas for
 * forty variables take some milliseconds to make.
 *
 * @throws ConfigError naming every variable that is missing or wrong, and what was expected
 */
export function valuesOf<Table extends Record<string, Variable<unknown>>>(
  variables: Table,
  environment: Environment,
): { [name in keyof Table]: ReturnType<Table[name]["read"]> } {
  const { values, wrong } = attempted(variables, environment);
  if (wrong.size > 0) {
    const lines = [...wrong].map(([name, what]) => `  ${name}: ${what}`);
    throw new ConfigError(`these settings are wrong:\n${lines.join("\n")}`);
  }
  return values as { [name in keyof Table]: ReturnType<Table[name]["read"]> };
}

/** Reads variables, and says what is wrong with those that cannot be read, by name. */
export function attempted(variables: Record<string, Variable<unknown>>, environment: Environment) {
  const values: Record<string, unknown> = {};
  const wrong = new Map<string, string>();
  for (const [name, { read, absent }] of Object.entries(variables)) {
    const text = environment[name] || undefined;
    try {
      values[name] = text === undefined ? absent() : read(text);
    } catch (error) {
      if (!(error instanceof Expected)) throw error;
      const got = text === undefined ? ", it is not set" : `, got ${JSON.stringify(shown(name, text))}`;
      wrong.set(name, `expected ${error.message}${got}`);
    }
  }
  return { values, wrong };
}

function shown(name: string, value: string): string {
  return /TOKEN|SECRET|KEYS|_KEY$|HEADERS/.test(name) ? "(hidden)" : value.replace(/\/\/.*@/, "//(hidden)@");
}

/** Makes a variable that may be absent, and has the value `absent` then. */
export function variable<Value, Absent>(read: (text: string) => Value, absent: Absent): Variable<Value | Absent> {
  return { read, absent: () => absent };
}

/** Makes a variable that must be set. `words` say to what. */
export function required<Value>(words: string, read: (text: string) => Value): Variable<Value> {
  return {
    read,
    absent() {
      throw new Expected(words);
    },
  };
}

/** Makes a variable that takes any text. */
export function text<Absent extends string | undefined>(absent: Absent): Variable<string | Absent> {
  return variable((value) => value, absent);
}

/** Splits a list into its entries, separated by commas or white space. @throws Expected where one is empty */
export function entriesOf(list: string): string[] {
  const entries = list.trim().split(/\s*,\s*|\s+/);
  const empty = entries.indexOf("");
  if (empty >= 0) throw new Expected(`at least one entry and no empty ones (entry ${empty + 1} is empty)`);
  return entries;
}

/** Makes a variable that takes one of a few words. */
export function choice<const Word extends string>(words: readonly Word[], absent: NoInfer<Word>): Variable<Word> {
  return variable((value) => {
    const word = words.find((each) => each === value);
    if (word === undefined) throw new Expected(`one of ${words.map((each) => `"${each}"`).join("|")}`);
    return word;
  }, absent);
}

/** Makes a variable that takes a whole number from `least` to `most`. */
export function integer(absent: number, least: number, most: number): Variable<number> {
  const words = `a whole number from ${least} to ${most}`;
  return variable((value) => {
    const found = within(value, least, most, words);
    if (!Number.isInteger(found)) throw new Expected(words);
    return found;
  }, absent);
}

function within(value: string, least: number, most: number, words: string): number {
  const found = value.trim() === "" ? Number.NaN : Number(value);
  if (!(found >= least && found <= most)) throw new Expected(words);
  return found;
}

/** Makes a reader of addresses, which are kept as they were given. `protocol` with its colon, as `URL` has it. */
export function address(protocol: RegExp, words: string): (text: string) => string {
  return (value) => {
    const found = URL.canParse(value) ? new URL(value) : undefined;
    if (!found || !protocol.test(found.protocol) || found.host === "") throw new Expected(words);
    return value.trim();
  };
}

/** Makes a reader of texts that match a pattern. `words` say what was expected. */
export function matching(pattern: RegExp, words: string): (text: string) => string {
  return (value) => {
    if (!pattern.test(value)) throw new Expected(words);
    return value;
  };
}
