import type { StandardSchema } from "../schema/standard.ts";
import { isZod } from "../schema/zod.ts";
import type { Task, Tasks } from "../tasks.ts";
import { type Json, jsonSchemaOf } from "./json-schema.ts";
import { pascalCase } from "./names.ts";
import { componentsIn, withoutDefaults } from "./parts.ts";

/** The name of the component that a task's payload is described by. */
export const payloadName = ({ name }: Task) => `${pascalCase(name)}Payload`;

/** Describes the payloads of tasks, with their parts, by the name of the component. */
export function payloadsOf(tasks: Tasks): Record<string, Json> {
  const payloads: Record<string, Json> = {};
  for (const task of tasks.values()) {
    const name = payloadName(task);
    Object.assign(payloads, componentsIn(name, describePayload(task)));
    payloads[name]!.title ??= `Payload of ${task.name}`;
  }
  for (const schema of Object.values(payloads)) withoutDefaults(schema);
  return payloads;
}

/** Tells whether nothing is known of a task's payload: neither the task nor its schema's library describes it. */
export function isUndescribed({ input, jsonSchema }: Task): boolean {
  return jsonSchema === undefined && !isZod(input) && madeBy(input) === undefined;
}

/** Describes a payload: as the task says, else as its library can describe the schema, else as anything. */
function describePayload({ input, jsonSchema }: Task): Json {
  const {
    $schema: _,
    $id: __,
    ...described
  } = jsonSchema ?? (isZod(input) ? jsonSchemaOf(input, "input") : (madeBy(input) ?? {}));
  return described;
}

/** Asks for Standard JSON Schema (https://standardschema.dev/json-schema). Not every library has it, nor for every schema. */
function madeBy(schema: StandardSchema): Json | undefined {
  const standard = schema["~standard"] as { jsonSchema?: { input(options: { target: string }): Json } };
  try {
    return standard.jsonSchema?.input({ target: "draft-2020-12" });
  } catch {
    return undefined;
  }
}

/** Makes a payload that fits; `{}` where nothing is known of it. */
export function payloadExample(schema: Json): unknown {
  const { title: _, description: __, ...known } = schema;
  return Object.keys(known).length === 0 ? {} : exampleOf(schema);
}

/** Makes a value that fits: the schema's example, its default, or what its type suggests. Optional fields without one are left out. */
function exampleOf(schema: Json): unknown {
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
