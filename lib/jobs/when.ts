import * as z from "zod/mini";

/** The longest time that a job may be told to wait, in seconds. */
export const YEAR_SECONDS = 31_536_000;
const INSTANT = "expected an instant such as 2030-01-31T12:00:00Z";

/** Makes the schema of a delay: seconds from now, at most a year. */
export function delaySeconds() {
  return z.number().check(z.gte(0), z.lte(YEAR_SECONDS));
}

/** Makes the schema of how long a job may wait for its first attempt: more than nothing, at most a year. */
export function expiresSeconds() {
  return z.number().check(z.gt(0), z.lte(YEAR_SECONDS));
}

/** Makes the schema of an instant as RFC 3339 writes it. */
export function instant() {
  return z.iso.datetime({ offset: true, error: INSTANT, abort: true });
}
