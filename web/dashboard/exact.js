/*
 * JSON whose numbers stay as they were written. JavaScript's own numbers hold 15 digits for certain: of 9007199254740993 they make
 * …992, and of 1.0 they make 1.
 */

/** A text that no payload can hold: it was not known when that was written. */
const MARK = `${Math.random()}:`;
const MARKED = new RegExp(`"${MARK}([^"]*)"`, "g");
const STRING_OR_NUMBER = /"(?:[^"\\]+|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/** The value of a JSON text, to be written by `write`: numbers that JavaScript would write in another way are marked texts in it. */
export function read(text) {
  JSON.parse(text); // throws where it is none, which marks could hide
  return JSON.parse(text.replace(STRING_OR_NUMBER, marked));
}

function marked(token) {
  return token.startsWith('"') || String(Number(token)) === token ? token : `"${MARK}${token}"`;
}

/** JSON text of what `read` gave, or of what holds such values. */
export function write(value, indent) {
  return JSON.stringify(value, null, indent)?.replace(MARKED, "$1");
}

/** A number as somebody typed it; undefined where it is none. */
export function numberOf(text) {
  try {
    const value = read(
      text
        .trim()
        .replace(/^\+/, "")
        .replace(/^(-?)\./, "$10."),
    );
    return typeof value === "number" || String(value).startsWith(MARK) ? value : undefined;
  } catch {
    return undefined;
  }
}
