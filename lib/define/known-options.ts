/** The options of a verb that submits. */
export const KEY_OPTIONS = ["idempotencyKey", "traceparent", "signal"];

/** @throws TypeError for an option that there is not: it would have no effect, and nobody would know */
export function mustBeKnown(verb: string, options: object, known: readonly string[]): void {
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new TypeError(`${verb}: there is no option ${unknown}; there are: ${known.join(", ")}`);
}
