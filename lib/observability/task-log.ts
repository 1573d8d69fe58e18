import { describe, isErrorLike } from "../errors.ts";
import { cut, fitted } from "../text.ts";

/** A line that a task logged. */
export interface LogLine {
  /** ms since the epoch, by Redis' clock. */
  at: number;
  message: string;
  /** Plain JSON. */
  fields?: Record<string, unknown>;
}

const KEPT_LINES = 20;
const KEPT_BYTES = 8 * 1024;
const MOST_DEEP = 5;
/** The most values that a line keeps of its fields, in all. */
const MOST_VALUES = 200;

/** Makes a line of at most 8 KB. Takes anything as its fields, and never throws: it describes what JSON cannot hold. */
export function logLine(at: number, message: unknown, fields?: unknown): LogLine {
  const words = typeof message === "string" ? message : describe(message).message;
  const text = fitted(KEPT_BYTES - 2, (characters) => {
    const plain =
      fields === undefined ? undefined : plainOf(fields, 0, { characters, left: MOST_VALUES, seen: new Set() });
    const told = plain === undefined || isRecord(plain) ? plain : { value: plain };
    return JSON.stringify({ at, message: cut(words, characters), ...(told === undefined ? {} : { fields: told }) });
  });
  return JSON.parse(text) as LogLine;
}

/** The last lines that an attempt logged. */
export class LastLines {
  readonly #lines: LogLine[] = [];

  add(line: LogLine): void {
    this.#lines.push(line);
    if (this.#lines.length > KEPT_LINES) this.#lines.shift();
  }

  /** The lines as they are kept with the job: JSON of at most 8 KB. */
  get json(): string | undefined {
    let json: string | undefined;
    for (let count = 1; count <= this.#lines.length; count++) {
      const longer = JSON.stringify(this.#lines.slice(-count));
      if (Buffer.byteLength(longer) > KEPT_BYTES) break;
      json = longer;
    }
    return json;
  }
}

interface FieldBounds {
  characters: number;
  left: number;
  seen: Set<unknown>;
}

/** Makes a copy that JSON can hold. */
function plainOf(value: unknown, depth: number, bounds: FieldBounds): unknown {
  bounds.left--;
  try {
    if (typeof value === "string") return cut(value, bounds.characters);
    if (value === null || typeof value === "boolean" || Number.isFinite(value)) return value;
    if (typeof value !== "object" || isErrorLike(value)) return wordsFor(value, bounds);
    if (bounds.seen.has(value)) return "(circular)";
    if (depth === MOST_DEEP) return Array.isArray(value) ? "(an array)" : "(an object)";
    bounds.seen.add(value);
    const plain = insideOf(value, depth, bounds);
    bounds.seen.delete(value);
    return plain;
  } catch {
    return "(cannot be read)";
  }
}

function insideOf(value: object, depth: number, bounds: FieldBounds): unknown {
  if ("toJSON" in value && typeof value.toJSON === "function") return plainOf(value.toJSON(), depth + 1, bounds);
  if (value instanceof Set) return plainOf([...value], depth, bounds);
  if (value instanceof Map) return plainOf(Object.fromEntries(value), depth, bounds);
  if (Array.isArray(value)) {
    const plain: unknown[] = [];
    for (let i = 0; i < value.length && bounds.left > 0; i++) plain.push(plainOf(value[i], depth + 1, bounds));
    return plain;
  }
  const plain: [string, unknown][] = [];
  for (const key in value) {
    if (bounds.left <= 0) break;
    if (Object.hasOwn(value, key))
      plain.push([cut(key, bounds.characters), plainOf(at(value, key), depth + 1, bounds)]);
  }
  return Object.fromEntries(plain);
}

/** Reads a field. A getter that throws spoils only its own field. */
function at(value: object, key: string): unknown {
  try {
    return (value as Record<string, unknown>)[key];
  } catch {
    return "(cannot be read)";
  }
}

function wordsFor(value: unknown, { characters }: FieldBounds): string {
  const { name, message } = describe(value);
  return cut(isErrorLike(value) ? `${name}: ${message}` : message, characters);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
