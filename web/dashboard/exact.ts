/*
 * JSON whose numbers stay as they were written. JavaScript's own numbers keep only 15 digits reliably: they turn
 * 9007199254740993 into …992, and 1.0 into 1.
 */

/** A text that no payload can contain, because it is random. */
const MARK = `${Math.random()}:`;
const MARKED = new RegExp(`"${MARK}([^"]*)"`, "g");
const STRING_OR_NUMBER = /"(?:[^"\\]+|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/**
 * Reads JSON for `write`: numbers that JavaScript would write differently become marked texts.
 *
 * @throws SyntaxError
 */
export function read(text: string): unknown {
  JSON.parse(text); // throws on text that is not JSON, which the marks could hide
  return JSON.parse(text.replace(STRING_OR_NUMBER, marked));
}

function marked(token: string): string {
  return token.startsWith('"') || String(Number(token)) === token ? token : `"${MARK}${token}"`;
}

/** Writes JSON, with the numbers that `read` marked as they were written. An absent value is an empty text. */
export function write(value: unknown, indent?: number): string {
  return (JSON.stringify(value, null, indent) as string | undefined)?.replace(MARKED, "$1") ?? "";
}

/** Reads a number as it was typed; undefined if it is not a number. */
export function numberOf(text: string): unknown {
  try {
    const typed = text.trim().replace(/^\+/, "");
    const value = read(typed.replace(/^(-?)\./, "$10."));
    return typeof value === "number" || String(value).startsWith(MARK) ? value : undefined;
  } catch {
    return undefined;
  }
}
