import { isDeepStrictEqual } from "node:util";
import * as z from "zod/mini";
import type { HeaderName } from "../http/described.ts";

/** A JSON object: what the description consists of. */
export type Json = Record<string, unknown>;

type Io = "input" | "output";

const AT = "#/components/schemas/";

/** Makes a reference to a component. */
export function refTo(name: string) {
  return { $ref: AT + name };
}

/** Makes references to headers. */
export function headersOf(names: readonly HeaderName[] | undefined): Json {
  if (!names) return {};
  return { headers: Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }])) };
}

/** Describes a schema of zod. */
export function jsonSchemaOf(schema: z.core.$ZodType, io: Io): Json {
  const { $schema: _, ...made } = z.toJSONSchema(schema, settings(io));
  return made;
}

/** Describes the schemas of a registry, by their ids. One that holds another refers to it. */
export function componentsOf(registry: z.core.$ZodRegistry<{ id: string }>, io: Io): Record<string, Json> {
  const { schemas } = z.toJSONSchema(registry, { ...settings(io), uri: (id) => AT + id });
  return Object.fromEntries(Object.entries(schemas).map(([id, { $schema: _, $id: __, ...made }]) => [id, made]));
}

/** Leaves out what says nothing to a reader: patterns that a format stands for, the bounds of JavaScript's integers. */
function settings(io: Io) {
  const override: z.core.ToJSONSchemaParams["override"] = ({ jsonSchema: schema }) => {
    if (["date-time", "uuid", "email"].includes(String(schema.format))) delete schema.pattern;
    if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum;
    if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
    if (isDeepStrictEqual(schema.propertyNames, { type: "string" })) delete schema.propertyNames;
    // A later version may answer with more; a client must not break on it.
    if (io === "output" && schema.additionalProperties === false) delete schema.additionalProperties;
  };
  return { io, override, unrepresentable: "any" } as const;
}
