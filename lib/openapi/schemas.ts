import * as z from "zod/mini";
import { problems } from "../errors.ts";
import { ANY_JSON, cutCircles, fieldThatRefersTo, isAnyJson } from "./shapes.ts";
import { FIELDS } from "./words.ts";

/** A JSON object: what the description consists of. */
export type Json = Record<string, unknown>;

const AT = "#/components/schemas/";

/** Makes a reference to a component. */
export function refTo(name: string): Json {
  return { $ref: AT + name };
}

/** Makes components of an OpenAPI document from schemas by name. One that holds another refers to it. */
export function componentsOf(schemas: ReadonlyMap<string, () => z.core.$ZodType>, io: "input" | "output"): Json {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of schemas) registry.add(schema(), { id });
  const made = z.toJSONSchema(registry, {
    io,
    unrepresentable: "any",
    uri: (id: string) => AT + id,
    override: ({ jsonSchema }) => plain(jsonSchema as Json, io),
  }) as { schemas: Record<string, Json> };
  const components = withNames(made.schemas);
  for (const [name, schema] of Object.entries(components)) {
    delete schema.$schema;
    delete schema.$id;
    if (isAnyJson(schema, AT + name)) components[name] = { ...ANY_JSON };
    else cutCircles(schema, AT + name);
    describeFields(name, schema);
  }
  return components;
}

const SHARED = `${AT}__shared#/$defs/`;

/** Names parts that refer to themselves: each is a component too, and gets the name of the place where it is used. */
function withNames({ __shared, ...named }: Record<string, Json>): Record<string, Json> {
  const shared = Object.entries((__shared?.$defs ?? {}) as Record<string, Json>);
  const components = { ...named };
  const names = new Map<string, string>();
  for (const [key, schema] of shared) {
    const isAny = isAnyJson(schema, SHARED + key);
    const name = isAny ? "JsonValue" : nameByUse({ ...named, ...Object.fromEntries(shared) }, key, components);
    names.set(key, name);
    components[name] = isAny ? { ...ANY_JSON } : schema;
  }
  const text = JSON.stringify(components);
  const renamed = text.replace(
    /#\/components\/schemas\/__shared#\/\$defs\/(\w+)/g,
    (_, key: string) => AT + names.get(key),
  );
  return JSON.parse(renamed) as Record<string, Json>;
}

/** Makes a name such as `ImportTreePayloadRoot`: the component that uses the part, and the field. */
function nameByUse(schemas: Record<string, Json>, key: string, taken: Record<string, Json>): string {
  const uses = Object.entries(schemas).filter(([name]) => name !== key);
  const places = uses.map(([name, schema]) => [name, fieldThatRefersTo(schema, SHARED + key)] as const);
  const [component, field = ""] = places.find(([, found]) => found !== "") ?? ["Recursive"];
  const name = component + pascalCase(field.replace(/\W+/g, "_"));
  for (let n = 1; ; n++) if (!((n === 1 ? name : name + n) in taken)) return n === 1 ? name : name + n;
}

/** Puts the words for fields into a schema of that name. */
export function describeFields(name: string, schema: Json): void {
  const properties = (schema.properties ?? {}) as Record<string, Json>;
  for (const [field, description] of Object.entries(FIELDS[name] ?? {})) {
    const property = properties[field];
    if (property) properties[field] = { description, ...property };
  }
}

/** Takes out what says nothing to a reader: patterns that a format stands for, the bounds of JavaScript's integers. */
function plain(schema: Json, io: "input" | "output"): void {
  if (["date-time", "uuid", "email"].includes(String(schema.format))) delete schema.pattern;
  if (schema.minimum === Number.MIN_SAFE_INTEGER) schema.minimum = 0;
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
  if (JSON.stringify(schema.propertyNames) === '{"type":"string"}') delete schema.propertyNames;
  // A later version may answer with more; a client must not break on it.
  if (io === "output" && schema.additionalProperties === false) delete schema.additionalProperties;
}

/** Turns `submitJob` into `SubmitJob`. */
export function upperFirst(name: string): string {
  return name[0]!.toUpperCase() + name.slice(1);
}

/** Turns `send_email` into `SendEmail`. */
export function pascalCase(name: string): string {
  return name.replace(/(?:^|_)([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

/** Makes a value that fits: the schema's example, its default, or what its type suggests. Optional fields without one are left out. */
export function exampleOf(schema: Json): unknown {
  const { examples, "x-default": otherwise, type, properties, required = [], enum: values, format } = schema;
  if (Array.isArray(examples) && examples.length > 0) return examples[0];
  if (otherwise !== undefined) return otherwise;
  if (Array.isArray(values)) return values[0];
  if (type === "object") {
    const fields = Object.entries((properties ?? {}) as Record<string, Json>);
    const shown = fields.filter(([name, field]) => (required as string[]).includes(name) || "x-default" in field);
    return Object.fromEntries(shown.map(([name, field]) => [name, exampleOf(field)]));
  }
  if (type === "array") return [];
  if (type === "integer" || type === "number") return schema.minimum ?? 1;
  if (type === "boolean") return true;
  return { uri: "https://example.com/", email: "somebody@example.com" }[String(format)] ?? "text";
}

/** The component for every problem. */
export const problemSchema = {
  type: "object",
  description: "RFC 9457. `code` is stable; `type` leads to a page that says what to do.",
  required: ["type", "title", "status", "code", "detail"],
  properties: {
    type: { type: "string", format: "uri-reference" },
    title: { type: "string" },
    status: { type: "integer" },
    code: { type: "string", enum: Object.keys(problems) },
    detail: { type: "string", description: "What is wrong with this request" },
    instance: { type: "string", description: "The path that was asked for" },
    errors: {
      type: "array",
      description: "Where in the body, or which parameter of the query, and what was expected there",
      items: {
        type: "object",
        required: ["pointer", "detail"],
        properties: { pointer: { type: "string", format: "json-pointer" }, detail: { type: "string" } },
      },
    },
  },
};
