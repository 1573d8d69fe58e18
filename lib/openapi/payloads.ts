import type * as z from "zod/v4/core";
import type { StandardSchema } from "../schema/standard.ts";
import { isZod } from "../schema/zod.ts";
import type { Task, Tasks } from "../tasks.ts";
import { exampleOf, type Json, pascalCase, refTo } from "./schemas.ts";

/** The name of the component that a task's payload is described by. */
export const payloadName = ({ name }: Task) => `${pascalCase(name)}Payload`;

/** How the payloads of tasks are described, by the name of the component. */
export interface Payloads {
  /** Schemas of zod, to be described together with our own. */
  zod: Map<string, () => z.$ZodType>;
  /** JSON Schemas that are there already. */
  json: Record<string, Json>;
}

/** Describes payloads: as the task says, else as its library can describe the schema, else as anything. */
export function payloadsOf(tasks: Tasks): Payloads {
  const payloads: Payloads = { zod: new Map(), json: {} };
  for (const task of tasks.values()) {
    const name = payloadName(task);
    const { input, jsonSchema } = task;
    if (!jsonSchema && isZod(input)) payloads.zod.set(name, () => input);
    else payloads.json[name] = within(name, jsonSchema ?? madeBy(input));
  }
  return payloads;
}

/** Makes a payload that fits; `{}` where nothing is known of it. */
export function payloadExample(schema: Json): unknown {
  const { title: _, description: __, ...known } = schema;
  return Object.keys(known).length === 0 ? {} : exampleOf(schema);
}

/** Asks for Standard JSON Schema (https://standardschema.dev/json-schema). Not every library has it, nor for every schema. */
function madeBy(schema: StandardSchema): Json {
  const standard = schema["~standard"] as { jsonSchema?: { input(options: { target: string }): Json } };
  try {
    return standard.jsonSchema?.input({ target: "draft-2020-12" }) ?? {};
  } catch {
    return {};
  }
}

/** Makes a component of a schema that refers to its own parts: `#/$defs/…` would begin at the document otherwise. */
function within(name: string, { $schema: _, $id: __, ...schema }: Readonly<Json>): Json {
  const text = JSON.stringify(opened(schema), (key, value: unknown) => {
    const isOwn = key === "$ref" && typeof value === "string" && value.startsWith("#");
    return isOwn ? String(refTo(name).$ref) + value.slice(1) : value;
  });
  return JSON.parse(text) as Json;
}

/** Puts the part in place of a schema that only refers to a part of itself (arktype's, where it is recursive). */
function opened({ $ref, ...schema }: Json): Json {
  const part = /^#\/\$defs\/([^/]+)$/.exec(String($ref))?.[1];
  const defs = schema.$defs as Record<string, Json> | undefined;
  if (part === undefined || !defs?.[part]) return $ref === undefined ? schema : { $ref, ...schema };
  return { ...defs[part], ...schema };
}
