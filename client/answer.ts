import { type ErrorCode, type Fault, WakeqError } from "./errors.ts";

type JsonObject = Record<string, unknown>;

/** What wakeq answered, when it did not answer with an error. */
export interface ApiAnswer {
  body: JsonObject;
  replayed: boolean;
  retryAfterSeconds: number | undefined;
}

/**
 * Reads an answer of wakeq's.
 *
 * @param has  a field that the body must have
 * @throws WakeqError with what the problem document says (RFC 9457); `unexpected_answer` for HTML, half a JSON and the like
 */
export function answerOf(
  { status, headers }: { status: number; headers: { get(name: string): string | null } },
  text: string,
  has: string,
  afterLostReply: boolean,
): ApiAnswer {
  const retryAfterSeconds = secondsOf(headers.get("retry-after"));
  const { body = {}, cause } = jsonOf(text);
  if (status >= 200 && status < 300 && has in body) {
    return { body, replayed: headers.get("idempotent-replayed") === "true", retryAfterSeconds };
  }
  const isProblem = typeof body.code === "string";
  throw new WakeqError({
    status,
    retryAfterSeconds,
    afterLostReply,
    cause,
    code: isProblem ? (body.code as ErrorCode) : "unexpected_answer",
    detail: isProblem ? String(body.detail) : /^.{0,200}/su.exec(text)![0],
    errors: (body.errors ?? []) as Fault[],
  });
}

function jsonOf(text: string): { body?: JsonObject; cause?: unknown } {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value ? { body: value as JsonObject } : {};
  } catch (cause) {
    return { cause };
  }
}

/** Reads `Retry-After`: seconds or an HTTP date (RFC 9110, section 10.2.3). */
function secondsOf(header: string | null): number | undefined {
  if (header === null) return undefined;
  const seconds = /^\d+$/.test(header) ? Number(header) : (Date.parse(header) - Date.now()) / 1_000;
  return Number.isNaN(seconds) ? undefined : Math.max(0, seconds);
}

const VALUES = ["payload", "result", "fields"];

/** The names of instants: `created_at`, `unknown_since`, `paused_until`, `slot`, `next_runs`. */
const INSTANTS = /(^|_)(at|since|until|slot|runs)$/;

/**
 * Turns wakeq's own fields from snake_case into camelCase, and its instants into `Date`s. What a task was given, returned or
 * logged is left as it is.
 */
export function fromWire(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(fromWire);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase()),
      VALUES.includes(key) ? inner : INSTANTS.test(key) ? datesIn(inner) : fromWire(inner),
    ]),
  );
}

function datesIn(value: unknown): unknown {
  return Array.isArray(value) ? value.map((each) => new Date(each)) : new Date(value as string);
}
