import { numberOf, read } from "./exact.ts";

/** The part of JSON Schema that a form needs. */
export interface FieldSchema {
  type?: string;
  enum?: unknown[];
  properties?: Record<string, FieldSchema>;
  required?: string[];
  description?: string;
  $ref?: string;
  "x-default"?: unknown;
}

/** A field of a form for a payload. */
export interface FormField {
  name: string;
  schema: FieldSchema;
  isRequired: boolean;
  /** It takes JSON, as its values are no plain ones. */
  isJson: boolean;
}

/** Returns the fields for a payload from its schema; none where the payload is no object with known fields. */
export function fieldsOf({ type, properties = {}, required = [] }: FieldSchema): FormField[] {
  if (type !== "object") return [];
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    schema,
    isRequired: required.includes(name),
    isJson: !(schema.enum || ["string", "integer", "number", "boolean"].includes(schema.type ?? "")),
  }));
}

/** What the fields say: a payload (absent where all are empty), or the keys of those that are not JSON, as `fieldAt` has them. */
export type Written = { payload?: unknown } | { wrong: string[] };

/** Reads texts as a payload. An empty field is left out. */
export function payloadOf(fields: readonly FormField[], texts: Readonly<Record<string, string>>): Written {
  const wrong: string[] = [];
  const payload: Record<string, unknown> = {};
  for (const field of fields) {
    const text = texts[field.name] ?? "";
    if (text.trim() === "") continue;
    try {
      payload[field.name] = typed(field, text);
    } catch {
      wrong.push(keyOf(field.name));
    }
  }
  if (wrong.length > 0) return { wrong };
  return Object.keys(payload).length > 0 ? { payload } : {};
}

/** Reads a text as a whole payload. */
export function wholePayload(text: string): Written {
  if (text.trim() === "") return {};
  try {
    return { payload: read(text) };
  } catch {
    return { wrong: ["payload"] };
  }
}

/**
 * Converts a text to its field's type. A text that does not fit is sent as it is: the API says what is wrong with it.
 *
 * @throws SyntaxError where the field takes JSON and the text is none
 */
function typed({ schema: { type }, isJson }: FormField, text: string): unknown {
  if (isJson) return read(text);
  if (type === "boolean") return text === "true";
  return type === "string" ? text : (numberOf(text) ?? text);
}

/** Returns the key of a payload's field. The form's own fields have their names as keys, whatever a payload's are called. */
export const keyOf = (name: string) => `payload/${name}`;

/** Returns the key of the field that a problem's pointer leads to: `/payload/up_to/0` to `payload/up_to`. */
export function fieldAt(pointer: string): string {
  const [, first = "", second] = pointer.split("/").map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
  return first === "payload" && second !== undefined ? keyOf(second) : first;
}
