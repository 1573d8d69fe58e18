import * as z from "zod/mini";

/** Puts words next to a schema, for the API's description. */
export function withWords<Schema extends z.ZodMiniType>(schema: Schema, words: string): Schema {
  return schema.check(z.describe(words));
}
