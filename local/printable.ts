/**
 * The characters that a terminal obeys instead of showing them: C0 except for the tab, DEL, C1, line and paragraph
 * separators, and the controls of bidirectional text, which make a line look different (https://trojansource.codes).
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: it looks for control characters
const OBEYED = /[\x00-\x08\x0a-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;
const SHORT: Record<string, string> = { "\n": "\\n", "\r": "\\r" };

/** Makes a text safe for a terminal, on one line: control characters are written out as in JSON (`\u001b`). */
export function printable(text: string): string {
  return text.replace(OBEYED, (one) => SHORT[one] ?? `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** Makes a text safe for a terminal, and keeps its lines. */
export function printableLines(text: string): string {
  return text.split("\n").map(printable).join("\n");
}
