import { isDeepStrictEqual } from "node:util";
import * as z from "zod/mini";
import { type Json, jsonSchemaOf, refTo } from "./json-schema.ts";
import { pascalCase } from "./names.ts";

/*
 * Payloads are described here so that generators of clients understand them. From a schema that refers only to itself several
 * generators make code that does not compile, and they take a field with a `default` as required.
 */

const ONE = ["items", "additionalProperties", "contains", "not", "if", "then", "else", "propertyNames"];
const LIST = ["anyOf", "oneOf", "allOf", "prefixItems"];
const NAMED = ["properties", "patternProperties", "$defs", "dependentSchemas"];

/** Yields the schemas directly within one, each with the name of its field, if it is for a field. */
function* partsOf(schema: Json): Generator<[part: Json, field?: string]> {
  for (const [keyword, value] of Object.entries(schema)) {
    if (ONE.includes(keyword) && isSchema(value)) yield [value];
    if (LIST.includes(keyword)) for (const part of value as Json[]) if (isSchema(part)) yield [part];
    if (NAMED.includes(keyword))
      for (const [field, part] of Object.entries(value as Json)) if (isSchema(part)) yield [part, field];
  }
}

/** Tells whether it is a schema that may have parts: not `true` or `false`. */
function isSchema(part: unknown): part is Json {
  return typeof part === "object" && part !== null && !Array.isArray(part);
}

/**
 * Makes components of a schema: itself under `name`, and each definition that it refers to, named by the first field that
 * does.
 */
export function componentsIn(name: string, schema: Readonly<Json>): Record<string, Json> {
  const { definitions, $defs, $ref = "#", ...root } = structuredClone(schema);
  const parts = new Map(Object.entries({ definitions, $defs }).flatMap(([keyword, defs]) => byRef(keyword, defs)));
  const components: Record<string, Json> = {};
  const names = new Map<string, string>();

  const add = (own: string, ref: string, part: Json) => {
    names.set(ref, own);
    components[own] = part;
    if (isAnyJson(part, ref)) replace(part, ANY_JSON);
    else cutCircles(part, ref);
    refer(part);
  };
  const refer = (schema: Json, field = "") => {
    for (const [part, own = field] of partsOf(schema)) {
      if (typeof part.$ref === "string") part.$ref = leadingTo(part.$ref, own);
      refer(part, own);
    }
  };
  const leadingTo = (ref: string, field: string) => {
    if (!ref.startsWith("#")) return ref;
    const start = ref.split("/", 3).join("/");
    const part = parts.get(start);
    if (part && !names.has(start)) {
      add(isAnyJson(part, start) ? "JsonValue" : freeName(name + pascalCase(field), components), start, part);
    }
    const own = part ? start : "#";
    return refTo(names.get(own) ?? name).$ref + ref.slice(own.length);
  };

  // What is recursive may be described by nothing but a reference to a part.
  const whole = parts.get(String($ref));
  if (whole) add(name, String($ref), { ...whole, ...root });
  else add(name, "#", $ref === "#" ? root : { $ref, ...root });
  return components;
}

/** Gives definitions by what refers to them. */
function byRef(keyword: string, definitions: unknown): [ref: string, part: Json][] {
  return Object.entries((definitions ?? {}) as Record<string, Json>).flatMap(([key, part]) => {
    const ref = `#/${keyword}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`;
    return [ref, encodeURI(ref)].map((way): [string, Json] => [way, part]);
  });
}

function freeName(wanted: string, taken: Json): string {
  for (let n = 2, free = wanted; ; free = wanted + n++) if (!(free in taken)) return free;
}

/** Any JSON value, as a component. `z.json()` describes it by a schema that refers to itself. */
const ANY_JSON: Json = { description: "Any JSON value" };
const JSON_OF_ZOD = jsonSchemaOf(z.json(), "input");

/** Tells whether a schema says, in terms of itself, that any JSON value fits. `self`: how it refers to itself. */
function isAnyJson(schema: Json, self: string): boolean {
  const rooted = structuredClone(schema);
  for (const [part] of partsOf(rooted)) for (const [inner] of partsOf(part)) if (inner.$ref === self) inner.$ref = "#";
  return isDeepStrictEqual(rooted, JSON_OF_ZOD);
}

/** Allows any value where a schema is part of itself without an object's field in between: no compiler takes such a type. */
function cutCircles(schema: Json, self: string): void {
  for (const [part, field] of partsOf(schema)) {
    if (field !== undefined) continue;
    if (part.$ref === self) replace(part, ANY_JSON);
    else cutCircles(part, self);
  }
}

function replace(schema: Json, by: Json): void {
  for (const keyword of Object.keys(schema)) delete schema[keyword];
  Object.assign(schema, by);
}

/** Says in words, and to our dashboard as `x-default`, what an absent field counts as: `default` would make it required. */
export function withoutDefaults(schema: Json): void {
  for (const [part] of partsOf(schema)) withoutDefaults(part);
  if (!("default" in schema)) return;
  const { default: value, description, ...rest } = schema;
  replace(schema, { ...usually(value, description), ...rest });
}

/** Describes a field that may be left out, with its value then. `description`: what its schema says of it so far. */
export function usually(value: unknown, description: unknown): Json {
  const words = `Default: \`${JSON.stringify(value)}\``;
  return { description: typeof description === "string" ? `${description}. ${words}` : words, "x-default": value };
}
