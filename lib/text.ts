/** Cuts a text to at most this many UTF-16 units. A character that takes two is kept whole or left out. */
export function cut(text: string, length: number): string {
  if (text.length <= length) return text;
  const end = Math.max(0, Math.floor(length));
  const cutsCharacter = /^[\ud800-\udbff][\udc00-\udfff]/.test(text.slice(Math.max(0, end - 1), end + 1));
  return text.slice(0, cutsCharacter ? end - 1 : end);
}

/**
 * Makes a text of at most `bytes`: calls `make` with fewer and fewer characters, which each part of its text may have, until
 * the text fits. With 0 characters it must fit.
 */
export function fitted(bytes: number, make: (characters: number) => string): string {
  for (let characters = bytes; ; characters = Math.floor(characters * 0.7)) {
    const text = make(characters);
    if (characters === 0 || Buffer.byteLength(text) <= bytes) return text;
  }
}

/**
 * Escapes what would act on a terminal that shows the JSON: the C1 controls and those of bidirectional text, which JSON leaves
 * as they are. The value stays the same.
 */
export function inertJson(json: string): string {
  return json.replace(
    /[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** Joins the lines of a message: the history keeps only the first one. */
export function onOneLine(text: string): string {
  return text.replace(/\s*\n\s*/g, " ");
}
