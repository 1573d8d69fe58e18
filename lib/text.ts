/** At most this many UTF-16 units of the text. A character that takes two is kept whole or left out. */
export function cut(text: string, length: number): string {
  if (text.length <= length) return text;
  const end = Math.max(0, Math.floor(length));
  const cutsCharacter = /^[\ud800-\udbff][\udc00-\udfff]/.test(text.slice(Math.max(0, end - 1), end + 1));
  return text.slice(0, cutsCharacter ? end - 1 : end);
}

/**
 * The text of `make`, which is given how many characters each of its parts may have, in at most `bytes`. With 0 characters
 * it must fit.
 */
export function fitted(bytes: number, make: (characters: number) => string): string {
  for (let characters = bytes; ; characters = Math.floor(characters * 0.7)) {
    const text = make(characters);
    if (characters === 0 || Buffer.byteLength(text) <= bytes) return text;
  }
}

/**
 * JSON that acts on no terminal which shows it: JSON leaves C1 and the controls of bidirectional text as they are, here they
 * are escaped. It says the same.
 */
export function inertJson(json: string): string {
  return json.replace(
    /[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** The history keeps the first line of a message alone. */
export function onOneLine(text: string): string {
  return text.replace(/\s*\n\s*/g, " ");
}
