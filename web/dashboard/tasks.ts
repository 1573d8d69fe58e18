import { Refused, send } from "./api.ts";
import type { FieldSchema } from "./fields.ts";
import { set, state } from "./store.ts";

/** What can be submitted: a task's words and its payload's schema, by its name. */
export type TaskForms = ReadonlyMap<string, { words: string; payload: FieldSchema }>;

interface ApiDescription {
  components?: { schemas: Record<string, FieldSchema> };
}

/** Loads the tasks from the API's description, once. A deployment may hide it: then tasks are typed by their names. */
export async function loadTasks(): Promise<void> {
  if (state.tasks) return;
  try {
    set({ tasks: formsIn(await send<ApiDescription>("GET", "openapi.json")) });
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
  }
}

function formsIn({ components }: ApiDescription): TaskForms {
  const schemas = components?.schemas ?? {};
  const { mapping } =
    (schemas.JobRequest as { discriminator?: { mapping: Record<string, string> } }).discriminator ?? {};
  const follow = (schema: FieldSchema | undefined): FieldSchema => {
    if (schema?.$ref === undefined) return schema ?? {};
    return { ...schemas[schema.$ref.split("/").pop() ?? ""], ...schema };
  };
  return new Map(
    Object.entries(mapping ?? {}).map(([task, $ref]) => {
      const request = follow({ $ref });
      const payload = follow(request.properties?.payload);
      const fields = Object.entries(payload.properties ?? {}).map(([name, schema]) => [name, follow(schema)] as const);
      return [
        task,
        { words: request.description ?? "", payload: { ...payload, properties: Object.fromEntries(fields) } },
      ];
    }),
  );
}
