import { within } from "./within.ts";
import { validateZodWithFunctions } from "./zod.ts";

/**
 * A schema of any library that keeps to Standard Schema (https://standardschema.dev): zod, zod/mini, valibot, arktype and
 * others. This type is the part of the standard that is used here.
 */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>;
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  };
}

/** What may be given to a schema: defaults not yet filled in. */
export type InferInput<Schema extends StandardSchema> = NonNullable<Schema["~standard"]["types"]>["input"];
/** What a schema makes of it. */
export type InferOutput<Schema extends StandardSchema> = NonNullable<Schema["~standard"]["types"]>["output"];

type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly Issue[] };

/** One thing that does not fit, and where. */
export interface Issue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** A value as a schema reads it, or what is wrong with it, or what the schema itself threw, or that it did not answer in time. */
export type Validated =
  | { readonly value: unknown; readonly issues?: undefined }
  | { readonly issues: readonly Issue[] }
  | { readonly thrown: unknown }
  | { readonly isLate: true };

/** How long an asynchronous schema may take, in ms. Most functions of a deployment live for 10 s. */
export const SCHEMA_MS = 5_000;

/** Tells whether a value is a schema of any such library. */
export function isStandardSchema(value: unknown): value is StandardSchema {
  // Not by `typeof value`: a schema may be a function.
  const standard = (value as { "~standard"?: { validate?: unknown } } | null | undefined)?.["~standard"];
  return typeof standard?.validate === "function";
}

/** Validates a value; a promise only where the schema gives one. Never throws, nor rejects, nor takes longer than `SCHEMA_MS`. */
export function validate(schema: StandardSchema, value: unknown): Validated | Promise<Validated> {
  try {
    const result = validateZodWithFunctions(schema, value) ?? schema["~standard"].validate(value);
    if (!isPromise(result)) return sound(result);
    return within<Validated>(SCHEMA_MS, Promise.resolve(result).then(sound, toThrown), () => ({ isLate: true }));
  } catch (thrown) {
    return toThrown(thrown);
  }
}

function sound(result: SchemaResult<unknown>): Validated {
  const isResult = typeof result === "object" && result !== null;
  const hasIssues = isResult && Array.isArray(result.issues) && result.issues.length > 0;
  if (isResult && (result.issues === undefined || hasIssues)) return result;
  return toThrown(new TypeError("the schema answered with neither a value nor issues"));
}

function toThrown(thrown: unknown): Validated {
  return { thrown: thrown ?? new Error(`the schema threw ${thrown}`) };
}

/** Tells a promise by its `then`: it may be another realm's. */
export function isPromise<T>(value: T | Promise<T>): value is Promise<T> {
  return typeof (value as { then?: unknown } | undefined)?.then === "function";
}
