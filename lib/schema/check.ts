import * as z from "zod/mini";
import en from "zod/v4/locales/en.js";
import { type Fault, Problem, type ProblemCode } from "../errors.ts";
import { cut } from "../text.ts";
import type { Issue } from "./standard.ts";

// zod/mini comes without words; these are zod's own English ones.
z.config(en());

/** An answer must stay small (Lambda's may have 6 MB), however many faults a body has and however long its names are. */
const FAULTS = 100;
const FAULTS_IN_WORDS = 10;
const NAME_CHARACTERS = 200;

/**
 * Reads a value with a schema (defaults filled in, transforms applied).
 *
 * @throws Problem `invalid_request` naming the faults
 */
export function check<Schema extends z.core.$ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const result = z.safeParse(schema, value);
  if (result.success) return result.data;
  throw invalid("invalid_request", faultsOf(result.error.issues, ""));
}

/** Reads the parameters of a query with a schema; none may be empty. @throws Problem `invalid_query` */
export function checkQuery<Schema extends z.core.$ZodType>(
  schema: Schema,
  value: Record<string, string>,
): z.output<Schema> {
  // Coerced to a number it would pass for 0.
  const empty = Object.entries(value).filter(([, text]) => text.trim() === "");
  if (empty.length > 0) {
    const faults = empty.map(([name]) => faultAt("", [name], "expected a value"));
    throw invalid("invalid_query", faults);
  }
  const result = z.safeParse(schema, value);
  if (result.success) return result.data;
  throw invalid("invalid_query", faultsOf(result.error.issues, ""));
}

/** Makes a problem that lists these faults, and tells the first ones in its detail. */
export function invalid(
  code: ProblemCode,
  faults: readonly Fault[],
  more: { cause?: unknown; retryAfterSeconds?: number } = {},
): Problem {
  const named =
    code === "invalid_query" ? faults.map((fault) => ({ ...fault, pointer: fault.pointer.slice(1) })) : faults;
  return new Problem(code, inWords(named, "the body"), { faults: faults.slice(0, FAULTS), ...more });
}

/** Tells the first faults in words, each with its place. `whole`: what the empty pointer means. */
export function inWords(faults: readonly Fault[], whole: string): string {
  const words = faults.slice(0, FAULTS_IN_WORDS).map(({ pointer, detail }) => `${pointer || whole}: ${detail}`);
  const unsaid = faults.length - words.length;
  return [...words, ...(unsaid > 0 ? [`and ${unsaid} more`] : [])].join("; ");
}

/** An issue of zod, which says more than Standard Schema asks for. */
type ZodIssue = Issue & { code?: unknown; keys?: unknown; expected?: unknown };

/** Turns issues into faults. `at`: the JSON pointer of the value within the body. zod's own issues get shorter words. */
export function faultsOf(issues: readonly Issue[], at: string): Fault[] {
  return Array.from(issues).flatMap((issue: ZodIssue) => {
    const { code, keys, expected } = issue; // no copy: arktype's message is a getter
    const path = Array.from(issue.path ?? [], (step) => (typeof step === "object" ? step.key : step));
    if (code === "unrecognized_keys" && Array.isArray(keys)) {
      return keys.map((key: string) => faultAt(at, [...path, key], "there is no such field"));
    }
    const message = String(issue.message);
    const missing = code === "invalid_type" && message.endsWith("received undefined");
    return [faultAt(at, path, missing ? `required: ${expected}` : message.replace(/^Invalid (input|option): /, ""))];
  });
}

/** Makes a fault. Where a field's name is too long to repeat, the pointer leads to what holds the field. */
export function faultAt(at: string, path: readonly PropertyKey[], detail: string): Fault {
  const long = path.findIndex((step) => String(step).length > NAME_CHARACTERS);
  if (long === -1) return { pointer: at + pointerOf(path), detail };
  const name = cut(String(path[long]), NAME_CHARACTERS);
  return { pointer: at + pointerOf(path.slice(0, long)), detail: `${detail} (in the field ${JSON.stringify(name)}…)` };
}

/** Writes a path as a JSON pointer (RFC 6901). */
function pointerOf(path: readonly PropertyKey[]): string {
  return path.map((step) => `/${String(step).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}
