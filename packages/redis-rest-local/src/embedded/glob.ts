/**
 * Returns whether the text matches a pattern of KEYS, SCAN or PSUBSCRIBE: `*`, `?`, `[abc]`, `[^a-z]`, and `\` before a
 * character that stands for itself. A bracket that is not closed ends with the pattern.
 */
export function globMatches(pattern: string, text: string): boolean {
  // In Redis, the empty text matches nothing else.
  if (text === "") return pattern === "" || pattern === "*";
  let [at, index] = [0, 0];
  let [star, retry] = [-1, 0];
  while (index < text.length || at < pattern.length) {
    if (pattern[at] === "*") {
      star = at++;
      retry = index;
      continue;
    }
    const next = index < text.length && at < pattern.length ? matchOne(pattern, at, text.charCodeAt(index)) : -1;
    if (next >= 0) {
      at = next;
      index++;
      continue;
    }
    // The last star takes one character more; earlier ones need not.
    if (star < 0 || retry >= text.length) return false;
    at = star + 1;
    index = ++retry;
  }
  return true;
}

/** Matches one character. Returns where the pattern goes on; -1 if it does not match. */
function matchOne(pattern: string, at: number, code: number): number {
  const sign = pattern[at];
  if (sign === "?") return at + 1;
  if (sign === "[") return matchClass(pattern, at + 1, code);
  const literal = sign === "\\" && at + 1 < pattern.length ? at + 1 : at;
  return pattern.charCodeAt(literal) === code ? literal + 1 : -1;
}

function matchClass(pattern: string, from: number, code: number): number {
  const negated = pattern[from] === "^";
  let at = negated ? from + 1 : from;
  let found = false;
  while (at < pattern.length && pattern[at] !== "]") {
    if (pattern[at] === "\\" && at + 1 < pattern.length) {
      found ||= pattern.charCodeAt(at + 1) === code;
      at += 2;
    } else if (pattern[at + 1] === "-" && at + 2 < pattern.length) {
      const [a, b] = [pattern.charCodeAt(at), pattern.charCodeAt(at + 2)];
      found ||= code >= Math.min(a, b) && code <= Math.max(a, b);
      at += 3;
    } else {
      found ||= pattern.charCodeAt(at) === code;
      at++;
    }
  }
  return found === negated ? -1 : Math.min(at + 1, pattern.length);
}
