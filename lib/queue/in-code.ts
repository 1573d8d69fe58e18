/** Tells whether a stored schedule is one that code declares, as `is_declared` in scripts/parts/definitions.lua does. */
export function isInCode(json: string): boolean {
  return json.includes('"source":"code"');
}
