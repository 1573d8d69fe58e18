/**
 * What a terminal obeys in place of showing it: C0 but for the tab, DEL, C1, line and paragraph separators, and the controls of
 * bidirectional text (https://trojansource.codes), with which a line shows something else than it says.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it is about
const OBEYED = /[\x00-\x08\x0a-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;
const SHORT: Record<string, string> = { "\n": "\\n", "\r": "\\r" };

/** The text on one line, for a person at a terminal: what would act there is written out, as JSON does (`\u001b`). */
export function printable(text: string): string {
  return text.replace(OBEYED, (one) => SHORT[one] ?? `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** The same, with the lines that it has. */
export function printableLines(text: string): string {
  return text.split("\n").map(printable).join("\n");
}
