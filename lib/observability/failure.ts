import { describe, isErrorLike } from "../errors.ts";
import { cut, fitted } from "../text.ts";
import { framesOf } from "./stack.ts";

/** An error as it is kept: with where it came from, what caused it, and the errors that it stands for. */
export interface WholeError {
  name: string;
  message: string;
  /** The stack's frames, a line each, in terms of the sources. */
  stack?: string;
  /** As Node's `ECONNREFUSED`. */
  code?: string;
  cause?: WholeError;
  /** Those of an `AggregateError`. */
  errors?: WholeError[];
}

const WHOLE_BYTES = 16 * 1024;
const LOGGED_BYTES = 4 * 1024;
const NAME_CHARACTERS = 200;
/** How deep causes nest, and how many errors are told in all. */
const MOST_DEEP = 8;
const MOST_ERRORS = 30;

/** Writes what was thrown as JSON of at most 16 KB. Takes any value, and never throws. `name` is the one in the history. */
export function wholeOf(thrown: unknown, name = describe(thrown).name): string {
  const whole = { ...read(thrown, 0, { seen: new Set(), left: MOST_ERRORS }), name };
  return fitted(WHOLE_BYTES, (characters) => JSON.stringify(bounded(whole, characters)));
}

/** Writes a kept error for a person, as Node would print it: with its stack and its causes, in at most 4 KB. */
export function shown(whole: string): string {
  const error = JSON.parse(whole) as WholeError;
  return fitted(LOGGED_BYTES, (characters) => linesOf(bounded(error, characters), "", "").join("\n"));
}

interface ErrorReading {
  /** Errors above this one: a circle of causes ends. */
  seen: Set<unknown>;
  left: number;
}

function read(thrown: unknown, depth: number, reading: ErrorReading): WholeError {
  reading.left--;
  const error: WholeError = describe(thrown);
  if (typeof thrown !== "object" || thrown === null) return error;
  reading.seen.add(thrown);
  const stack = isErrorLike(thrown) ? framesOf(thrown) : undefined;
  if (stack) error.stack = stack;
  const code = fieldOf(thrown, "code");
  if (typeof code === "string" || typeof code === "number") error.code = String(code);
  const tells = (inner: unknown) => depth < MOST_DEEP && reading.left > 0 && !reading.seen.has(inner);
  const cause = fieldOf(thrown, "cause");
  if (cause !== undefined && tells(cause)) error.cause = read(cause, depth + 1, reading);
  const errors = listOf(fieldOf(thrown, "errors")).flatMap((inner) =>
    tells(inner) ? [read(inner, depth + 1, reading)] : [],
  );
  if (errors.length > 0) error.errors = errors;
  return error;
}

/** A getter may throw, and so may a proxy. */
function fieldOf(thrown: object, field: string): unknown {
  try {
    return (thrown as Record<string, unknown>)[field];
  } catch {
    return undefined;
  }
}

function listOf(value: unknown): unknown[] {
  try {
    return Array.isArray(value) ? value.slice(0, MOST_ERRORS) : [];
  } catch {
    return [];
  }
}

/** Cuts each text to at most this many characters, a stack to whole lines. */
function bounded({ name, message, stack, code, cause, errors }: WholeError, characters: number): WholeError {
  const frames = stack === undefined || stack.length <= characters ? stack : linesWithin(stack, characters);
  return {
    name: cut(name, Math.min(characters, NAME_CHARACTERS)),
    message: cut(message, characters),
    ...(code === undefined ? {} : { code: cut(code, Math.min(characters, NAME_CHARACTERS)) }),
    ...(frames ? { stack: frames } : {}),
    ...(cause === undefined ? {} : { cause: bounded(cause, characters) }),
    ...(errors === undefined ? {} : { errors: errors.map((error) => bounded(error, characters)) }),
  };
}

function linesWithin(text: string, characters: number): string {
  return cut(text, text.lastIndexOf("\n", characters));
}

function linesOf(
  { name, message, code, stack, cause, errors = [] }: WholeError,
  indent: string,
  label: string,
): string[] {
  const shownCode = code === undefined ? "" : ` (${code})`;
  const inner = `${indent}  `;
  return [
    `${indent}${label}${name}: ${message}${shownCode}`,
    ...(stack === undefined ? [] : stack.split("\n").map((line) => indent + line)),
    ...(cause === undefined ? [] : linesOf(cause, inner, "[cause] ")),
    ...errors.flatMap((error, i) => linesOf(error, inner, `[errors ${i}] `)),
  ];
}
