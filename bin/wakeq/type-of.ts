/** The part of JSON Schema that has a type of its own in TypeScript. */
export interface JsonSchema {
  type?: string | readonly string[];
  properties?: Record<string, JsonSchema>;
  required?: readonly string[];
  additionalProperties?: boolean | JsonSchema;
  items?: JsonSchema;
  prefixItems?: readonly JsonSchema[];
  enum?: readonly unknown[];
  const?: unknown;
  anyOf?: readonly JsonSchema[];
  oneOf?: readonly JsonSchema[];
  allOf?: readonly JsonSchema[];
  $ref?: string;
  description?: string;
}

const COMPONENT = "#/components/schemas/";
const PLAIN: Record<string, string> = {
  string: "string",
  number: "number",
  integer: "number",
  boolean: "boolean",
  null: "null",
};

/** Writes a schema as a type of TypeScript. What has none, such as a pattern or a bound, is left out; the rest is `unknown`. */
export function typeOf(schema: JsonSchema | boolean, indent = ""): string {
  if (typeof schema === "boolean") return "unknown";
  const { $ref, enum: values, anyOf, oneOf, allOf, type } = schema;
  if ($ref !== undefined) return $ref.startsWith(COMPONENT) ? $ref.slice(COMPONENT.length) : "unknown";
  if ("const" in schema) return literal(schema.const);
  if (values) return joined(values.map(literal), " | ");
  const either = anyOf ?? oneOf;
  if (either)
    return joined(
      either.map((each) => typeOf(each, indent)),
      " | ",
    );
  if (allOf)
    return joined(
      allOf.map((each) => typeOf(each, indent)),
      " & ",
    );
  if (Array.isArray(type))
    return joined(
      type.map((each: string) => typeOf({ ...schema, type: each }, indent)),
      " | ",
    );
  if (type === "array") return arrayOf(schema, indent);
  if (type === "object" || schema.properties) return objectOf(schema, indent);
  return PLAIN[String(type)] ?? "unknown";
}

function arrayOf({ items, prefixItems }: JsonSchema, indent: string): string {
  if (!prefixItems) return `${wrapped(typeOf(items ?? {}, indent))}[]`;
  const rest = items ? [`...${wrapped(typeOf(items, indent))}[]`] : [];
  return `[${[...prefixItems.map((each) => typeOf(each, indent)), ...rest].join(", ")}]`;
}

function objectOf({ properties = {}, required = [], additionalProperties }: JsonSchema, indent: string): string {
  const inner = `${indent}  `;
  const fields = Object.entries(properties).map(([name, field]) => {
    const comment = field.description ? `${inner}/** ${field.description.replaceAll("*/", "* /")} */\n` : "";
    return `${comment}${inner}${keyOf(name)}${required.includes(name) ? "" : "?"}: ${typeOf(field, inner)};`;
  });
  if (fields.length > 0) return `{\n${fields.join("\n")}\n${indent}}`;
  if (additionalProperties === false) return "Record<string, never>";
  return `Record<string, ${typeOf(additionalProperties ?? true, indent)}>`;
}

function keyOf(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
}

function literal(value: unknown): string {
  return typeof value === "object" && value !== null ? "unknown" : JSON.stringify(value);
}

function joined(types: readonly string[], by: string): string {
  const all = [...new Set(types)];
  return all.length === 0 ? "unknown" : all.length === 1 ? all[0]! : `(${all.join(by)})`;
}

function wrapped(type: string): string {
  return /^[\w.]+$/.test(type) || /^[({]/.test(type) ? type : `(${type})`;
}
