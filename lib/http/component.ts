import type * as z from "zod/mini";
import { once } from "../once.ts";

/** A schema that the API's description shows under a name of its own. */
export type Component<Schema extends z.core.$ZodType> = (() => Schema) & { component: string };

/** The components that have been made, by name: those that others consist of too. */
export const componentsMade = new Map<string, () => z.core.$ZodType>();

/** Makes a schema when it is first needed, and names it for the API's description. */
export function component<Schema extends z.core.$ZodType>(name: string, make: () => Schema): Component<Schema> {
  const schema = once(() => {
    componentsMade.set(name, schema);
    return make();
  });
  return Object.assign(schema, { component: name });
}
