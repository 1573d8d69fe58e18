import type { Json } from "./schemas.ts";

/*
 * Schemas are written here so that generators of clients understand them. From a schema that refers
 * only to itself several generators make code that does not compile, and they take a field with a `default` as required.
 */

/** Any JSON value, as a component. `z.json()` describes it by a schema that refers to itself. */
export const ANY_JSON: Json = { description: "Any JSON value" };

/** Tells whether a schema says, in terms of itself, that any JSON value fits. `self`: how it refers to itself. */
export function isAnyJson(schema: Json, self: string): boolean {
  const kinds = Array.isArray(schema.anyOf) ? (schema.anyOf as Json[]) : [];
  const isSelf = (part: unknown) => (part as Json | undefined)?.$ref === self;
  const has = (type: string) => kinds.some((kind) => kind.type === type);
  return (
    ["string", "number", "boolean", "null"].every(has) &&
    kinds.some(({ type, items }) => type === "array" && isSelf(items)) &&
    kinds.some(({ type, additionalProperties }) => type === "object" && isSelf(additionalProperties))
  );
}

const ONE = ["items", "additionalProperties", "contains", "not", "if", "then", "else", "propertyNames"];
const LIST = ["anyOf", "oneOf", "allOf", "prefixItems"];
const NAMED = ["properties", "patternProperties", "$defs", "dependentSchemas"];

/** Yields the schemas within one, each with the name of its field, if it is for a field. */
function* partsOf(schema: Json): Generator<[part: Json, field?: string]> {
  for (const [keyword, value] of Object.entries(schema)) {
    if (typeof value !== "object" || value === null) continue;
    if (ONE.includes(keyword) && !Array.isArray(value)) yield [value as Json];
    if (LIST.includes(keyword)) for (const part of value as Json[]) yield [part];
    if (NAMED.includes(keyword)) for (const [field, part] of Object.entries(value)) yield [part as Json, field];
  }
}

/** Allows any value where a schema is part of itself without an object's field in between: no compiler takes such a type. */
export function cutCircles(schema: Json, self: string): void {
  for (const [part, field] of partsOf(schema)) {
    if (field !== undefined || typeof part !== "object") continue;
    if (part.$ref !== self) cutCircles(part, self);
    else replace(part, ANY_JSON);
  }
}

function replace(schema: Json, by: Json): void {
  for (const keyword of Object.keys(schema)) delete schema[keyword];
  Object.assign(schema, by);
}

/** Says in words, and to our dashboard as `x-default`, what an absent field counts as: `default` would make it required. */
export function withoutDefaults(schema: Json): void {
  for (const [part] of partsOf(schema)) if (typeof part === "object") withoutDefaults(part);
  if (!("default" in schema)) return;
  const { default: value, description, ...rest } = schema;
  replace(schema, { ...usually(value, description), ...rest });
}

/** Describes a field that may be left out, with its value then. `description`: what its schema says of it so far. */
export function usually(value: unknown, description: unknown): Json {
  const words = `Default: \`${JSON.stringify(value)}\``;
  return { description: typeof description === "string" ? `${description}. ${words}` : words, "x-default": value };
}

/** Finds the first place in a schema that refers to `ref`: its field, undefined where it has none; "" where there is no such place. */
export function fieldThatRefersTo(schema: Json, ref: string, field?: string): string | undefined {
  if (schema.$ref === ref) return field;
  for (const [part, own] of partsOf(schema)) {
    const found = typeof part === "object" ? fieldThatRefersTo(part, ref, own ?? field) : "";
    if (found !== "") return found;
  }
  return "";
}
