/** Returns whether a number that was read from JSON still has all its digits. */
export function keepsItsDigits(value: number): boolean {
  return Math.abs(value) <= Number.MAX_SAFE_INTEGER && String(value).length <= 15;
}

/** Turns every number in valid JSON into a string: `[9007199254740993]` becomes `["9007199254740993"]`. */
export function quoteNumbers(json: string): string {
  let quoted = "";
  let at = 0;
  while (at < json.length) {
    const open = json.indexOf('"', at);
    const between = json.slice(at, open < 0 ? json.length : open);
    quoted += between.replace(/-?\d[\d.eE+-]*/g, '"$&"');
    if (open < 0) break;
    let close = json.indexOf('"', open + 1);
    while (isEscaped(json, close)) close = json.indexOf('"', close + 1);
    quoted += json.slice(open, close + 1);
    at = close + 1;
  }
  return quoted;
}

function isEscaped(json: string, at: number): boolean {
  let backslashes = 0;
  while (json[at - 1 - backslashes] === "\\") backslashes++;
  return backslashes % 2 === 1;
}
