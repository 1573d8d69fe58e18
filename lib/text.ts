/** At most this many UTF-16 units of the text. A character that takes two is kept whole or left out. */
export function cut(text: string, length: number): string {
  if (text.length <= length) return text;
  const end = Math.max(0, Math.floor(length));
  return text.slice(0, isHigh(text.charCodeAt(end - 1)) && isLow(text.charCodeAt(end)) ? end - 1 : end);
}

function isHigh(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

function isLow(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}
