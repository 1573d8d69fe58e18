/** At most this many UTF-16 units of the text. A character that takes two is kept whole or left out. */
export function cut(text: string, length: number): string {
  if (text.length <= length) return text;
  const end = Math.max(0, Math.floor(length));
  const cutsCharacter = /^[\ud800-\udbff][\udc00-\udfff]/.test(text.slice(Math.max(0, end - 1), end + 1));
  return text.slice(0, cutsCharacter ? end - 1 : end);
}
