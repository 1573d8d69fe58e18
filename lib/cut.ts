/** At most this many UTF-16 units of the text; a character of two units is not cut in halves. */
export function cut(text: string, length: number): string {
  const part = text.slice(0, length);
  return part.length < text.length && /[\ud800-\udbff]$/.test(part) ? part.slice(0, -1) : part;
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

/** The history keeps the first line of a message alone. */
export function onOneLine(text: string): string {
  return text.replace(/\s*\n\s*/g, " ");
}
